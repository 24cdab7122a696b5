import assert from 'node:assert/strict';
import { test } from 'node:test';

import { crc32c } from '../lib/crc32c.js';
import { MemoryDisk } from '../../sim/disk.js';
import { Heads } from './heads.js';
import { encodeSegmentHeader, listSegments, readSegmentHeader } from './segment.js';

const heads = new Heads([
  [2 ** 53 - 1, { seq: 3, checksum: 0xdeadbeef }],
  [5, { seq: 2 ** 40, checksum: 1 }],
]);

const diskWith = (bytes: Uint8Array): MemoryDisk => new MemoryDisk(setImmediate, new Map([['00000258.log', bytes]]));

test('[S3] a segment header has exactly these bytes', () => {
  const bytes = encodeSegmentHeader(0x1234567890abc, 258, heads);
  assert.equal(
    Buffer.from(bytes).toString('hex'),
    [
      '484f4c44464c4f47 00000048 ef7a6e68 0001 0000 00000102 0001234567890abc',
      '0000000000000005 0000010000000000 00000001',
      '001fffffffffffff 0000000000000003 deadbeef',
    ]
      .join('')
      .replaceAll(' ', ''),
  );
  const reading = readSegmentHeader(diskWith(bytes), 258);
  assert.deepEqual(reading, {
    state: 'whole',
    header: { length: 72, segment: 258, logId: 0x1234567890abc, heads: new Heads(heads.entries()) },
  });
  assert.deepEqual(reading.state === 'whole' && reading.header.heads.entries(), heads.entries());
});

test('[S16] a header with any byte changed or missing is not believed', () => {
  const bytes = encodeSegmentHeader(7, 258, heads);
  for (let offset = 0; offset < bytes.length; offset += 1) {
    const damaged = bytes.slice();
    damaged[offset]! ^= 0x10;
    assert.equal(readSegmentHeader(diskWith(damaged), 258).state, 'bad', `byte ${offset}`);
    assert.equal(readSegmentHeader(diskWith(bytes.slice(0, offset)), 258).state, 'bad', `${offset} bytes`);
  }
});

test('[S16] a header of another segment is not believed', () => {
  assert.equal(readSegmentHeader(diskWith(encodeSegmentHeader(7, 259, heads)), 258).state, 'bad');
});

test('[S16] a sound header of an unknown format version is told apart from a damaged one', () => {
  const bytes = encodeSegmentHeader(7, 258, heads);
  const view = new DataView(bytes.buffer);
  view.setUint16(16, 2);
  assert.equal(readSegmentHeader(diskWith(bytes), 258).state, 'bad');
  view.setUint32(12, crc32c(bytes, 16));
  assert.deepEqual(readSegmentHeader(diskWith(bytes), 258), { state: 'unknownVersion', version: 2 });
});

test('[S2] only files named as segments are segments, in the order of their numbers', () => {
  const names = ['00000010.log', '00000009.log', '100000000.log', '1.log', '00000000.log', '000000011.log', 'view.db'];
  const disk = new MemoryDisk(setImmediate, new Map(names.map((name) => [name, new Uint8Array(0)])));
  assert.deepEqual(listSegments(disk), [9, 10, 100_000_000]);
});
