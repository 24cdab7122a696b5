import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Vector } from '../model/vector.js';
import { PendingWrites, type PendingWrite } from './pending-writes.js';

const vector = (seq: number, origin = 1): Vector => new Vector([{ origin, seq }]);

const writeOf = (seq: number, stored: (copies: number) => void, sinceMs = 0, origin = 1): PendingWrite => ({
  origin,
  seq,
  sinceMs,
  stored,
});

test('[R10] a write is stored when it is durable here and on every server in sync, and says on how many', () => {
  const pending = new PendingWrites();
  const stored: [number, number][] = [];
  for (const seq of [1, 2, 3]) pending.add(writeOf(seq, (copies) => stored.push([seq, copies])));
  pending.advance({ own: vector(3), inSync: [vector(0), vector(2)], linked: [vector(0), vector(2)] });
  assert.deepEqual(stored, []);
  pending.advance({ own: vector(3), inSync: [vector(2), vector(2)], linked: [vector(2), vector(2)] });
  assert.deepEqual(stored, [
    [1, 3],
    [2, 3],
  ]);
  pending.advance({ own: vector(2), inSync: [], linked: [] });
  assert.equal(pending.size, 1);
});

test('[R11] a server that leaves the set is no longer waited for, and is counted only if it has the op', () => {
  const pending = new PendingWrites();
  const stored: number[] = [];
  pending.add(writeOf(5, (copies) => stored.push(copies)));
  const slow = vector(4);
  const quick = vector(5);
  pending.advance({ own: vector(5), inSync: [slow, quick], linked: [slow, quick] });
  assert.deepEqual(stored, []);
  pending.advance({ own: vector(5), inSync: [quick], linked: [slow, quick] });
  assert.deepEqual(stored, [2]);
});

test('[R12] a repeated send of another origin waits like a new one', () => {
  const pending = new PendingWrites();
  const stored: string[] = [];
  pending.add(writeOf(8, () => stored.push('own')));
  pending.add(writeOf(3, () => stored.push('other'), 0, 2));
  const own = new Vector([
    { origin: 1, seq: 8 },
    { origin: 2, seq: 3 },
  ]);
  pending.advance({ own, inSync: [vector(8)], linked: [vector(8)] });
  assert.deepEqual(stored, ['own']);
  pending.advance({ own, inSync: [own], linked: [own] });
  assert.deepEqual(stored, ['own', 'other']);
});

test('the oldest write that a server lacks tells how long it has kept the others waiting', () => {
  const pending = new PendingWrites();
  for (const seq of [1, 2, 3]) pending.add(writeOf(seq, () => undefined, seq * 100));
  assert.equal(pending.oldestLackedBy(vector(1)), 200);
  assert.equal(pending.oldestLackedBy(vector(3)), undefined);
});

test('a write may be added from within the callback of another', () => {
  const pending = new PendingWrites();
  const stored: number[] = [];
  const view = { own: vector(9), inSync: [], linked: [] };
  pending.add(writeOf(1, () => pending.add(writeOf(2, () => stored.push(2)))));
  pending.advance(view);
  pending.advance(view);
  assert.deepEqual(stored, [2]);
});
