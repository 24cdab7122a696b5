import assert from 'node:assert/strict';
import { test } from 'node:test';

import { median, quantile } from './statistics.js';

test('quantiles are values that were measured, whatever their order', () => {
  const values = [30, 10, 50, 20, 40];
  assert.equal(median(values), 30);
  assert.equal(quantile(values, 0.99), 50);
  assert.equal(quantile(values, 0), 10);
  assert.deepEqual(values, [30, 10, 50, 20, 40]);
});

test('the median of an even number of values is between the two in the middle', () => {
  assert.equal(median([0.8, 3, 1, 5]), 2);
});

test('of nothing there is no median', () => {
  assert.ok(Number.isNaN(median([])));
});
