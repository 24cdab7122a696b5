/** Memory, starts and catching up with many messages stored. `node dist/bench/stored.js --help` */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { ServerGroup } from '../test/support/server-group.js';
import { heapBytes, heapFlags, pidsOf, withGroup } from './support/group.js';
import { CpuMeter, describeMachine, residentBytes } from './support/machine.js';
import { readOptions } from './support/options.js';
import { count, mebibytes, median } from './support/statistics.js';
import { Traffic } from './support/traffic.js';

const options = readOptions(
  `Fills three servers over the protocol and tells their memory on the way. Then: how long a server takes from the start of
its process until it serves clients, after a stop, after kill -9, without its view database, and all three at once; and
how fast a server catches up that was away, or lost its data.`,
  {
    messages: { value: 1_000_000, meaning: 'messages to store' },
    away: { value: 100_000, meaning: 'messages sent while a server is away' },
    clients: { value: 100, meaning: 'clients that send them' },
    'in-flight': { value: 64, meaning: 'sends under way for each' },
    times: { value: 3, meaning: 'starts of each kind' },
  },
);

const POLL_MS = 20;
const FILL_STEPS = 5;
const inFlight = options['in-flight'];

async function tellMemory(group: ServerGroup, what: string): Promise<void> {
  for (const id of group.ids) {
    const before = residentBytes(group.process(id).pid!);
    const { heap, buffers } = await heapBytes(group, id);
    console.log(
      `${what}, server ${id}: resident ${mebibytes(before)}; after a full collection heap ${mebibytes(heap)}, ` +
        `buffers ${mebibytes(buffers)}`,
    );
  }
}

/** Seconds that the work takes. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1000;
}

/** Waits until the view database has everything. */
async function viewIsCurrent(group: ServerGroup, id: number): Promise<void> {
  for (;;) {
    const [status] = await group.status(id);
    if (status!.viewLagOps === 0) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function removeView(group: ServerGroup, id: number): Promise<void> {
  for (const ending of ['', '-wal', '-shm']) {
    await rm(join(group.dataDirectory(id), `view.db${ending}`), { force: true });
  }
}

async function measureStarts(
  group: ServerGroup,
  what: string,
  prepare: () => Promise<unknown>,
  start: () => Promise<unknown>,
): Promise<void> {
  const found: number[] = [];
  for (let time = 0; time < options.times; time += 1) {
    await prepare();
    found.push(await timed(start));
    await group.converged();
  }
  const each = found.map((seconds) => seconds.toFixed(2)).join(', ');
  console.log(`start ${what}: median ${median(found).toFixed(2)} s of ${each}`);
}

async function measureAllStarts(group: ServerGroup): Promise<void> {
  const last = group.ids.at(-1)!;
  const startLast = (): Promise<void> => group.start(last);
  await measureStarts(group, 'after a stop, the others running', () => group.stop(last), startLast);
  await measureStarts(group, 'after kill -9, the others running', () => group.kill(last), startLast);
  await measureStarts(
    group,
    'without the view database, the others running',
    async () => {
      await group.stop(last);
      await removeView(group, last);
    },
    startLast,
  );
  const everyone = (): Promise<unknown> => Promise.all(group.ids.map((id) => group.stop(id)));
  await measureStarts(group, 'of all three at once', everyone, () => group.startAll());
}

async function measureCatchUp(group: ServerGroup, what: string, ops: number): Promise<void> {
  const last = group.ids.at(-1)!;
  const seconds = await timed(() => group.start(last));
  const [status] = await group.status(last);
  const toView = await timed(() => viewIsCurrent(group, last));
  await group.converged();
  console.log(
    `${what}: ${count(ops)} ops in ${seconds.toFixed(2)} s until it serves clients (${count(ops / seconds)}/s), ` +
      `view database ${toView.toFixed(2)} s later; ${count(status!.ops)} ops held`,
  );
}

console.log(`${describeMachine()}\n${count(options.messages)} messages`);
await withGroup({ nodeFlags: heapFlags }, async (group) => {
  const last = group.ids.at(-1)!;
  const traffic = await Traffic.start(group, { clients: options.clients, driver: 'frames', textBytes: 200 });
  await tellMemory(group, 'empty');
  for (let step = 1; step <= FILL_STEPS; step += 1) {
    const meter = new CpuMeter(pidsOf(group));
    const messages = Math.round(options.messages / FILL_STEPS);
    const seconds = await timed(() => traffic.sendCount(inFlight, messages));
    console.log(
      `${count(messages)} more in ${seconds.toFixed(1)} s, ${count(messages / seconds)}/s (${meter.read().shares})`,
    );
    for (const id of group.ids) await viewIsCurrent(group, id);
    await tellMemory(group, `${count(traffic.sent)} messages`);
  }
  await traffic.close();
  await measureAllStarts(group);
  await tellMemory(group, 'after a start with all of them');

  await group.stop(last);
  const remaining = await Traffic.start(group, {
    clients: options.clients,
    driver: 'frames',
    textBytes: 200,
    servers: group.ids.filter((id) => id !== last),
    names: 'remaining',
  });
  await remaining.sendCount(inFlight, options.away);
  await remaining.close();
  await measureCatchUp(group, 'away', options.away);
  await group.stop(last);
  await group.wipe(last);
  await measureCatchUp(group, 'wiped', options.messages + options.away);
});
