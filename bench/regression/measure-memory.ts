/**
 * Counts the bytes that a message allocates: run by ../regression.ts with `--no-opt`, since optimized code allocates less or
 * more depending on when it was compiled, and with a young generation so large that nothing is collected meanwhile.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

import { GROWN, MESSAGES, STORED, type Counts } from './counts.js';
import { MadeLoad } from './made-load.js';

/** After this the observer has heard of the collections before. */
const OBSERVER_MS = 50;

/** When garbage was collected. */
const collectedMs: number[] = [];
new PerformanceObserver((list) => {
  for (const { startTime } of list.getEntries()) collectedMs.push(startTime);
}).observe({ entryTypes: ['gc'] });

interface Allocated {
  readonly heap: number;
  readonly buffers: number;
}

/** Bytes for a message. */
async function allocatedBy(load: MadeLoad): Promise<Allocated> {
  globalThis.gc?.();
  const startedMs = performance.now();
  const before = process.memoryUsage();
  load.send(MESSAGES);
  const after = process.memoryUsage();
  const endedMs = performance.now();
  await setTimeout(OBSERVER_MS);
  if (collectedMs.some((at) => at > startedMs && at < endedMs))
    throw new Error('Garbage was collected while allocations were counted.');
  return {
    heap: (after.heapUsed - before.heapUsed) / MESSAGES,
    buffers: (after.arrayBuffers - before.arrayBuffers) / MESSAGES,
  };
}

const load = new MadeLoad({ idleAccounts: STORED.accounts });
load.send(STORED.messages);
const few = await allocatedBy(load);
load.send(GROWN.messages - STORED.messages);
const manyMessages = await allocatedBy(load);
const crowd = new MadeLoad({ idleAccounts: GROWN.accounts });
crowd.send(STORED.messages);
const manyAccounts = await allocatedBy(crowd);

const counts: Counts = {
  values: {
    heap: few.heap,
    heapStored: manyMessages.heap / few.heap,
    heapAccounts: manyAccounts.heap / few.heap,
    buffers: few.buffers,
  },
  functions: {},
};
console.log(JSON.stringify(counts));
