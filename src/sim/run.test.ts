import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';

import { explain, runSeed, Tally } from './campaign.js';
import { optionsOf } from './options.js';
import { planOf } from './plan.js';
import type { Digests } from './server.js';

const digests: Digests = {
  sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
  hmacSha256: (key, bytes) => new Uint8Array(createHmac('sha256', key).update(bytes).digest()),
};
const limits = { serversMin: 3, serversMax: 5 };

/** Runs the seeds, and fails with the story of the first that breaks anything. */
function runSeeds(seeds: readonly number[]): Tally {
  const tally = new Tally();
  for (const seed of seeds) tally.add(runSeed(seed, limits, { digests }, false));
  const [failure] = tally.failures;
  if (failure !== undefined) assert.fail(explain(failure, limits, { digests }).join('\n'));
  return tally;
}

test('[R10] [R11] [R16] [R20] [R26] [R34] [C47] whatever breaks, every invariant holds, and in the end all comes together', () => {
  const tally = runSeeds(Array.from({ length: 40 }, (_, index) => index + 1));
  assert.equal(tally.idle, 0, 'every run did something');
  assert.ok(tally.acked > 1000 && tally.seen > 1000 && tally.failovers > 100 && tally.merges > 0);
});

test('[S18] [S32] [S36] what a log takes a second time after a repair, and a header that is damaged, are no gaps', () => {
  runSeeds([575, 1371, 1379, 1541]);
});

test('a run is a function of its seed', () => {
  for (const seed of [2, 3, 4]) {
    assert.equal(runSeed(seed, limits, { digests }, true).breached, undefined);
    assert.deepEqual(planOf(optionsOf(seed, limits)), planOf(optionsOf(seed, limits)));
  }
  const [one, other] = [5, 6].map((seed) => runSeed(seed, limits, { digests }, false).trace);
  assert.notEqual(one, other);
});
