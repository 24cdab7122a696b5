import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';

import { positionOf, segmentFileName } from '../../core/model/position.js';
import { encodeRecord } from '../../core/model/record.js';
import { RecordReader } from './view-records.js';

function temporaryDirectory(t: TestContext): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'holdfast-view-records-'));
  t.after(() => fs.rmSync(directory, { recursive: true }));
  return directory;
}

test('a file of the log for which there is no descriptor is waited for, and not taken for damaged', (t) => {
  const directory = temporaryDirectory(t);
  const record = encodeRecord({ origin: 1, seq: 1, time: 1, previous: 0, kind: 1 }, Uint8Array.of(1, 2, 3));
  fs.writeFileSync(path.join(directory, segmentFileName(1)), record);
  const reader = new RecordReader(directory);
  const codes = ['EMFILE', 'ENFILE'];
  const { openSync } = fs;
  t.mock.method(fs, 'openSync', (...args: Parameters<typeof openSync>) => {
    const code = codes.pop();
    if (code !== undefined) throw Object.assign(new Error(`${code}: too many open files`), { code });
    return openSync(...args);
  });
  const place = { origin: 1, seq: 1, position: positionOf(1, 0), length: record.length };
  const missing = { ...place, position: positionOf(2, 0) };
  const { bytes, unreadable } = reader.readPage([place, missing], 10);
  reader.close();
  assert.deepEqual(codes, [], 'there was a shortage');
  assert.deepEqual(bytes, record);
  assert.deepEqual(unreadable, [{ origin: 1, seq: 1, position: missing.position }]);
});

test('a record of a segment that was made anew is read from the new file', (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, segmentFileName(1));
  const record = encodeRecord({ origin: 1, seq: 1, time: 1, previous: 0, kind: 1 }, Uint8Array.of(1, 2, 3));
  fs.writeFileSync(file, record.toReversed());
  const reader = new RecordReader(directory);
  const place = { origin: 1, seq: 1, position: positionOf(1, 0), length: record.length };
  assert.equal(reader.readPage([place], 10).unreadable.length, 1);
  fs.writeFileSync(`${file}.new`, record);
  fs.renameSync(`${file}.new`, file);
  assert.deepEqual(reader.readPage([place], 10), { bytes: record, more: false, unreadable: [] });
  reader.close();
});
