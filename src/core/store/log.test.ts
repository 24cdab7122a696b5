import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import { positionOf, segmentOf } from '../model/position.js';
import { RecordCursor } from '../model/record.js';
import {
  Chains,
  headerOf,
  nameOf,
  namesIn,
  openLog,
  readAll,
  recordsIn,
  SteppedDisk,
  writtenLog,
  type OpenedLog,
} from './log.testing.js';

const names = (records: readonly { readonly header: { origin: number; seq: number } }[]): string[] =>
  records.map(({ header }) => nameOf(header));

function appendAll({ log }: OpenedLog, chains: Chains, origin: number, count: number, bodyBytes?: number): number[] {
  return Array.from({ length: count }, () => {
    const { bytes, header } = chains.next(origin, bodyBytes);
    return log.append(bytes, header);
  });
}

test('[S2] a new log is one segment with its header, and the records follow at once', () => {
  const chains = new Chains();
  const first = chains.next(5);
  const second = chains.next(5);
  const { world, positions } = writtenLog([first, second]);
  assert.deepEqual(world.disk.list(), ['00000001.log']);
  assert.deepEqual(positions, [positionOf(1, 32), positionOf(1, 32 + first.bytes.length)]);
  const file = world.disk.readNow('00000001.log', 0, 1000);
  assert.deepEqual(file.slice(32), Uint8Array.of(...first.bytes, ...second.bytes));
});

test('[S5] a segment and its name are durable before a record goes into it', () => {
  const world = new SteppedDisk();
  const opened = openLog(world.disk);
  appendAll(opened, new Chains(), 5, 1);
  opened.log.flush();
  assert.deepEqual([world.disk.counts.create, world.disk.counts.append], [1, 0]);
  world.step();
  assert.equal(world.disk.size('00000001.log'), 32);
  assert.equal(world.disk.counts.append, 1);
  assert.deepEqual(opened.durable, []);
  world.step();
  assert.deepEqual(opened.durable, [[opened.log.end, 1]]);
});

test('[S5] a segment that is full is followed by one whose header names what was held', () => {
  const world = new SteppedDisk();
  const chains = new Chains();
  const opened = openLog(world.disk, { segmentBytes: 400 });
  const positions = appendAll(opened, chains, 5, 20);
  opened.log.flush();
  world.settle();
  const segments = new Set(positions.map(segmentOf));
  assert.deepEqual(world.disk.list().length, segments.size);
  assert.ok(segments.size > 3);
  for (const file of world.disk.list()) assert.ok(world.disk.size(file) <= 400);
  assert.equal(
    opened.log.bytes,
    world.disk.list().reduce((sum, file) => sum + world.disk.size(file), 0),
  );
  // Each batch is durable before the next segment exists, so what was told durable rises in the order of the log.
  const ends = opened.durable.map(([end]) => end);
  assert.deepEqual(
    ends,
    ends.toSorted((a, b) => a - b),
  );
  assert.equal(
    opened.durable.reduce((sum, [, records]) => sum + records, 0),
    20,
  );
  assert.deepEqual(
    openLog(world.disk).visited,
    Array.from({ length: 20 }, (_, index) => `5-${index + 1}`),
  );
});

test('[S6] what is appended during a write leaves as one batch after it', () => {
  const world = new SteppedDisk();
  const chains = new Chains();
  const opened = openLog(world.disk);
  world.settle();
  appendAll(opened, chains, 5, 1);
  opened.log.flush();
  appendAll(opened, chains, 5, 3);
  opened.log.flush();
  appendAll(opened, chains, 6, 4);
  const end = opened.log.end;
  opened.log.flush();
  assert.equal(world.disk.counts.append, 1);
  world.settle();
  assert.equal(world.disk.counts.append, 2);
  assert.deepEqual(
    opened.durable.map(([, records]) => records),
    [1, 7],
  );
  assert.equal(opened.durable.at(-1)?.[0], end);
  assert.equal(opened.log.waitingBytes, 0);
});

