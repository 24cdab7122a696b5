/** How long a page of history takes while messages come in: an open loop of both, each from the time it was due. */
import { randomInt } from 'node:crypto';

import { Asker } from '../support/asker.js';
import { pidsOf } from '../support/group.js';
import { CpuMeter } from '../support/machine.js';
import { withMadeGroup, type Store } from '../support/made-group.js';
import { peopleOf } from '../support/people.js';
import { count, latencies } from '../support/statistics.js';
import { Traffic } from '../support/traffic.js';

const CLIENTS = 100;
const WARM_UP_SECONDS = 3;
const PAGE_MESSAGES = 50;

export interface ReadLoad {
  /** Messages a second, in all; 0 for none. */
  readonly messages: number;
  /** Pages a second, in all, at any place of any conversation. */
  readonly pages: number;
  readonly seconds: number;
}

export async function measureReads(store: Store, load: ReadLoad): Promise<void> {
  await withMadeGroup(store, {}, async (group) => {
    await group.startAll();
    await group.converged();
    // Those who read are no senders: the first half of the accounts sends.
    const readers = await Promise.all(
      store.accounts.slice(-CLIENTS / 2).map(async (account, index) => {
        const asker = await Asker.connect(group.config.servers[index % group.ids.length]!);
        await asker.resume(account);
        return { asker, account };
      }),
    );
    const traffic = await Traffic.start(peopleOf(group, 'frames'), { clients: CLIENTS, names: 'sender' });
    const meter = new CpuMeter(pidsOf(group));
    const pageMs: number[] = [];
    const reading = readPages(store, readers, load, pageMs);
    const { seconds } = load;
    const measured = await traffic.openLoop(load.messages, WARM_UP_SECONDS, seconds);
    await reading;
    const { shares } = meter.read();
    await traffic.drain();
    console.log(
      `history pages of ${PAGE_MESSAGES}, ${count(store.messages)} stored, ${count(load.pages)} pages/s while ` +
        `${count(measured.acked / measured.seconds)} messages/s of ${count(load.messages)} come in: ` +
        `${latencies(pageMs)} (p50/p99), ack ${latencies(measured.ackMs)} (${shares})`,
    );
    await traffic.close();
    for (const { asker } of readers) asker.close();
  });
}

interface Reader {
  readonly asker: Asker;
  readonly account: { readonly name: string };
}

async function readPages(store: Store, readers: readonly Reader[], load: ReadLoad, pageMs: number[]): Promise<void> {
  const startedMs = performance.now() + WARM_UP_SECONDS * 1000;
  const pages = load.pages * load.seconds;
  const under: Promise<void>[] = [];
  for (let page = 0; page < pages; page += 1) {
    const dueMs = startedMs + (page * 1000) / load.pages;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const reader = readers[page % readers.length]!;
    const read = readPage(store, reader).then(() => {
      pageMs.push(performance.now() - dueMs);
    });
    // A failure is thrown at the end, where somebody hears it.
    read.catch(() => undefined);
    under.push(read);
  }
  await Promise.all(under);
}

async function readPage(store: Store, { asker, account }: Reader): Promise<void> {
  const index = store.accounts.findIndex(({ name }) => name === account.name);
  const other = store.accounts[(index + 1) % store.accounts.length]!;
  // Not at the very beginning, where no conversation has a message yet.
  const part = 0.05 + 0.95 * (randomInt(2 ** 40) / 2 ** 40);
  const beforeTime = store.fromTime + part * (store.toTime - store.fromTime);
  const { messages } = await asker.ask('ReadHistory', 'History', {
    with: other.name,
    beforeTime: Math.floor(beforeTime),
    beforeId: { origin: 1, seq: 1 },
    limit: PAGE_MESSAGES,
  });
  if (messages.length === 0) throw new Error('A page of history was empty.');
}
