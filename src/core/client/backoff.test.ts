import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Backoff } from './backoff.js';
import { SeededRandom } from '../../sim/seeded-random.js';

test('[C1] waits double from the least to the most, less a random part of up to half', () => {
  const backoff = new Backoff(new SeededRandom(1), 50, 2_000);
  const stepsMs = [50, 100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000];
  const waitsMs = stepsMs.map(() => backoff.nextMs());
  for (const [index, stepMs] of stepsMs.entries()) {
    const waitMs = waitsMs[index]!;
    assert.ok(waitMs >= stepMs / 2 && waitMs <= stepMs, `${waitMs} ms is not within ${stepMs / 2} to ${stepMs}`);
  }
  assert.notEqual(waitsMs[7], waitsMs[8]);
});

test('after a reset the waits begin again', () => {
  const backoff = new Backoff(new SeededRandom(1), 50, 2_000);
  for (let count = 0; count < 5; count++) backoff.nextMs();
  backoff.reset();
  assert.ok(backoff.nextMs() <= 50);
});