test('[S6] a write takes at most batchBytesMax', () => {
  const world = new SteppedDisk();
  const opened = openLog(world.disk);
  const bodyBytes = limits.recordBytesMax - 40;
  const perBatch = limits.batchBytesMax / limits.recordBytesMax;
  appendAll(opened, new Chains(), 5, perBatch * 2 + 1, bodyBytes);
  assert.equal(opened.log.waitingBytes, (perBatch * 2 + 1) * limits.recordBytesMax);
  opened.log.flush();
  world.settle();
  assert.deepEqual(
    opened.durable.map(([, records]) => records),
    [perBatch, perBatch, 1],
  );
});

test('[S7] the durable vector moves with what the disk confirmed, the held one with what was appended', () => {
  const world = new SteppedDisk();
  const chains = new Chains();
  const opened = openLog(world.disk);
  appendAll(opened, chains, 5, 2);
  appendAll(opened, chains, 6, 1);
  opened.log.flush();
  world.step();
  assert.deepEqual(opened.log.held().entries(), [
    { origin: 5, seq: 2 },
    { origin: 6, seq: 1 },
  ]);
  assert.equal(opened.log.durable.size, 0);
  world.step();
  assert.deepEqual(opened.log.durable.entries(), opened.log.held().entries());
  assert.equal(opened.log.durableEnd, opened.log.end);
});

test('[S7] a start makes durable what it read, before it calls it durable', () => {
  const { world } = writtenLog([new Chains().next(5)]);
  assert.equal(world.disk.counts.truncate, 0);
  const { log } = openLog(world.disk);
  assert.equal(world.disk.counts.truncate, 1);
  assert.equal(log.durable.get(5), 1);
});

test('[S8] after a failed write nothing more is written', () => {
  for (const operation of ['create', 'append'] as const) {
    const world = new SteppedDisk();
    const chains = new Chains();
    world.disk.failNext(operation, { state: 'full' }, 10);
    const opened = openLog(world.disk);
    appendAll(opened, chains, 5, 1);
    opened.log.flush();
    world.settle();
    assert.deepEqual(opened.failures, [{ state: 'full' }]);
    appendAll(opened, chains, 5, 1);
    const before = { ...world.disk.counts };
    opened.log.flush();
    world.settle();
    assert.deepEqual(world.disk.counts, before);
    assert.deepEqual(opened.durable, []);
    assert.deepEqual(opened.failures.length, 1);
  }
});

test('[S4] a record that does not continue its chain is not taken', () => {
  const chains = new Chains();
  const first = chains.next(5);
  const second = chains.next(5);
  const third = chains.next(5);
  const { log } = openLog(new SteppedDisk().disk);
  assert.throws(() => log.append(second.bytes, second.header), /continues its chain/);
  log.append(first.bytes, first.header);
  assert.throws(() => log.append(first.bytes, first.header), /continues its chain/);
  assert.throws(() => log.append(third.bytes, third.header), /continues its chain/);
  const fork = new Chains();
  fork.next(5, 21);
  const other = fork.next(5);
  assert.throws(() => log.append(other.bytes, other.header), /continues its chain/);
  log.append(second.bytes, second.header);
  assert.deepEqual(log.head(5)?.checksum, second.header.checksum);
});

test('recent records are read before they are durable, and the bytes are a copy', () => {
  const world = new SteppedDisk();
  const chains = new Chains();
  const opened = openLog(world.disk);
  const { bytes, header } = chains.next(5);
  const given = bytes.slice();
  const position = opened.log.append(given, header);
  given.fill(0);
  const recent = opened.log.readRecent(position, limits.recordBytesMax);
  assert.ok(recent !== undefined);
  assert.deepEqual(recordsIn(recent.chunk), [{ bytes, header }]);
  assert.equal(recent.next, opened.log.end);
  assert.deepEqual(opened.log.readRecent(opened.log.end, limits.recordBytesMax), {
    chunk: { position: opened.log.end, bytes: new Uint8Array(0) },
    next: opened.log.end,
  });
});

