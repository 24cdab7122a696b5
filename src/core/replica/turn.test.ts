import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Turn } from './turn.js';

test('a turn ends with its event, once, whatever the event sets off', () => {
  const turn = new Turn();
  const seen: string[] = [];
  turn.atEnd(() => seen.push('end'));
  turn.run(() => turn.run(() => seen.push('inner')));
  turn.event((what: string) => seen.push(what))('event');
  assert.deepEqual(seen, ['inner', 'end', 'event', 'end']);
});

test('a turn ends once for all events that were handed over together', () => {
  const ends: (() => void)[] = [];
  const turn = new Turn((end) => ends.push(end));
  const seen: string[] = [];
  turn.atEnd(() => seen.push('end'));
  turn.run(() => seen.push('first'));
  turn.run(() => seen.push('second'));
  assert.equal(ends.length, 1);
  ends[0]!();
  assert.deepEqual(seen, ['first', 'second', 'end']);
  turn.run(() => seen.push('third'));
  assert.equal(ends.length, 2);
});

test('a turn that was ended at once does not end again', () => {
  const ends: (() => void)[] = [];
  const turn = new Turn((end) => ends.push(end));
  const seen: string[] = [];
  turn.atEnd(() => seen.push('end'));
  turn.run(() => seen.push('last'));
  turn.end();
  ends[0]!();
  assert.deepEqual(seen, ['last', 'end']);
});
