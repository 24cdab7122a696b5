import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Outages } from './outages.js';

const serverByClient = new Map([
  ['alice', 1],
  ['bob', 2],
]);

test('an outage lasts to the first acknowledgement of what was sent after the fault', () => {
  const outages = new Outages();
  outages.begin({ kind: 'crash', servers: [1], lastsMs: 0 }, serverByClient, 100);
  outages.acked('alice', 99, 101);
  outages.acked('alice', 105, 130);
  outages.acked('alice', 110, 140);
  outages.acked('bob', 100, 103);
  assert.deepEqual(outages.all, [
    { kind: 'crash', served: 'own', ms: 30 },
    { kind: 'crash', served: 'other', ms: 3 },
  ]);
});

test('an outage goes on through the next fault, and has no end where none came', () => {
  const outages = new Outages();
  outages.begin({ kind: 'freeze', servers: [2], lastsMs: 0 }, serverByClient, 100);
  outages.begin({ kind: 'split', cuts: [{ from: 1, to: 3, direction: 'both' }], lastsMs: 0 }, serverByClient, 200);
  outages.acked('alice', 150, 250);
  assert.deepEqual(outages.all, [
    { kind: 'freeze', served: 'other', ms: 150 },
    { kind: 'split', served: 'own', ms: undefined },
    { kind: 'freeze', served: 'own', ms: undefined },
    { kind: 'split', served: 'other', ms: undefined },
  ]);
});
