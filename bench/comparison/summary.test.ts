import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FULL_ROUNDS, isFull, medianOf, ratioOf, type Measurements } from './summary.js';

const ours: Measurements = { name: 'ours', rounds: [{ burstAcked: 300 }, { burstAcked: 100 }, { burstAcked: 200 }] };
const theirs: Measurements = { name: 'theirs', rounds: [{ burstAcked: 100 }, { burstAcked: 100 }, { burstAcked: 50 }] };

test('the median is of the rounds that have the figure', () => {
  assert.equal(medianOf(ours, 'burstAcked'), 200);
  assert.equal(medianOf({ name: 'failed early', rounds: [{ burstAcked: 7 }, {}] }, 'burstAcked'), 7);
  assert.equal(medianOf(ours, 'aloneP50'), undefined);
});

test('a ratio is the median of the ratios of the rounds, not the ratio of the medians', () => {
  assert.equal(ratioOf(ours, theirs, 'burstAcked'), 3);
});

test('a run is full where every system has every round', () => {
  const rounds = Array.from({ length: FULL_ROUNDS }, () => ({ burstAcked: 1 }));
  const full: Measurements = { name: 'full', rounds };
  assert.ok(isFull([full, full], 2));
  assert.ok(!isFull([full], 2));
  assert.ok(!isFull([full, { name: 'short', rounds: rounds.slice(1) }], 2));
});

test('a ratio above 1 means better: for a time, shorter', () => {
  const fast: Measurements = { name: 'fast', rounds: [{ aloneP50: 2 }] };
  const slow: Measurements = { name: 'slow', rounds: [{ aloneP50: 8 }] };
  assert.equal(ratioOf(fast, slow, 'aloneP50'), 4);
  assert.equal(ratioOf(slow, fast, 'aloneP50'), 0.25);
});

test('a round that one of the two did not finish has no ratio', () => {
  const failed: Measurements = { name: 'failed', rounds: [{}, { burstAcked: 50 }] };
  assert.equal(ratioOf(ours, failed, 'burstAcked'), 2);
  assert.equal(ratioOf(ours, { name: 'never', rounds: [] }, 'burstAcked'), undefined);
});
