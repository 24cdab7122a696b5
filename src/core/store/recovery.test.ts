import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { crc32c } from '../lib/crc32c.js';
import { limits } from '../model/limits.js';
import { offsetOf, positionOf, segmentFileName, segmentOf, type Position } from '../model/position.js';
import { RECORD_HEADER_BYTES } from '../model/record.js';
import { MemoryDisk } from '../../sim/disk.js';
import { Log } from './log.js';
import { Chains, nameOf, openLog, readAll, writtenLog, type SteppedDisk, type TestRecord } from './log.testing.js';

const FIRST = '00000001.log';
const names = (records: readonly TestRecord[]): string[] => records.map(({ header }) => nameOf(header));

/** Records of the origins in turn. */
function makeRecords(origins: readonly number[], count: number, bodyBytes = 20): TestRecord[] {
  const chains = new Chains();
  return Array.from({ length: count }, (_, index) => chains.next(origins[index % origins.length]!, bodyBytes));
}

/** A second log on another disk, so that the file of the first can be made of any bytes. */
function diskWith(bytes: Uint8Array): MemoryDisk {
  return new MemoryDisk(setImmediate, new Map([[FIRST, bytes]]));
}

const contents = (world: SteppedDisk, file = FIRST): Uint8Array => world.disk.readNow(file, 0, world.disk.size(file));

function overwrite(world: SteppedDisk, position: Position, bytes: Uint8Array): void {
  const file = segmentFileName(segmentOf(position));
  const before = world.disk.readNow(file, offsetOf(position), bytes.length);
  bytes.forEach((byte, index) => world.disk.damage(file, offsetOf(position) + index, before[index]! ^ byte));
}

describe('the end of the last segment', () => {
  test('[S12] a tail torn at any byte is cut, and the log goes on there', () => {
    const chains = new Chains();
    const records = [chains.next(5), chains.next(6), chains.next(5)];
    const { world, positions, end } = writtenLog(records);
    const whole = contents(world);
    for (let size = offsetOf(positions[1]!); size < offsetOf(end); size += 1) {
      const kept = size < offsetOf(positions[2]!) ? 1 : 2;
      const cutAt = positions[kept]!;
      const disk = diskWith(whole.slice(0, size));
      const { log, report, visited } = openLog(disk);
      assert.deepEqual(visited, names(records.slice(0, kept)));
      const bytes = size - offsetOf(cutAt);
      assert.deepEqual(report.cut, bytes === 0 ? undefined : { position: cutAt, bytes });
      assert.deepEqual([report.holes, report.incomplete], [[], []]);
      assert.equal(disk.size(FIRST), offsetOf(cutAt));
      assert.equal(log.end, cutAt);
      assert.equal(log.append(records[kept]!.bytes, records[kept]!.header), cutAt);
    }
  });

  test('[S12] a tail of which some sectors never arrived is cut', () => {
    const records = makeRecords([5], 4, 600);
    const { world, positions, end } = writtenLog(records);
    for (const [from, to] of [
      [0, 640],
      [0, 40],
      [300, 640],
      [639, 640],
    ] as const) {
      const bytes = contents(world);
      const last = offsetOf(positions[3]!);
      const { report, visited } = openLog(diskWith(bytes.fill(0, last + from, last + to)));
      assert.deepEqual(visited, names(records.slice(0, 3)));
      assert.deepEqual(report.cut, { position: positions[3], bytes: end - positions[3]! });
    }
  });

  test('[S12] zeros that a file system put after the last record are cut', () => {
    const records = makeRecords([5], 2);
    const { world, end } = writtenLog(records);
    const { report, log } = openLog(diskWith(Uint8Array.of(...contents(world), ...new Uint8Array(4096))));
    assert.deepEqual(report.cut, { position: end, bytes: 4096 });
    assert.equal(log.end, end);
  });

  test('[S12] nothing is cut where a whole record follows the bad place', () => {
    const records = makeRecords([5], 3);
    const { world, positions, end } = writtenLog(records);
    overwrite(world, positions[1]!, new Uint8Array(50));
    const before = contents(world);
    const { report, visited, log } = openLog(world.disk);
    assert.deepEqual(visited, ['5-1']);
    assert.equal(report.cut, undefined);
    assert.deepEqual(report.holes, [{ position: positions[1], bytes: end - positions[1]! }]);
    assert.deepEqual(contents(world), before);
    assert.equal(segmentOf(log.end), 2);
  });

  test('[S12] nothing is cut that a view had applied, since it was durable', () => {
    const records = makeRecords([5], 3);
    const { world, positions, end } = writtenLog(records);
    world.disk.damage(FIRST, offsetOf(positions[2]!) + 45);
    const { report, visited } = openLog(world.disk, { from: { logId: 77, position: end } });
    assert.deepEqual(report.start, { state: 'resumed' });
    assert.deepEqual(visited, []);
    assert.equal(report.cut, undefined);
    assert.deepEqual(report.holes, [{ position: positions[2], bytes: end - positions[2]! }]);
    assert.equal(world.disk.size(FIRST), offsetOf(end));
  });

  test('[S5] a crash after a segment was made and before its first record loses nothing', () => {
    const records = makeRecords([5, 6], 8);
    const { world } = writtenLog(records, { segmentBytes: 300 });
    const last = world.disk.list().at(-1)!;
    const header = world.disk.readNow(last, 0, 32 + 2 * 20);
    assert.equal(Buffer.from(header.slice(0, 8)).toString(), 'HOLDFLOG');
    world.disk.truncate(last, header.length);
    const { log, report, visited } = openLog(world.disk, { segmentBytes: 300 });
    assert.deepEqual([report.cut, report.holes, report.incomplete], [undefined, [], []]);
    assert.deepEqual(visited, names(records.slice(0, visited.length)));
    const next = records[visited.length]!;
    assert.equal(offsetOf(log.append(next.bytes, next.header)), header.length);
    assert.equal(segmentFileName(segmentOf(log.end)), last);
  });
});