test('a reader goes through the log from any record, in memory and on the disk, also across segments', () => {
  const chains = new Chains();
  const records = Array.from({ length: 60 }, (_, index) => chains.next((index % 3) + 1, index * 7));
  const { world, positions } = writtenLog(records, { segmentBytes: 3000 });
  assert.ok(world.disk.list().length > 4);
  const restarted = openLog(world.disk, { segmentBytes: 3000 });
  assert.deepEqual(restarted.positions, positions);
  assert.deepEqual(readAll(world, restarted.log), names(records));
  const more = Array.from({ length: 30 }, () => chains.next(2));
  for (const { bytes, header } of more) restarted.log.append(bytes, header);
  assert.deepEqual(readAll(world, restarted.log), names([...records, ...more]));
  for (const [index, position] of positions.entries()) {
    restarted.log.read(position, limits.recordBytesMax, (result) => {
      assert.equal(result.state, 'read');
      assert.deepEqual(result.state === 'read' && recordsIn(result.chunk)[0]?.bytes, records[index]?.bytes);
    });
  }
  world.settle();
});

test('a reader at the end goes on in the segment that was begun since', () => {
  const world = new SteppedDisk();
  const chains = new Chains();
  const opened = openLog(world.disk, { segmentBytes: 200 });
  appendAll(opened, chains, 5, 2);
  const end = opened.log.end;
  appendAll(opened, chains, 5, 4);
  assert.deepEqual(namesIn(opened.log.readRecent(end, limits.recordBytesMax)!.chunk), ['5-3', '5-4']);
  opened.log.flush();
  world.settle();
  const restarted = openLog(world.disk, { segmentBytes: 200 });
  restarted.log.read(end, limits.recordBytesMax, (result) =>
    assert.deepEqual(result.state === 'read' && namesIn(result.chunk), ['5-3', '5-4']),
  );
  world.settle();
});

test('memory keeps what is not durable, and of the rest the latest recentRecordBytes', () => {
  const world = new SteppedDisk();
  const chains = new Chains();
  const opened = openLog(world.disk);
  const count = Math.ceil((limits.recentRecordBytes * 1.5) / limits.recordBytesMax);
  const positions = appendAll(opened, chains, 5, count, limits.recordBytesMax - 40);
  assert.equal(opened.log.readRecent(positions[0]!, limits.recordBytesMax)?.chunk.bytes.length, limits.recordBytesMax);
  opened.log.flush();
  world.step();
  world.step();
  const written = positions.findIndex((position) => position >= opened.log.durableEnd);
  assert.equal(written, limits.batchBytesMax / limits.recordBytesMax);
  assert.equal(opened.log.readRecent(positions[written - 1]!, limits.recordBytesMax), undefined);
  assert.equal(
    opened.log.readRecent(positions[written]!, limits.recordBytesMax)?.chunk.bytes.length,
    limits.recordBytesMax,
  );
  world.settle();
  const kept = positions.filter((position) => opened.log.readRecent(position, limits.recordBytesMax) !== undefined);
  assert.equal(kept.length * limits.recordBytesMax, limits.recentRecordBytes);
});

test('[S17] a record that went bad is not served, and the reader is told where to go on', () => {
  const chains = new Chains();
  const records = Array.from({ length: 5 }, () => chains.next(5));
  const { world, positions } = writtenLog(records);
  const restarted = openLog(world.disk);
  world.disk.damage('00000001.log', (positions[2]! % 2 ** 32) + 50);
  assert.deepEqual(readAll(world, restarted.log), ['5-1', '5-2', 'damaged', '5-4', '5-5']);
});

test('[S17] a reader passes over a hole that the start found', () => {
  const chains = new Chains();
  const records = Array.from({ length: 6 }, (_, index) => chains.next(index === 3 ? 8 : 9));
  const { world, positions } = writtenLog(records);
  world.disk.damage('00000001.log', positions[1]! % 2 ** 32);
  world.disk.damage('00000001.log', positions[2]! % 2 ** 32);
  const restarted = openLog(world.disk);
  world.settle();
  assert.deepEqual(restarted.visited, ['9-1']);
  assert.deepEqual(readAll(world, restarted.log), ['9-1', 'damaged']);
});

