import assert from 'node:assert/strict';
import { test } from 'node:test';

import { runWithMemberChanges, type MembersRun } from './member-changes.testing.js';

test('[R60] [R63] [R64] [R65] [R67] while servers come and go through all trouble, nothing stored is lost or shown twice', () => {
  const sum = { added: 0, removed: 0, replaced: 0, stored: 0 };
  for (let seed = 1; seed <= 25; seed += 1) {
    const run: MembersRun = runWithMemberChanges(seed);
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += run[key];
  }
  assert.ok(sum.added > 25 && sum.removed > 25 && sum.replaced > 2 && sum.stored > 500, JSON.stringify(sum));
});

test('a run with member changes is a function of its seed', () => {
  assert.deepEqual(runWithMemberChanges(3), runWithMemberChanges(3));
});
