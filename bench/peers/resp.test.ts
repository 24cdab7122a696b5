import assert from 'node:assert/strict';
import { test } from 'node:test';

import { command, readResp } from './resp.js';

function events(): { told: unknown[]; read: (bytes: Buffer) => number } {
  const told: unknown[] = [];
  const tell = (value: unknown): void => void told.push(value);
  const read = (bytes: Buffer): number =>
    readResp(bytes, { bulk: tell, integer: tell, array: (length) => tell([length]), error: (text) => tell({ text }) });
  return { told, read };
}

test('a command is an array of bulk strings', () => {
  assert.equal(command('WAIT', '2', '0'), '*3\r\n$4\r\nWAIT\r\n$1\r\n2\r\n$1\r\n0\r\n');
});

test('replies are read wherever the stream is cut', () => {
  const stream = Buffer.from('*2\r\n$3\r\na\r\n\r\n$0\r\n\r\n:12\r\n+OK\r\n-ERR no\r\n');
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const { told, read } = events();
    const used = read(stream.subarray(0, cut));
    assert.ok(used <= cut);
    assert.equal(used + read(stream.subarray(used)), stream.length);
    assert.deepEqual(told, [[2], 'a\r\n', '', 12, 'OK', { text: 'ERR no' }]);
  }
});
