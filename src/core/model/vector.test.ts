import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Vector } from './vector.js';

test('what one vector has beyond another is each entry that the other does not cover, by origin', () => {
  const entries = [
    { origin: 9, seq: 2 },
    { origin: 3, seq: 5 },
    { origin: 4, seq: 1 },
  ];
  const other = new Vector([
    { origin: 3, seq: 4 },
    { origin: 4, seq: 7 },
    { origin: 5, seq: 1 },
  ]);
  assert.deepEqual(new Vector(entries).beyond(other), [entries[1], entries[0]]);
  assert.deepEqual(other.beyond(other), []);
});
