import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from './crc32c.js';

const ascii = (text: string) => new TextEncoder().encode(text);

test('crc32c gives the values of RFC 3720, appendix B.4', () => {
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e);
  assert.equal(crc32c(ascii('123456789')), 0xe3069283);
});

test('crc32c of a range is that of the bytes in it, at every alignment', () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, index) => (index * 37) & 0xff);
  for (let start = 0; start < 9; start += 1) {
    for (let end = start; end < 40; end += 1) assert.equal(crc32c(bytes, start, end), crc32c(bytes.slice(start, end)));
  }
});