describe('a position to start from', () => {
  const records = makeRecords([5, 6, 7], 40);
  const segmentBytes = 500;

  test('[S10] any record, and the end of any segment, is one', () => {
    const { world, positions, end } = writtenLog(records, { segmentBytes });
    const endsOfSegments = positions.filter((position, index) => {
      const next = positions[index + 1];
      return next !== undefined && segmentOf(next) > segmentOf(position);
    });
    const places = [...positions, ...endsOfSegments.map((position) => position + 60), end];
    assert.ok(endsOfSegments.length > 3);
    for (const position of places) {
      const { log, report, visited } = openLog(world.disk, { from: { logId: 77, position }, segmentBytes });
      assert.deepEqual(report.start, { state: 'resumed' });
      assert.deepEqual(visited, names(records.filter((_, index) => positions[index]! >= position)));
      assert.equal(report.visited, visited.length);
      assert.equal(log.end, end);
      assert.deepEqual(
        log
          .held()
          .entries()
          .map(({ seq }) => seq),
        [14, 13, 13],
      );
    }
  });

  test('[S10] anywhere else the start is from the first record, and says so', () => {
    const { world, positions, end } = writtenLog(records, { segmentBytes });
    const id = { logId: 77 };
    for (const [from, because] of [
      [undefined, 'notAsked'],
      [{ logId: 78, position: positions[3]! }, 'otherLog'],
      [{ ...id, position: positions[3]! + 1 }, 'noRecordThere'],
      [{ ...id, position: positions[3]! - 1 }, 'noRecordThere'],
      [{ ...id, position: end + 1 }, 'noRecordThere'],
      [{ ...id, position: positionOf(segmentOf(end), 0) }, 'noRecordThere'],
      [{ ...id, position: positionOf(1000, 32) }, 'noRecordThere'],
    ] as const) {
      const { report, visited } = openLog(world.disk, { from, segmentBytes });
      assert.deepEqual(report.start, { state: 'fromBeginning', because });
      assert.deepEqual(visited, names(records));
    }
    const fresh = openLog(new MemoryDisk(setImmediate), { from: { logId: 77, position: end }, newLogId: 99 });
    assert.deepEqual(fresh.report.start, { state: 'fromBeginning', because: 'newLog' });
    assert.equal(fresh.log.id, 99);
  });

  test('[S9] of the segments before the one with the position only the headers are read', () => {
    const large = makeRecords([5], 400, 20_000);
    const { world, positions, end } = writtenLog(large, { segmentBytes: 1_000_000 });
    assert.ok(world.disk.list().length >= 8);
    const { visited, log } = openLog(world.disk, { from: { logId: 77, position: positions[398]! } });
    assert.deepEqual(visited, ['5-399', '5-400']);
    assert.ok(world.disk.counts.bytesReadNow < 1_100_000, `${world.disk.counts.bytesReadNow} bytes`);
    assert.equal(log.end, end);
  });
});

