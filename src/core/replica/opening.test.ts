import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import { World } from './world.testing.js';

/** A world of three in sync in which alice has sent bob so many messages. */
function worldWithMessages(seed: number, messages: number): World {
  const world = new World({ seed });
  world.startInSync();
  const [alice, bob] = ['alice', 'bob'].map((name) => world.person(name).at(1));
  alice!.create();
  bob!.create();
  alice!.login();
  for (let index = 0; index < messages; index += 1) alice!.send('bob', `message ${index}`);
  return world;
}

test('[R13] a server alone opens after the grace period, and not before', () => {
  const world = new World();
  world.server(1).start();
  world.advance(limits.joinGraceMs - limits.tickMs);
  assert.equal(world.server(1).isOpen, false);
  const client = world.client();
  client.connect(world.addressOf(1));
  world.until('the client is sent away', () => !client.isConnected);
  assert.equal(client.closedWith, 'STARTING');
  world.until('it is open', () => world.server(1).isOpen, 4 * limits.tickMs);
});

test('[R13] servers that reach each other open without waiting for the grace period to end', () => {
  const world = new World();
  world.start();
  assert.ok(world.timeline.nowMs < limits.joinGraceMs);
});

test('[R13] a server with an empty disk has everything when it opens', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const world = worldWithMessages(seed, 30);
    const [joining, other] = seed % 2 === 0 ? [1, 2] : [3, 2];
    world.server(joining).crash();
    world.server(joining).replaceDisk();
    const { vector } = world.server(other).status;
    world.start(joining);
    assert.deepEqual(world.server(joining).status.vector, vector, `seed ${seed}`);
  }
});

test('[R13] a server that was away has everything when it opens, also what only one other has', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const world = worldWithMessages(seed, 10);
    world.server(3).crash();
    world.server(2).crash();
    world.advance(100);
    const carol = world.person('carol').at(1);
    carol.create();
    world.server(2).start();
    world.start(3);
    assert.deepEqual(world.server(3).status.vector, world.server(1).status.vector, `seed ${seed}`);
  }
});

test('[R13] a server that hears of the others within the grace period, but cannot catch up, stays shut', () => {
  const world = worldWithMessages(1, 10);
  world.server(3).crash();
  world.server(3).replaceDisk();
  world.server(3).start();
  world.server(3).hangDisk();
  world.advance(10 * limits.joinGraceMs);
  assert.equal(world.server(3).isOpen, false);
  world.server(3).resumeDisk();
  world.until('it is open', () => world.server(3).isOpen);
});

test('a server whose view database is lost, or behind, builds it from the log and has the same state', () => {
  const world = worldWithMessages(1, 30);
  world.untilConverged();
  const { stateHash, vector } = world.server(1).status;
  world.server(3).crash();
  world.server(3).loseView();
  world.start(3);
  world.until('the view has caught up', () => world.server(3).status.viewLagOps === 0);
  assert.equal(world.server(3).status.stateHash, stateHash);
  assert.deepEqual(world.server(3).status.vector, vector);
  const bob = world.person('bob').at(3);
  bob.login();
  bob.receive();
  assert.deepEqual(
    bob.texts,
    Array.from({ length: 30 }, (_, index) => `message ${index}`),
  );
});
