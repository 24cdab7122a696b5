import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromHex, toHex } from './hex.js';

test('bytes are two lower-case digits each', () => {
  assert.equal(toHex(Uint8Array.of(0, 9, 0xa7, 0xff)), '0009a7ff');
  assert.deepEqual(fromHex('0009A7ff'), Uint8Array.of(0, 9, 0xa7, 0xff));
});

test('what bytes were made of comes back', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.deepEqual(fromHex(toHex(bytes)), bytes)));
});

test('text that is not an even number of digits is no bytes', () => {
  for (const text of ['0', '0x', 'a7 ', 'zz', '12345']) assert.equal(fromHex(text), undefined);
});
