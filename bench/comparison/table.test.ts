import assert from 'node:assert/strict';
import { test } from 'node:test';

import { figureText, tableOf } from './table.js';

test('the table has the rows that were measured, with ratios for all but the first', () => {
  const table = tableOf([
    { name: 'A', rounds: [{ burstAcked: 30_000, aloneP50: 0.5 }] },
    { name: 'B', rounds: [{ burstAcked: 20_000 }] },
  ]);
  assert.deepEqual(table.split('\n'), [
    '|                                                       |      A |      B | ratio |',
    '| ----------------------------------------------------- | -----: | -----: | ----: |',
    '| 100 clients x 32 sends under way, acknowledged, msg/s | 30,000 | 20,000 |  1.50 |',
    '| one at a time, send to ack, p50, ms                   |   0.50 |      - |     - |',
  ]);
});

test('figures have as many digits as mean something', () => {
  assert.equal(figureText(31_758.4, { unit: 'msg/s' }), '31,760');
  assert.equal(figureText(0.6789, { unit: 'ms' }), '0.68');
  assert.equal(figureText(42.34, { unit: 'ms' }), '42.3');
  assert.equal(figureText(1234.5, { unit: 'ms' }), '1235');
  assert.equal(figureText(0.8033, { unit: 's' }), '0.80');
  assert.equal(figureText(0.51, { unit: 's' }), '0.51');
  assert.equal(figureText(4.8, { unit: 's' }), '4.80');
});
