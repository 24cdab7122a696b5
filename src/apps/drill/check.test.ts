import assert from 'node:assert/strict';
import { test } from 'node:test';

import { check, messagesOf, type PairRecord } from './check.js';

/** Four messages, all acknowledged and shown in order, and three servers that hold them. */
const whole: PairRecord = {
  sender: 'alice',
  reader: 'bob',
  sent: 4,
  acked: new Set([1, 2, 3, 4]),
  seen: shown(1, 2, 3, 4),
  storedByServer: new Map([1, 2, 3].map((server) => [server, [1, 2, 3, 4]])),
};

function shown(...numbers: number[]) {
  return numbers.map((number) => ({ number, late: false }));
}

function stored(...numbers: number[]): ReadonlyMap<number, readonly number[]> {
  return new Map([[2, numbers]]);
}

/** Every finding as `kind number place`. */
function findingsOf(change: Partial<PairRecord>): string[] {
  const { findings } = check([{ ...whole, ...change }]);
  for (const { sender, reader } of findings) assert.deepEqual([sender, reader], ['alice', 'bob']);
  return findings.map(({ kind, number, place }) => `${kind} ${number} ${place}`);
}

test('where nothing is wrong nothing is found', () => {
  assert.deepEqual(check([whole]), { acked: 4, seen: 4, late: 0, findings: [] });
});

test('an acknowledged message that the reader was not shown is lost', () => {
  assert.deepEqual(findingsOf({ seen: shown(1, 2, 4) }), ['lost 3 stream']);
});

test('an acknowledged message that one server does not hold is lost', () => {
  assert.deepEqual(findingsOf({ storedByServer: stored(1, 2, 3) }), ['lost 4 2']);
});

test('a message that was never acknowledged may be missing, and may be there', () => {
  assert.deepEqual(findingsOf({ acked: new Set([1, 2, 3]) }), []);
  assert.deepEqual(findingsOf({ acked: new Set([1, 2]), seen: shown(1, 2), storedByServer: stored(1, 2, 3) }), []);
});

test('a message that is shown or stored twice is duplicated', () => {
  assert.deepEqual(findingsOf({ seen: shown(1, 2, 3, 4, 4) }), ['duplicated 4 stream']);
  assert.deepEqual(findingsOf({ storedByServer: stored(1, 2, 2, 3, 4) }), ['duplicated 2 2']);
});

test('a message that came after a later one is out of order, unless it is marked late', () => {
  assert.deepEqual(findingsOf({ seen: shown(1, 3, 4, 2) }), ['outOfOrder 2 stream']);
  const marked = [...shown(1, 3, 4), { number: 2, late: true }];
  assert.deepEqual(findingsOf({ seen: marked }), []);
  assert.equal(check([{ ...whole, seen: marked }]).late, 1);
});

test('after a late message the others still have to come in order', () => {
  const seen = [...shown(1, 4), { number: 2, late: true }, ...shown(3)];
  assert.deepEqual(findingsOf({ seen }), ['outOfOrder 3 stream']);
});

test('a message that stands behind a later one in a history is misplaced, late or not', () => {
  const seen = [...shown(1, 3, 4), { number: 2, late: true }];
  assert.deepEqual(findingsOf({ seen, storedByServer: stored(1, 3, 4, 2) }), ['misplaced 2 2']);
});

test('a message that nobody sent is told', () => {
  assert.deepEqual(findingsOf({ seen: shown(1, 2, 3, 4, 5) }), ['neverSent 5 stream']);
  assert.deepEqual(findingsOf({ storedByServer: stored(1, 2, 3, 4, Number.NaN) }), ['neverSent NaN 2']);
});

test('a message counts once, in however many places it is missing', () => {
  const { findings } = check([{ ...whole, seen: shown(1, 2, 3), storedByServer: stored(1, 2) }]);
  assert.equal(messagesOf(findings, 'lost'), 2);
  assert.equal(messagesOf(findings, 'duplicated'), 0);
});
