import assert from 'node:assert/strict';
import { test } from 'node:test';

import { crc32c } from '../lib/crc32c.js';
import { limits } from './limits.js';
import {
  bodyOf,
  encodeRecord,
  readRecord,
  RecordCursor,
  recordLengthAt,
  restOf,
  wholeRecordBytes,
  type RecordHeader,
} from './record.js';

const header = { origin: 0x1234567890abc, seq: 3, time: 2 ** 53 - 1, previous: 0xcafebabe, kind: 258 };
const body = Uint8Array.of(1, 2, 3, 4, 5);
const record = encodeRecord(header, body);

test('[S1] a record has exactly these bytes', () => {
  assert.equal(
    Buffer.from(record).toString('hex'),
    '0000002d beeb6a1d 0001234567890abc 0000000000000003 001fffffffffffff cafebabe 0102 0000 0102030405'.replaceAll(
      ' ',
      '',
    ),
  );
  const reading = readRecord(Uint8Array.of(99, ...record, 99), 1);
  assert.deepEqual(reading, { state: 'whole', header: { ...header, length: 45, checksum: crc32c(record, 8) } });
  assert.deepEqual(bodyOf(record), body);
});

test('[S1] a record with any bit changed is not whole', () => {
  for (let bit = 0; bit < record.length * 8; bit += 1) {
    const changed = record.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    assert.notEqual(readRecord(changed, 0).state, 'whole', `bit ${bit}`);
  }
});

test('[S1] a record that ends too early is short', () => {
  for (let length = 0; length < record.length; length += 1) {
    assert.deepEqual(readRecord(record.subarray(0, length), 0), { state: 'short' });
  }
});

test('[S1] lengths and numbers outside their range are bad, also with a right checksum', () => {
  const withField = (offset: number, value: number): Uint8Array => {
    const changed = record.slice();
    const view = new DataView(changed.buffer);
    view.setUint32(offset, value);
    view.setUint32(4, crc32c(changed, 8));
    return changed;
  };
  assert.deepEqual(readRecord(withField(0, 39), 0), { state: 'bad' });
  assert.deepEqual(readRecord(withField(0, limits.recordBytesMax + 1), 0), { state: 'bad' });
  for (const offset of [8, 16, 24]) assert.deepEqual(readRecord(withField(offset, 2 ** 21), 0), { state: 'bad' });
  assert.deepEqual(readRecord(withField(20, 0), 0), { state: 'bad' });
  assert.equal(readRecord(withField(20, 1), 0).state, 'whole');
});

test('[S1] a record is at most recordBytesMax long', () => {
  const longest = encodeRecord(header, new Uint8Array(limits.recordBytesMax - 40));
  assert.equal(readRecord(longest, 0).state, 'whole');
  assert.throws(() => encodeRecord(header, new Uint8Array(limits.recordBytesMax - 39)), /within its limit/);
});

test('a cursor gives of each record what its header says', () => {
  const others = Array.from({ length: 5 }, (_, index) =>
    encodeRecord({ ...header, origin: index + 1, time: index * 2 ** 40 }, new Uint8Array(index * 7)),
  );
  const records = [record, ...others];
  const bytes = Uint8Array.of(9, ...records.flatMap((each) => [...each])).subarray(1);
  const cursor = new RecordCursor(bytes);
  let offset = 0;
  assert.equal(cursor.end, 0);
  for (const each of records) {
    assert.equal(cursor.next(), true);
    assert.deepEqual({ state: 'whole', header: cursor.header() }, readRecord(each, 0));
    assert.deepEqual(cursor.record(), each);
    assert.deepEqual(cursor.body(), bodyOf(each));
    assert.equal(recordLengthAt(bytes, cursor.offset), each.length);
    assert.equal(cursor.offset, offset);
    offset += each.length;
    assert.equal(cursor.end, offset);
  }
  assert.equal(cursor.next(), false);
  assert.equal(cursor.next(), false);
  assert.equal(cursor.end, bytes.length);
  assert.equal(new RecordCursor(new Uint8Array(0)).next(), false);
});

test('[S1] whole records are counted up to the first that is not', () => {
  const bytes = Uint8Array.of(7, ...record, ...record, ...record).subarray(1);
  const { length } = record;
  assert.equal(wholeRecordBytes(bytes), 3 * length);
  assert.equal(wholeRecordBytes(bytes.subarray(1)), 0);
  assert.equal(wholeRecordBytes(bytes.subarray(0, -1)), 2 * length);
  bytes[length + 20] = 1;
  assert.equal(wholeRecordBytes(bytes), length);
  assert.equal(wholeRecordBytes(new Uint8Array(0)), 0);
});

test('a cursor cuts runs where the origin, the seq or the checksum does not go on', () => {
  const chain = (origin: number, count: number, firstSeq = 1): Uint8Array[] => {
    const records: Uint8Array[] = [];
    let previous = 0;
    for (let index = 0; index < count; index += 1) {
      const made = encodeRecord({ origin, seq: firstSeq + index, time: 1, previous, kind: 7 }, Uint8Array.of(index));
      records.push(made);
      previous = headerOf(made).checksum;
    }
    return records;
  };
  const five = chain(5, 4);
  // Another origin, a seq that was there before, one that is left out, and a predecessor that is another.
  const runs = [five, chain(6, 1), five.slice(0, 2), five.slice(3), chain(5, 2, 5), five.slice(0, 1)];
  const bytes = Uint8Array.of(...runs.flatMap((records) => records.flatMap((each) => [...each])));
  const cursor = new RecordCursor(bytes);
  for (const records of runs) {
    assert.equal(cursor.next(), true);
    const run = cursor.run();
    assert.deepEqual(run.bytes, Uint8Array.of(...records.flatMap((each) => [...each])));
    assert.deepEqual([run.first, run.last], [headerOf(records[0]!), headerOf(records.at(-1)!)]);
  }
  assert.equal(cursor.next(), false);
});

test('the rest of a run is the run without its first record', () => {
  const first = encodeRecord({ origin: 5, seq: 1, time: 1, previous: 0, kind: 7 }, body);
  const second = encodeRecord({ origin: 5, seq: 2, time: 2, previous: headerOf(first).checksum, kind: 7 }, body);
  const cursor = new RecordCursor(Uint8Array.of(...first, ...second));
  cursor.next();
  const rest = restOf(cursor.run());
  assert.ok(rest !== undefined);
  assert.deepEqual(rest, { bytes: second, first: headerOf(second), last: headerOf(second) });
  assert.equal(restOf(rest), undefined);
});

function headerOf(bytes: Uint8Array): RecordHeader {
  const reading = readRecord(bytes, 0);
  assert.ok(reading.state === 'whole');
  return reading.header;
}
