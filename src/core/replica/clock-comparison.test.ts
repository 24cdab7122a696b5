import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import { ClockComparison } from './clock-comparison.js';

const ours = 1_000_000_000 * 1024;
const ahead = ours + (limits.clockSkewMs + 1) * 1024;

test('clocks that differ when servers link are told of at once, and once', () => {
  const clocks = new ClockComparison();
  assert.equal(clocks.compare(ahead, ours, 0, true), true);
  assert.equal(clocks.compare(ahead, ours, 10 * limits.suspectAfterMs, false), false);
  assert.deepEqual([clocks.differ, clocks.aheadMs], [true, limits.clockSkewMs + 1]);
});

test('clocks that come to differ while servers are linked are told of when it lasts, and again after they did not', () => {
  const clocks = new ClockComparison();
  const behind = ours - (limits.clockSkewMs + 1) * 1024;
  for (let round = 0; round < 2; round += 1) {
    assert.equal(clocks.compare(ours, ours, 0, round === 0), false);
    assert.equal(clocks.differ, false);
    assert.equal(clocks.compare(behind, ours, 0, false), false);
    assert.equal(clocks.differ, true);
    assert.equal(clocks.compare(behind, ours, 2 * limits.suspectAfterMs + 1, false), true);
  }
});

test('a server that does not tell its time differs from nobody', () => {
  const clocks = new ClockComparison();
  assert.equal(clocks.compare(0, ours, 0, true), false);
  assert.equal(clocks.differ, false);
});
