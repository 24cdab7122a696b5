import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import { Chains, openLog, writtenLog } from '../store/log.testing.js';
import { Mender } from './mender.js';
import { Turn } from './turn.js';

test('[S37] a log is read through once a day without being asked, and no faster than it may', () => {
  const chains = new Chains();
  const records = Array.from({ length: 40 }, () => chains.next(5, 50_000));
  const segmentBytes = 600_000;
  const { world } = writtenLog(records, { segmentBytes });
  const { log } = openLog(world.disk, { segmentBytes });
  let nowMs = 1_000;
  const mender = new Mender({
    disk: world.disk,
    log,
    turn: new Turn(),
    clock: { monotonicMs: () => nowMs, wallMs: () => nowMs },
    reporter: { report: () => undefined },
    suspects: [],
    peers: () => [],
    moved: () => undefined,
    mended: () => undefined,
    lackedOps: () => 0,
    failed: () => assert.fail('nothing is written'),
  });
  const wait = (ms: number): void => {
    nowMs += ms;
    mender.tick(nowMs);
    world.settle();
  };
  wait(limits.scrubEveryMs - 1);
  assert.deepEqual([mender.status.checking, world.disk.counts.read], [false, 0]);
  wait(1);
  const startedMs = nowMs;
  assert.equal(mender.status.checking, true);
  while (mender.status.checking) wait(limits.tickMs);
  const tookMs = nowMs - startedMs;
  // What is allowed at the beginning is one read.
  assert.ok(
    tookMs >= ((log.bytes - limits.scrubReadBytes) / limits.scrubBytesPerSecond) * 1000 - limits.tickMs,
    `${tookMs} ms`,
  );
  assert.deepEqual([mender.status.checkedAgoMs, mender.status.found], [0, 0]);
  wait(limits.scrubEveryMs - tookMs - 1);
  assert.deepEqual([mender.status.checking, mender.status.checkedAgoMs], [false, limits.scrubEveryMs - tookMs - 1]);
});
