import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { byteLengthOf, isUtf8 } from './utf8.js';

test('byteLengthOf is the length of what TextEncoder makes', () => {
  const encoder = new TextEncoder();
  const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));
  fc.assert(fc.property(texts, (text) => byteLengthOf(text) === encoder.encode(text).length));
  for (const text of ['\ud800', '\udc00a', 'a\ud83d', '\ud83d\ude00']) {
    assert.equal(byteLengthOf(text), encoder.encode(text).length);
  }
});

test('isUtf8 says what a strict TextDecoder says', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const isDecoded = (bytes: Uint8Array): boolean => {
    try {
      decoder.decode(bytes);
      return true;
    } catch {
      return false;
    }
  };
  const check = (bytes: Uint8Array): void =>
    assert.equal(isUtf8(bytes, 0, bytes.length), isDecoded(bytes), String(bytes));
  // What sets characters of each length apart lies in their first two bytes, at these bounds of the second.
  for (let first = 0x80; first < 0x100; first += 1) {
    for (const second of [0, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff]) {
      check(Uint8Array.of(first, second));
      check(Uint8Array.of(first, second, 0x80));
      check(Uint8Array.of(first, second, 0xbf, 0x80));
    }
  }
  const texts = fc.string({ unit: 'binary' }).map((text) => new TextEncoder().encode(text));
  const damaged = fc.tuple(texts, fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
    if (bytes.length > 0) bytes[at % bytes.length] = byte;
    return bytes;
  });
  fc.assert(fc.property(fc.oneof(texts, damaged, fc.uint8Array({ maxLength: 8 })), check), { numRuns: 1000 });
});

test('isUtf8 looks at nothing outside its bounds', () => {
  const bytes = Uint8Array.of(0xff, 0x61, 0xc3, 0xa9, 0xff);
  assert.ok(isUtf8(bytes, 1, 4));
  assert.ok(!isUtf8(bytes, 1, 3));
});
