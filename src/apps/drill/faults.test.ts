import assert from 'node:assert/strict';
import { test } from 'node:test';

import { describeFault, faultKinds, FaultPlan, linksOf, type Fault, type FaultKind } from './faults.js';

const EVERY_MS = 3_000;
const ids = [1, 2, 3];

function planned(
  seed: number,
  count: number,
  up: readonly number[] = ids,
  kinds: readonly FaultKind[] = faultKinds,
): (Fault | undefined)[] {
  const plan = new FaultPlan(seed, kinds, ids, EVERY_MS);
  return Array.from({ length: count }, () => plan.next(up));
}

test('a seed gives the same faults each time, another gives others', () => {
  assert.deepEqual(planned(1, 50), planned(1, 50));
  assert.notDeepEqual(planned(1, 50), planned(2, 50));
});

test('all kinds come, servers one and several at a time, links all, those of one server, one, and one way', () => {
  const texts = new Set(planned(3, 1000).map((fault) => describeFault(fault!).replaceAll(/[123]/g, 'n')));
  assert.deepEqual([...texts].toSorted(), [
    'link n-n cut',
    'link n-n cut and server n frozen',
    'link n-n cut and server n killed',
    'link n>n cut',
    'link n>n cut and server n frozen',
    'link n>n cut and server n killed',
    'links n-n, n-n cut',
    'links n-n, n-n cut and server n frozen',
    'links n-n, n-n cut and server n killed',
    'links n-n, n-n, n-n cut',
    'links n-n, n-n, n-n cut and server n frozen',
    'links n-n, n-n, n-n cut and server n killed',
    'server n frozen',
    'server n killed',
    'servers n, n killed',
  ]);
});

test('every fault is over before the next, and leaves a server that is up', () => {
  for (const up of [[1, 2, 3], [2, 3], [3]]) {
    for (const fault of planned(4, 300, up)) {
      if (fault === undefined) continue;
      assert.ok(fault.lastsMs >= 0 && fault.lastsMs < EVERY_MS);
      const servers = fault.kind === 'split' ? (fault.within?.fault.servers ?? []) : fault.servers;
      assert.ok(servers.every((id) => up.includes(id)));
      assert.ok(servers.length < up.length);
      if (fault.kind === 'split') assert.ok((fault.within?.afterMs ?? 0) <= fault.lastsMs);
    }
  }
});

test('only the kinds that were asked for come, and none where there is one server', () => {
  assert.ok(planned(5, 50, ids, ['freeze']).every((fault) => fault?.kind === 'freeze'));
  assert.equal(new FaultPlan(1, faultKinds, [1], EVERY_MS).next([1]), undefined);
});

test('every two servers have a link', () => {
  assert.deepEqual(
    linksOf([1, 3, 7]).map(({ from, to }) => `${from}-${to}`),
    ['1-3', '1-7', '3-7'],
  );
});
