import assert from 'node:assert/strict';
import { constants, getPriority } from 'node:os';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

const code = `
  const { readlinkSync } = require('node:fs');
  const { getPriority } = require('node:os');
  const { basename } = require('node:path');
  const { parentPort, workerData } = require('node:worker_threads');
  import(workerData).then(({ lowerThreadPriority }) => {
    lowerThreadPriority('somewhat');
    parentPort.postMessage(getPriority(Number(basename(readlinkSync('/proc/thread-self')))));
  });
`;

test('a thread that gives way does so alone', { skip: process.platform !== 'linux' && 'needs Linux' }, async () => {
  const before = getPriority();
  const worker = new Worker(code, { eval: true, workerData: new URL('thread-priority.js', import.meta.url).href });
  const [own] = await new Promise<number[]>((resolve, reject) => {
    worker.once('message', (priority: number) => resolve([priority]));
    worker.once('error', reject);
  });
  assert.equal(own, Math.max(before, constants.priority.PRIORITY_BELOW_NORMAL));
  assert.equal(getPriority(), before);
});
