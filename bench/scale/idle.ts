/** What idle connections take of a server, and how many logins a second it takes. */
import type { ServerGroup } from '../../test/support/server-group.js';
import { Asker } from '../support/asker.js';
import { heapBytes, heapFlags, pidsOf } from '../support/group.js';
import { CpuMeter, residentBytes } from '../support/machine.js';
import { withMadeGroup, type Store } from '../support/made-group.js';
import type { MadeAccount } from '../support/made-log.js';
import { PASSWORD } from '../support/person.js';
import { count, latencies, mebibytes } from '../support/statistics.js';

const AT_ONCE = 64;
const SETTLE_MS = 10_000;

/** Everyone in the store resumes a session at the first server and waits for messages. */
export async function measureIdle(store: Store): Promise<void> {
  await withMadeGroup(store, { nodeFlags: heapFlags }, async (group) => {
    await group.startAll();
    await group.converged();
    const place = group.config.servers[0]!;
    await tell(group, place.id, 0);
    const askers: Asker[] = [];
    const started = performance.now();
    const opening = new CpuMeter(pidsOf(group));
    await forEachAtOnce(store.accounts, async (account) => {
      const asker = await Asker.connect(place);
      askers.push(asker);
      await asker.resume(account);
      await asker.receive(store.delivered);
    });
    const seconds = (performance.now() - started) / 1000;
    const used = opening.read();
    const microsEach = (used.seconds * 1e6) / askers.length;
    console.log(
      `${count(askers.length)} sessions resumed in ${seconds.toFixed(1)} s; CPU of the servers ` +
        `${microsEach.toFixed(0)} µs each (${used.shares})`,
    );
    const meter = new CpuMeter(pidsOf(group));
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    console.log(`with them idle: ${meter.read().shares}`);
    await tell(group, place.id, askers.length);
    for (const asker of askers) asker.close();
  });
}

async function tell(group: ServerGroup, id: number, connections: number): Promise<void> {
  const { pid } = group.process(id);
  const resident = residentBytes(pid!);
  const { heap, buffers } = await heapBytes(group, id);
  const [status] = await group.status(id);
  console.log(
    `${count(connections)} idle connections (${count(status!.sessions)} sessions attached): resident ` +
      `${mebibytes(resident)}; after a full collection ${mebibytes(residentBytes(pid!))}, heap ${mebibytes(heap)}, ` +
      `buffers ${mebibytes(buffers)}`,
  );
}

/** Each login has a connection of its own; so many are under way at a time. */
export async function measureLogins(store: Store, seconds: number): Promise<void> {
  await withMadeGroup(store, {}, async (group) => {
    await group.startAll();
    await group.converged();
    await logIn(store, group, group.ids.slice(0, 1), seconds);
    await logIn(store, group, group.ids, seconds);
  });
}

async function logIn(store: Store, group: ServerGroup, ids: readonly number[], seconds: number): Promise<void> {
  const places = group.config.servers.filter(({ id }) => ids.includes(id));
  const untilMs = performance.now() + seconds * 1000;
  const latenciesMs: number[] = [];
  const meter = new CpuMeter(pidsOf(group));
  const client = new Uint8Array(16).fill(ids.length);
  let next = 0;
  const work = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      const account = store.accounts[next % store.accounts.length]!;
      const place = places[next % places.length]!;
      next += 1;
      const counter = 1000 + next;
      const startedMs = performance.now();
      const asker = await Asker.connect(place);
      const operation = { client, counter };
      await asker.ask('Login', 'LoggedIn', { name: account.name, password: PASSWORD, operation, takeOver: true });
      latenciesMs.push(performance.now() - startedMs);
      asker.close();
    }
  };
  await Promise.all(Array.from({ length: 8 * ids.length }, work));
  console.log(
    `logins at ${ids.length} of ${group.ids.length} servers: ${(latenciesMs.length / seconds).toFixed(0)}/s, ` +
      `${8 * ids.length} under way, ${latencies(latenciesMs)} (p50/p99) (${meter.read().shares})`,
  );
}

async function forEachAtOnce(
  accounts: readonly MadeAccount[],
  work: (account: MadeAccount) => Promise<void>,
): Promise<void> {
  const queue = accounts[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const account of queue) await work(account);
    }),
  );
}
