import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { equalInConstantTime } from './constant-time.js';

test('secrets are equal if their lengths and all bytes are', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
      assert.equal(equalInConstantTime(a, b), Buffer.compare(a, b) === 0);
      assert.ok(equalInConstantTime(a, a.slice()));
    }),
  );
});

test('one changed bit, anywhere, makes them differ', () => {
  const secret = Uint8Array.from({ length: 32 }, (_, index) => index * 7);
  for (let bit = 0; bit < secret.length * 8; bit += 1) {
    const guess = secret.slice();
    guess[bit >> 3] = guess[bit >> 3]! ^ (1 << (bit & 7));
    assert.ok(!equalInConstantTime(secret, guess));
  }
});
