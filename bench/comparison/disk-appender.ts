/** The thread of one that appends: to a file of its own, as fast as the disk lets it, until the time is over. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

import { median } from '../support/statistics.js';
import { APPEND_BYTES, type Appending } from './disk.js';

const { file, seconds } = workerData as Appending;
const bytes = new Uint8Array(APPEND_BYTES).fill(97);
const times: number[] = [];
const descriptor = openSync(file, 'w');
const endMs = performance.now() + seconds * 1000;
for (let nowMs = performance.now(); nowMs < endMs;) {
  writeSync(descriptor, bytes);
  fdatasyncSync(descriptor);
  const doneMs = performance.now();
  times.push(doneMs - nowMs);
  nowMs = doneMs;
}
closeSync(descriptor);
parentPort!.postMessage(median(times), []);
