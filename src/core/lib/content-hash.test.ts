import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ContentHash, hash64 } from './content-hash.js';

test('the hash of a set does not depend on the order of its members, nor on what came and went', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string()), fc.string(), (members, passing) => {
      const hash = (text: string) => hash64(new TextEncoder().encode(text), 1);
      const forward = new ContentHash();
      for (const member of members) forward.add(hash(member));
      const backward = new ContentHash();
      backward.add(hash(passing));
      for (const member of members.toReversed()) backward.add(hash(member));
      backward.remove(hash(passing));
      assert.equal(forward.toString(), backward.toString());
    }),
  );
});

test('hash64 has no collision in a hundred thousand similar inputs', () => {
  const seen = new Set<string>();
  for (let index = 0; index < 100_000; index += 1) {
    const { high, low } = hash64(new TextEncoder().encode(`account ${index}`), 2);
    seen.add(`${high}:${low}`);
  }
  assert.equal(seen.size, 100_000);
});