test('a failing disk makes a read fail and nothing else', () => {
  const { world, positions } = writtenLog([new Chains().next(5)]);
  const restarted = openLog(world.disk);
  world.disk.failNext('read', { state: 'failed', reason: 'EIO' });
  const states: string[] = [];
  restarted.log.read(positions[0]!, limits.recordBytesMax, (result) => states.push(result.state));
  assert.equal(states.length, 0);
  world.settle();
  restarted.log.read(positions[0]!, limits.recordBytesMax, (result) => states.push(result.state));
  world.settle();
  assert.deepEqual(states, ['failed', 'read']);
  assert.deepEqual(restarted.failures, []);
});

test('[S18] locate gives a place at or before each record, and near it in segments read since the start', () => {
  const chains = new Chains();
  const count = 100;
  // Origin 2 has every tenth record, and origin 3 begins late.
  const records = Array.from({ length: count }, (_, index) => {
    const origin = index % 10 === 9 ? 2 : 1;
    return chains.next(index > 70 && index % 2 === 0 ? 3 : origin, 60_000);
  });
  const segmentBytes = 2_000_000;
  const { world, positions } = writtenLog(records, { segmentBytes });
  const end = { logId: 77, position: positions[80]! };
  for (const from of [undefined, end]) {
    const { log } = openLog(world.disk, { from, segmentBytes });
    for (const [index, { header }] of records.entries()) {
      const located = log.locate([header]);
      const position = positions[index]!;
      assert.ok(located <= position, `${nameOf(header)} stands at ${position}, not after ${located}`);
      assert.equal(segmentOf(located), segmentOf(position));
      if (from === undefined) assert.ok(position - located < limits.logMarkBytes);
    }
    assert.equal(log.locate([]), log.end);
    assert.equal(
      log.locate([
        { origin: 1, seq: 1000 },
        { origin: 4, seq: 1 },
      ]),
      log.end,
    );
    const both = log.locate([records[50]!.header, records[20]!.header, { origin: 4, seq: 1 }]);
    assert.equal(both, log.locate([records[20]!.header]));
  }
});

test('a record is the same bytes in the log as from who made it', () => {
  const { bytes } = new Chains().next(2 ** 53 - 1, 0);
  assert.equal(headerOf(bytes).origin, 2 ** 53 - 1);
  const { world, positions } = writtenLog([{ bytes, header: headerOf(bytes) }]);
  assert.deepEqual(world.disk.readNow('00000001.log', positions[0]! % 2 ** 32, 100), bytes);
});

test('a run appended at once stands in the log as its records would one after the other', () => {
  for (const segmentBytes of [300, 1000, limits.segmentBytes]) {
    const chains = new Chains();
    const records = Array.from({ length: 120 }, (_, index) => chains.next(index < 90 ? 5 : 6, (index * 37) % 200));
    const one = writtenLog(records, { segmentBytes });
    const world = new SteppedDisk();
    const opened = openLog(world.disk, { segmentBytes });
    const cursor = new RecordCursor(Uint8Array.of(...records.flatMap(({ bytes }) => [...bytes])));
    while (cursor.next()) opened.log.appendRun(cursor.run());
    opened.log.flush();
    world.settle();
    assert.deepEqual(world.disk.list(), one.world.disk.list());
    for (const file of world.disk.list()) {
      const size = world.disk.size(file);
      assert.deepEqual(world.disk.readNow(file, 0, size), one.world.disk.readNow(file, 0, size));
    }
    assert.deepEqual(readAll(world, opened.log), names(records));
    assert.equal(opened.log.durable.total, records.length);
    for (const [index, { header }] of records.entries()) {
      assert.ok(opened.log.locate([header]) <= one.positions[index]!);
    }
  }
});

test('runs longer than a block of memory are read from there as from the disk', () => {
  const chains = new Chains();
  const records = Array.from({ length: 70 }, () => chains.next(5, 60_000));
  const world = new SteppedDisk();
  const opened = openLog(world.disk);
  const all = Buffer.concat(records.map(({ bytes }) => bytes));
  const cursor = new RecordCursor(all);
  cursor.next();
  opened.log.appendRun(cursor.run());
  assert.deepEqual(readAll(world, opened.log), names(records));
  opened.log.flush();
  world.settle();
  assert.equal(opened.log.durableEnd, opened.log.end);
  assert.deepEqual(readAll(world, openLog(world.disk).log), names(records));
});
