import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SeededRandom } from '#src/sim/seeded-random.js';
import { makeTexts } from './made-texts.js';

test('texts are different, of the length asked for, ASCII, and the same for the same seed', () => {
  const texts = makeTexts(1_000, new SeededRandom(1), 100);
  assert.equal(new Set(texts).size, 1_000);
  assert.ok(texts.every((text) => /^[a-z ]{100}$/.test(text)));
  assert.deepEqual(makeTexts(1_000, new SeededRandom(1), 100), texts);
  assert.notDeepEqual(makeTexts(1_000, new SeededRandom(2), 100), texts);
});

test('few words are common and many are rare', () => {
  const times = new Map<string, number>();
  const words = makeTexts(1_000, new SeededRandom(1)).join(' ').split(' ');
  for (const word of words) times.set(word, (times.get(word) ?? 0) + 1);
  const sorted = [...times.values()].toSorted((a, b) => b - a);
  const commonest = sorted.slice(0, 100).reduce((sum, each) => sum + each, 0);
  assert.ok(commonest > words.length * 0.4 && sorted.length > 3_000);
});
