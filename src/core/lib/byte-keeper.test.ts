import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteKeeper } from './byte-keeper.js';

test('what is kept stays as it was, whatever becomes of the bytes and whatever is kept later', () => {
  const keeper = new ByteKeeper();
  const lengths = [0, 1, 200, 16_384, 16_385, 70_000, ...Array.from({ length: 50 }, (_, index) => index * 200)];
  const kept = lengths.map((length, index) => {
    const bytes = new Uint8Array(length).fill(index + 1);
    const copy = keeper.keep(bytes);
    bytes.fill(0);
    return copy;
  });
  for (const [index, copy] of kept.entries()) {
    assert.deepEqual(copy, new Uint8Array(lengths[index]!).fill(index + 1));
  }
});