describe('a hole', () => {
  test('[S13] a bad record in the middle is left, reported, and ends its origin there', () => {
    const records = makeRecords([5, 6, 7], 9);
    const { world, positions } = writtenLog(records);
    world.disk.damage(FIRST, offsetOf(positions[4]!) + 44);
    const before = contents(world);
    const { log, report, visited } = openLog(world.disk);
    assert.deepEqual(visited, ['5-1', '6-1', '7-1', '5-2', '7-2', '5-3', '7-3']);
    assert.deepEqual(report.holes, [{ position: positions[4], bytes: 60 }]);
    assert.deepEqual(report.incomplete, [{ origin: 6, held: 1, known: 3 }]);
    assert.equal(report.cut, undefined);
    assert.equal(log.held().get(6), 1);
    assert.deepEqual(contents(world), before);
  });

  test('[S13] a hole in an earlier segment is seen from the header of a later one', () => {
    const records = makeRecords([5, 6], 20);
    const segmentBytes = 400;
    const { world, positions } = writtenLog(records, { segmentBytes });
    const lastOfFirst = positions.findLastIndex((position) => segmentOf(position) === 1);
    // The file ends too early, exactly between two records: only the next header knows that there was more.
    world.disk.truncate(FIRST, offsetOf(positions[lastOfFirst]!));
    const { report, visited } = openLog(world.disk, { segmentBytes });
    const lost = records[lastOfFirst]!.header;
    assert.deepEqual(
      visited,
      names(records.filter(({ header }) => header.origin !== lost.origin || header.seq < lost.seq)),
    );
    assert.deepEqual(report.incomplete, [{ origin: lost.origin, held: lost.seq - 1, known: 10 }]);
    assert.equal(report.cut, undefined);
  });

  test('[S13] a missing segment is a hole', () => {
    const records = makeRecords([5, 6], 20);
    const { world, positions } = writtenLog(records, { segmentBytes: 400 });
    world.disk.remove('00000002.log');
    const { report, visited } = openLog(world.disk);
    assert.deepEqual(visited, names(records.filter((_, index) => segmentOf(positions[index]!) === 1)));
    assert.deepEqual(report.holes, [{ position: positionOf(2, 0), bytes: 0 }]);
    assert.deepEqual(
      report.incomplete.map(({ origin, known }) => [origin, known]),
      [
        [5, 10],
        [6, 10],
      ],
    );
  });

  test('[S16] a damaged segment header costs no record', () => {
    const records = makeRecords([5, 6], 20);
    for (const damagedByte of [0, 9, 11, 14, 30]) {
      for (const file of [FIRST, '00000002.log']) {
        const { world } = writtenLog(records, { segmentBytes: 400 });
        world.disk.damage(file, damagedByte);
        const { report, visited, log } = openLog(world.disk, { newLogId: 78 });
        assert.deepEqual(visited, names(records));
        assert.equal(report.holes.length, 1);
        assert.equal(log.id, 77);
      }
    }
  });

  test('[S16] a segment of a newer format stops the start', () => {
    const { world } = writtenLog(makeRecords([5], 1));
    const header = contents(world).slice(0, 32);
    const view = new DataView(header.buffer);
    view.setUint16(16, 9);
    view.setUint32(12, crc32c(header, 16));
    const opening = Log.open({
      disk: diskWith(header),
      newLogId: 1,
      from: undefined,
      begin: () => assert.fail('nothing begins'),
      visit: () => assert.fail('nothing is visited'),
      events: { durable: () => undefined, failed: () => undefined },
    });
    assert.deepEqual(opening, { state: 'unknownVersion', version: 9 });
  });
});

