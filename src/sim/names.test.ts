import assert from 'node:assert/strict';
import { test } from 'node:test';

import { runNames, type NamesRunOptions, type NamesRunResult } from './names.testing.js';

function runSeeds(seeds: number, options: Omit<NamesRunOptions, 'seed'>): void {
  const results: NamesRunResult[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) results.push(runNames({ seed, ...options }));
  const sum = (key: 'created' | 'refused' | 'deleted' | 'sentElsewhere') =>
    results.reduce((total, result) => total + result[key], 0);
  for (const key of ['created', 'refused', 'deleted', 'sentElsewhere'] as const) {
    assert.ok(sum(key) >= seeds, `enough happened: ${key} ${sum(key)}`);
  }
}

test('[R50] [R57] with 2 of 3 copies required, nobody who was told that they have a name ever loses it', () => {
  runSeeds(60, { servers: 3, minCopies: 2 });
});

test('[R50] [R57] with 3 of 5 copies required, nobody who was told that they have a name ever loses it', () => {
  runSeeds(20, { servers: 5, minCopies: 3 });
});

test('a run with names is a function of its seed', () => {
  const options = { seed: 3, servers: 3, minCopies: 2 };
  assert.deepEqual(runNames(options), runNames(options));
});
