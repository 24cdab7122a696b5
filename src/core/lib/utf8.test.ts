import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { byteLengthOf } from './utf8.js';

test('byteLengthOf is the length of what TextEncoder makes', () => {
  const encoder = new TextEncoder();
  const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));
  fc.assert(fc.property(texts, (text) => byteLengthOf(text) === encoder.encode(text).length));
  for (const text of ['\ud800', '\udc00a', 'a\ud83d', '\ud83d\ude00']) {
    assert.equal(byteLengthOf(text), encoder.encode(text).length);
  }
});
