import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import { offsetOf } from '../model/position.js';
import type { Log } from '../store/log.js';
import { Chains, openLog, writtenLog, type SteppedDisk } from '../store/log.testing.js';
import { Mender, type MenderOptions, type PassResult } from './mender.js';
import { Turn } from './turn.js';

function menderOf({ disk }: SteppedDisk, log: Log, options: Partial<MenderOptions> = {}): Mender {
  return new Mender({
    disk,
    log,
    turn: new Turn(),
    clock: { monotonicMs: () => 0, wallMs: () => 0 },
    reporter: { report: () => undefined },
    suspects: [],
    peers: () => [],
    moved: () => undefined,
    mended: () => undefined,
    lackedOps: () => 0,
    failed: () => assert.fail('the disk is sound'),
    ...options,
  });
}

test('[S37] a log is read through once a day without being asked, and no faster than it may', () => {
  const chains = new Chains();
  const records = Array.from({ length: 40 }, () => chains.next(5, 50_000));
  const segmentBytes = 600_000;
  const { world } = writtenLog(records, { segmentBytes });
  const { log } = openLog(world.disk, { segmentBytes });
  let nowMs = 1_000;
  const mender = menderOf(world, log, { clock: { monotonicMs: () => nowMs, wallMs: () => nowMs } });
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

test('[S31] a record forged in a text next to damage, which no chain leads to, does not keep the place from being mended', () => {
  const chains = new Chains();
  const later = new Chains();
  for (let seq = 1; seq < 4; seq += 1) later.next(5, 10);
  const forged = later.next(5, 30).bytes;
  const body = new Uint8Array(forged.length + 60).fill(66);
  body.set(forged, 25);
  const records = [chains.next(5), chains.next(5, body), ...Array.from({ length: 4 }, () => chains.next(5))];
  const { world, positions } = writtenLog(records);
  const before = world.disk.readNow('00000001.log', 0, world.disk.size('00000001.log'));
  const { log } = openLog(world.disk);
  // The length of the record with the text.
  world.disk.damage('00000001.log', offsetOf(positions[1]!));
  const mender = menderOf(world, log, {
    peers: () => [
      {
        server: 2,
        fetch: ([range], done) =>
          done(records.filter(({ header: { seq } }) => seq >= range!.first && seq <= range!.last)),
      },
    ],
  });
  let result: PassResult | undefined;
  mender.check(
    () => undefined,
    (checked) => {
      result = checked;
    },
  );
  world.settle();
  assert.deepEqual([result?.left, result?.mended], [[], 1]);
  assert.deepEqual(world.disk.readNow('00000001.log', 0, world.disk.size('00000001.log')), before);
});

test('each of several operators who have the log checked at a time is told what was found', () => {
  const chains = new Chains();
  const records = Array.from({ length: 8 }, () => chains.next(5, 1_000));
  const { world } = writtenLog(records, { segmentBytes: 3_000 });
  const { log } = openLog(world.disk, { segmentBytes: 3_000 });
  const mender = menderOf(world, log);
  const told: [string, number][] = [];
  const check = (operator: string): void =>
    mender.check(
      () => undefined,
      ({ records: checked }) => told.push([operator, checked]),
    );
  check('first');
  world.step();
  check('second');
  check('third');
  world.settle();
  assert.deepEqual(told, [
    ['first', 8],
    ['second', 8],
    ['third', 8],
  ]);
  assert.equal(mender.status.checking, false);
});
