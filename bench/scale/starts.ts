/** From the start of a server's process until it serves clients, and what it has in memory then. */
import type { ServerGroup } from '../../test/support/server-group.js';
import { heapBytes, heapFlags, lagOpsOf } from '../support/group.js';
import { cpuSeconds, residentBytes } from '../support/machine.js';
import { untilCurrent, withMadeGroup, type Store } from '../support/made-group.js';
import { peopleOf } from '../support/people.js';
import { count, mebibytes, median } from '../support/statistics.js';
import { Traffic } from '../support/traffic.js';

const SETTLE_MS = 3_000;
/** Under load before a kill: so that the view is behind. */
const LOADED_SECONDS = 3;
const CLIENTS = 50;

export async function measureStarts(store: Store, times: number): Promise<void> {
  console.log(
    `databases of ${count(store.messages)} messages built in ${store.builtInSeconds.toFixed(1)} s by a first start`,
  );
  await withMadeGroup(store, { nodeFlags: heapFlags }, async (group) => {
    await group.startAll();
    await group.converged();
    const last = group.ids.at(-1)!;
    await measure(group, 'after a stop', times, () => group.stop(last));
    await tellMemory(group, last, `started with ${count(store.messages)} messages`);
    await measure(group, 'after kill -9, idle', times, () => group.kill(last));
    await measure(group, 'after kill -9 under load', times, () => killUnderLoad(group, last));
    await measure(group, 'of all three at once, after a stop', times, () => stopAll(group), group.ids);
  });
}

async function measure(
  group: ServerGroup,
  what: string,
  times: number,
  prepare: () => Promise<unknown>,
  ids = [group.ids.at(-1)!],
): Promise<void> {
  const found: number[] = [];
  const cpu: number[] = [];
  const lags: number[] = [];
  for (let time = 0; time < times; time += 1) {
    await prepare();
    const startedMs = performance.now();
    await Promise.all(ids.map((id) => group.start(id)));
    found.push((performance.now() - startedMs) / 1000);
    cpu.push(cpuSeconds(group.process(ids[0]!).pid!));
    const [status] = await group.status(ids[0]!);
    lags.push(lagOpsOf(status!));
    await group.converged();
    for (const id of group.ids) await untilCurrent(group, id);
  }
  const each = found.map((seconds) => seconds.toFixed(2)).join(', ');
  const lag = count(Math.max(...lags));
  console.log(
    `start ${what}: median ${median(found).toFixed(2)} s of ${each}; ${median(cpu).toFixed(2)} s of CPU; ` +
      `databases behind by ${lag} ops at most`,
  );
}

async function stopAll(group: ServerGroup): Promise<void> {
  await Promise.all(group.ids.map((id) => group.stop(id)));
}

let loads = 0;

async function killUnderLoad(group: ServerGroup, id: number): Promise<void> {
  loads += 1;
  const servers = group.ids.filter((each) => each !== id);
  const traffic = await Traffic.start(peopleOf(group, 'frames', servers), { clients: CLIENTS, names: `load-${loads}` });
  await traffic.closedLoop(32, 0, LOADED_SECONDS);
  await group.kill(id);
  await traffic.drain();
  await traffic.close();
}

/** What an idle server has in memory. */
export async function tellMemory(group: ServerGroup, id: number, when: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const resident = residentBytes(group.process(id).pid!);
  const { heap, buffers } = await heapBytes(group, id);
  console.log(
    `memory, idle, ${when}: resident ${mebibytes(resident)}; after a full collection ` +
      `resident ${mebibytes(residentBytes(group.process(id).pid!))}, heap ${mebibytes(heap)}, buffers ${mebibytes(buffers)}`,
  );
}
