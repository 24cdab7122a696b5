import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SearchTurns } from './search-turns.js';

const nothing = { found: [], more: false };
let nowMs = 0;
const makeTurns = () => new SearchTurns(() => nowMs);

/** A search of so many pieces, each of which takes so long. */
function* search(pieces: number, pieceMs: number): Generator<undefined, typeof nothing> {
  for (let piece = 1; piece <= pieces; piece += 1) {
    nowMs += pieceMs;
    if (piece < pieces) yield;
  }
  return nothing;
}

/** The ids in the order in which they are answered. */
function answered(turns: SearchTurns): number[] {
  const ids: number[] = [];
  while (turns.size > 0) {
    const answer = turns.step();
    if (answer !== undefined) ids.push(answer.id);
  }
  return ids;
}

test('a quick search is answered before long ones that were asked for earlier, however many they are', () => {
  const turns = makeTurns();
  for (let id = 1; id <= 20; id += 1) turns.add({ id, account: 'anna', pieces: search(5, 100) });
  turns.step();
  turns.add({ id: 21, account: 'ben', pieces: search(5, 1) });
  assert.equal(answered(turns)[0], 21);
});

test('searches of one account are answered in their order', () => {
  const turns = makeTurns();
  for (let id = 1; id <= 3; id += 1) turns.add({ id, account: 'anna', pieces: search(3, 1) });
  assert.deepEqual(answered(turns), [1, 2, 3]);
});

test('a search that was given up costs nothing more, and leaves what its account has had', () => {
  const turns = makeTurns();
  turns.add({ id: 1, account: 'anna', pieces: search(9, 100) });
  turns.add({ id: 2, account: 'ben', pieces: search(2, 1) });
  turns.step();
  turns.giveUp(1);
  turns.giveUp(7);
  turns.add({ id: 3, account: 'anna', pieces: search(1, 1) });
  assert.deepEqual(answered(turns), [2, 3]);
});
