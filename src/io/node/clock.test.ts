import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nodeClock } from './clock.js';

test('the wall clock is in milliseconds since 1970', () => {
  const before = new Date().getTime();
  const read = nodeClock.wallMs();
  assert.ok(Number.isSafeInteger(read) && read >= before);
});

test('the monotonic clock goes forward, whatever the wall clock does', (t) => {
  let wallMs = 5000;
  t.mock.method(Date, 'now', () => wallMs);
  const first = nodeClock.monotonicMs();
  wallMs = 1000;
  assert.equal(nodeClock.wallMs(), 1000);
  assert.ok(nodeClock.monotonicMs() >= first);
});