describe('after a bad place', () => {
  test('[S14] a scan goes on where the bad record says that it ends', () => {
    const chains = new Chains();
    const records = [chains.next(5), chains.next(5), chains.next(9), chains.next(9)];
    const { world, positions } = writtenLog(records);
    world.disk.damage(FIRST, offsetOf(positions[1]!) + RECORD_HEADER_BYTES);
    assert.deepEqual(openLog(world.disk).visited, ['5-1', '9-1', '9-2']);
  });

  test('[S14] where its length is lost too, a scan goes on at a record that continues a known chain', () => {
    const chains = new Chains();
    const records = [
      chains.next(5),
      chains.next(6),
      chains.next(6),
      chains.next(6),
      chains.next(9),
      chains.next(5),
      chains.next(6),
      chains.next(9),
    ];
    const { world, positions } = writtenLog(records);
    overwrite(world, positions[2]!, new Uint8Array(70));
    const { visited, report } = openLog(world.disk);
    assert.deepEqual(visited, ['5-1', '6-1', '5-2']);
    assert.deepEqual(report.holes, [{ position: positions[2], bytes: positions[5]! - positions[2]! }]);
    assert.deepEqual(report.incomplete, [
      { origin: 6, held: 1, known: 4 },
      { origin: 9, held: 0, known: 2 },
    ]);
  });

  test('[S14] a record forged inside the text of another is not visited, nor does it make a tail be cut', () => {
    const forger = new Chains();
    const forged = [forger.next(666), forger.next(666)];
    const chains = new Chains();
    const body = Uint8Array.of(...forged[0]!.bytes, ...forged[1]!.bytes);
    const records = [chains.next(5), chains.next(5, body), chains.next(5)];
    for (const size of [50, 60]) {
      const { world, positions } = writtenLog(records.slice(0, size === 50 ? 2 : 3));
      overwrite(world, positions[1]!, new Uint8Array(RECORD_HEADER_BYTES));
      const sizeBefore = world.disk.size(FIRST);
      const { visited, report } = openLog(world.disk);
      assert.deepEqual(visited, ['5-1']);
      assert.equal(report.cut, undefined);
      assert.equal(world.disk.size(FIRST), sizeBefore);
    }
  });

  test('[S14] a search that takes too long is given up, and nothing is cut', () => {
    const { world, end } = writtenLog(makeRecords([5], 2));
    // Every fourth byte begins something that could be a record of the greatest length.
    const bytes = Uint8Array.from({ length: 5_000_000 }, (_, index) => (index % 4 < 2 ? 0 : 0xff));
    assert.ok((bytes.length / 4) * 65_535 > limits.recoverySearchBytesMax);
    const disk = diskWith(Uint8Array.of(...contents(world), ...bytes.subarray(0, 100), ...bytes.subarray(100, 5000)));
    assert.deepEqual(openLog(disk).report.cut, { position: end, bytes: 5000 });
    const whole = new Uint8Array(offsetOf(end) + bytes.length);
    whole.set(contents(world));
    whole.set(bytes, offsetOf(end));
    const { report } = openLog(diskWith(whole));
    assert.equal(report.cut, undefined);
    assert.deepEqual(report.holes, [{ position: end, bytes: bytes.length }]);
  });
});

describe('what was lost is not believed again', () => {
  const records = makeRecords([5], 30);
  const segmentBytes = 500;

  /** A log of several segments whose second record of the second segment is damaged, opened once since. */
  function damagedLog(): { world: SteppedDisk; positions: Position[]; held: number; end: Position } {
    const { world, positions } = writtenLog(records, { segmentBytes });
    const bad = positions.findIndex((position) => segmentOf(position) === 2) + 1;
    world.disk.damage(FIRST.replace('1', '2'), offsetOf(positions[bad]!) + 41);
    const { log } = openLog(world.disk, { segmentBytes });
    world.settle();
    return { world, positions, held: bad, end: log.end };
  }

  test('[S15] the start that finds a hole begins a segment that tells what is held', () => {
    const { world, positions, held, end } = damagedLog();
    assert.equal(segmentOf(end), segmentOf(positions.at(-1)!) + 1);
    for (const position of [end, positions.at(-1)!, positions.at(-12)!]) {
      const { log, report, visited } = openLog(world.disk, { from: { logId: 77, position }, segmentBytes });
      assert.deepEqual(report.start, { state: 'resumed' });
      assert.deepEqual(visited, []);
      assert.equal(log.held().get(5), held);
      assert.equal(log.end, end);
    }
  });

  test('[S15] what is fetched again is appended again, and then visited once', () => {
    const { world, positions, held } = damagedLog();
    const { log } = openLog(world.disk, { segmentBytes });
    const firstAgain = log.end;
    for (const { bytes, header } of records.slice(held)) log.append(bytes, header);
    log.flush();
    world.settle();
    const whole = openLog(world.disk, { segmentBytes });
    assert.deepEqual(whole.visited, names(records));
    assert.deepEqual(whole.report.incomplete, []);
    assert.equal(whole.report.holes.length, 1);
    const resumed = openLog(world.disk, { from: { logId: 77, position: positions.at(-1)! }, segmentBytes });
    assert.deepEqual(resumed.visited, names(records.slice(held)));
    assert.ok(resumed.log.locate([records[held]!.header]) <= firstAgain);
    const served = readAll(world, whole.log);
    assert.equal(served.filter((name) => name === 'damaged').length, 1);
    for (const name of names(records)) assert.ok(served.includes(name));
  });

  test('[S15] a disk that reads well again gives every record once', () => {
    const { world, positions, held } = damagedLog();
    const { log } = openLog(world.disk, { segmentBytes });
    for (const { bytes, header } of records.slice(held)) log.append(bytes, header);
    log.flush();
    world.settle();
    world.disk.damage('00000002.log', offsetOf(positions[held]!) + 41);
    const whole = openLog(world.disk, { segmentBytes });
    assert.deepEqual(whole.visited, names(records));
    assert.deepEqual([whole.report.holes, whole.report.incomplete], [[], []]);
  });
});
