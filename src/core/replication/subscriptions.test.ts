import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Vector } from '../model/vector.js';
import { Subscriptions, type PeerView } from './subscriptions.js';

const peer = (server: number, origin: number, vector: Record<number, number>): PeerView => ({
  server,
  origin,
  vector: new Vector(Object.entries(vector).map(([key, seq]) => ({ origin: Number(key), seq }))),
});
const nothing = new Vector();
const OWN = 10;

test('[R5] an origin that a linked peer numbers is followed at that peer', () => {
  const subscriptions = new Subscriptions();
  const peers = [peer(2, 20, { 20: 5, 30: 9 }), peer(3, 30, { 20: 6, 30: 8 })];
  const { wanted } = subscriptions.settle(peers, nothing, OWN);
  assert.deepEqual(
    wanted,
    new Map([
      [2, [20]],
      [3, [30]],
    ]),
  );
});

test('[R6] when the source of an origin goes, another peer is asked, and the source again when it is back', () => {
  const subscriptions = new Subscriptions();
  const second = peer(2, 20, { 20: 5, 30: 7 });
  const third = peer(3, 30, { 20: 5, 30: 8 });
  subscriptions.settle([second, third], nothing, OWN);
  subscriptions.forget(3);
  assert.deepEqual(subscriptions.settle([second], nothing, OWN).wanted, new Map([[2, [30]]]));
  const back = subscriptions.settle([second, third], nothing, OWN);
  assert.deepEqual(back.wanted, new Map([[3, [30]]]));
  assert.deepEqual(back.unwanted, new Map([[2, [30]]]));
});

test('[R7] an origin that nobody linked numbers is followed at one peer, one that has the most of it', () => {
  const subscriptions = new Subscriptions();
  const peers = [peer(2, 20, { 40: 5 }), peer(3, 30, { 40: 9 })];
  const first = subscriptions.settle(peers, nothing, OWN);
  assert.deepEqual(first.wanted.get(3)?.sort(), [30, 40]);
  assert.deepEqual(first.wanted.get(2), [20]);
  const again = subscriptions.settle(peers, nothing, OWN);
  assert.equal(again.wanted.size + again.unwanted.size, 0);
});

test('[R7] a peer that has run dry is left for one that has more', () => {
  const subscriptions = new Subscriptions();
  const held = new Vector([{ origin: 40, seq: 5 }]);
  const first = subscriptions.settle([peer(2, 20, { 40: 5 }), peer(3, 30, {})], held, OWN);
  assert.deepEqual(first.wanted.get(2)?.sort(), [20, 40]);
  const changed = subscriptions.settle([peer(2, 20, { 40: 5 }), peer(3, 30, { 40: 8 })], held, OWN);
  assert.deepEqual(changed.wanted, new Map([[3, [40]]]));
  assert.deepEqual(changed.unwanted, new Map([[2, [40]]]));
});

test('a server never asks for its own present origin', () => {
  const subscriptions = new Subscriptions();
  const { wanted } = subscriptions.settle([peer(2, 20, { [OWN]: 5, 20: 1 })], nothing, OWN);
  assert.deepEqual(wanted, new Map([[2, [20]]]));
});
