import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Address } from '../ports/network.js';
import { Rotation } from './rotation.js';
import { SeededRandom } from '../../sim/seeded-random.js';

const address = (port: number): Address => ({ host: 'host', port });
const ascending = (one: number, other: number) => one - other;
const three = [address(1), address(2), address(3)];

function round(rotation: Rotation): number[] {
  const ports: number[] = [];
  for (let next = rotation.next(); next !== undefined; next = rotation.next()) ports.push(next.port);
  return ports;
}

test('[C1] a round has every server once, in an order that differs between clients', () => {
  const orders = Array.from({ length: 50 }, (_, seed) => round(new Rotation(new SeededRandom(seed), three, false)));
  for (const order of orders) assert.deepEqual(order.toSorted(ascending), [1, 2, 3]);
  assert.equal(new Set(orders.map(String)).size, 6);
});

test('[C2] each round has every server again, and the one that was lost last comes last', () => {
  const rotation = new Rotation(new SeededRandom(1), three, false);
  round(rotation);
  for (const last of three) {
    rotation.begin(last);
    const order = round(rotation);
    assert.deepEqual(order.toSorted(ascending), [1, 2, 3]);
    assert.equal(order.at(-1), last.port);
  }
});

test('[C4] what servers tell is added to the config, and replaced by what they tell next', () => {
  const rotation = new Rotation(new SeededRandom(1), three, false);
  rotation.learn([address(3), address(4)]);
  rotation.begin();
  assert.deepEqual(round(rotation).toSorted(ascending), [1, 2, 3, 4]);
  rotation.learn([address(5)]);
  rotation.begin();
  assert.deepEqual(round(rotation).toSorted(ascending), [1, 2, 3, 5]);
});

test('[C4] a pinned client uses its config alone', () => {
  const rotation = new Rotation(new SeededRandom(1), [address(1)], true);
  rotation.learn([address(2)]);
  rotation.begin();
  assert.deepEqual(round(rotation), [1]);
});

test('[C87] what was kept is in the first round, until servers tell, and is nothing to a pinned client', () => {
  const rotation = new Rotation(new SeededRandom(1), three, false, [address(3), address(4)]);
  assert.deepEqual(round(rotation).toSorted(ascending), [1, 2, 3, 4]);
  rotation.learn([address(5)]);
  rotation.begin();
  assert.deepEqual(round(rotation).toSorted(ascending), [1, 2, 3, 5]);
  assert.deepEqual(round(new Rotation(new SeededRandom(1), [address(1)], true, [address(4)])), [1]);
});
