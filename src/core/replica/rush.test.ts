import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import { Rush } from './rush.js';

const OPS_IN_TICK = (limits.rushOpsPerSecond * limits.tickMs) / 1000;

function rushOf(opsInTick: number): Rush {
  const rush = new Rush(0);
  for (let count = 0; count < opsInTick; count += 1) rush.applied();
  rush.tick(limits.tickMs);
  return rush;
}

test('a view rests only while many ops come, and only where it is behind and not too far', () => {
  const rush = rushOf(OPS_IN_TICK + 1);
  const behind = limits.rushLagOps + 1;
  assert.deepEqual(
    [limits.rushLagOps, behind, limits.viewLagOpsMax * 0.75].map((lagOps) => rush.holds(lagOps)),
    [false, true, false],
  );
  assert.equal(rushOf(OPS_IN_TICK).holds(behind), false);
});

test('a rush is over with the first tick in which few ops came', () => {
  const rush = rushOf(OPS_IN_TICK + 1);
  const behind = limits.rushLagOps + 1;
  rush.tick(limits.tickMs + 1);
  assert.equal(rush.holds(behind), true, 'too soon after the last to tell');
  rush.tick(2 * limits.tickMs);
  assert.equal(rush.holds(behind), false);
});
