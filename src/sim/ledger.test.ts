import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { encodeRecord } from '../core/model/record.js';
import { Heads } from '../core/store/heads.js';
import { headerOf, type TestRecord } from '../core/store/log.testing.js';
import { encodeSegmentHeader } from '../core/store/segment.js';
import { MemoryDisk } from './disk.js';
import { Ledger } from './ledger.js';

const FIRST = '00000001.log';
const SECOND = '00000002.log';
/** The ledger does not look into an op of this kind. */
const UNKNOWN_KIND = 60_000;

describe('what a log appends continues what it counts', () => {
  let records: TestRecord[];
  let disk: MemoryDisk;
  let ledger: Ledger;

  beforeEach(() => {
    records = [];
    for (let seq = 1; seq <= 5; seq += 1) {
      const previous = records.at(-1)?.header.checksum ?? 0;
      const bytes = encodeRecord({ origin: 1, seq, time: seq, previous, kind: UNKNOWN_KIND }, new Uint8Array(20));
      records.push({ bytes, header: headerOf(bytes) });
    }
    disk = new MemoryDisk((run) => run());
    ledger = new Ledger([1]);
    disk.watch = {
      asked: () => undefined,
      written: (file, bytes, kind) => void ledger.written(1, file, bytes, kind, disk),
      told: () => undefined,
    };
    ledger.diskChanged(1, disk, 'start');
    disk.create(FIRST, encodeSegmentHeader(9, 1, new Heads()), () => undefined);
    append(FIRST, 1, 2);
    disk.create(SECOND, secondHeader(), () => undefined);
    append(SECOND, 3);
    assert.equal(ledger.gap, undefined);
  });

  const recordOf = (seq: number): TestRecord => records[seq - 1]!;
  const append = (file: string, ...seqs: number[]): void => {
    for (const seq of seqs) disk.append(file, [recordOf(seq).bytes], () => undefined);
  };
  const secondHeader = (): Uint8Array => {
    const heads = new Heads();
    for (const seq of [1, 2]) heads.advance(recordOf(seq).header);
    return encodeSegmentHeader(9, 2, heads);
  };
  /** The first segment is lost while the server is down, and it starts. */
  const startWithoutFirst = (): Uint8Array => {
    const first = disk.look(FIRST).slice();
    disk.remove(FIRST);
    ledger.diskChanged(1, disk, 'fault');
    ledger.diskChanged(1, disk, 'start');
    assert.ok(ledger.isDamaged(1));
    return first;
  };

  for (const [what, seq] of [
    ['leaves one out', 5],
    ['is there already', 3],
  ] as const) {
    test(`a record that ${what} is told`, () => {
      append(SECOND, seq);
      assert.equal(ledger.gap, `server 1 wrote 1-${seq}, and held 3 of that origin`);
    });

    test(`a record that ${what} is told on a disk that was damaged while the server runs`, () => {
      disk.damage(FIRST, disk.size(FIRST) - 1);
      ledger.diskChanged(1, disk, 'fault');
      assert.ok(ledger.isDamaged(1));
      append(SECOND, seq);
      assert.equal(ledger.gap, `server 1 wrote 1-${seq}, and held 3 of that origin`);
    });

    test(`a record that ${what} is told after a start without damage`, () => {
      ledger.diskChanged(1, disk, 'start');
      append(SECOND, seq);
      assert.equal(ledger.gap, `server 1 wrote 1-${seq}, and held 3 of that origin`);
    });
  }

  test('what a start on a damaged disk did not count comes a second time, in order, and also where the place was mended first', () => {
    const first = startWithoutFirst();
    disk.create(FIRST, first, () => undefined);
    assert.ok(!ledger.isDamaged(1), 'made anew as a whole');
    append(SECOND, 2, 3, 4);
    assert.equal(ledger.gap, undefined);
    append(SECOND, 3);
    assert.equal(ledger.gap, 'server 1 wrote 1-3, and held 4 of that origin');
  });

  test('behind what stands on a mended disk no record is left out', () => {
    disk.create(FIRST, startWithoutFirst(), () => undefined);
    append(SECOND, 5);
    assert.equal(ledger.gap, 'server 1 wrote 1-5, and held 3 of that origin');
  });

  test('on a disk that is damaged still, what is appended is without a gap', () => {
    startWithoutFirst();
    append(SECOND, 1, 2);
    assert.equal(ledger.gap, undefined);
    append(SECOND, 4);
    assert.equal(ledger.gap, 'server 1 wrote 1-4, and held 2 of that origin');
  });

  test('a damaged header is damage until it is written over', () => {
    // The length of the header: no record is found behind it.
    disk.damage(SECOND, 8);
    ledger.diskChanged(1, disk, 'fault');
    assert.ok(ledger.isDamaged(1));
    disk.overwrite(SECOND, 0, secondHeader(), () => undefined);
    assert.ok(!ledger.isDamaged(1));
    assert.equal(ledger.held(1).get(1), 3);
  });

  test('a record that mending writes over another is told to be gone', () => {
    disk.overwrite(FIRST, 32, new Uint8Array(recordOf(1).bytes.length), () => undefined);
    assert.equal(ledger.cut, '1-1 was durable on server 1, until it mended its log');
  });
});
