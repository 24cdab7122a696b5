import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import { Vector } from '../model/vector.js';
import { placeOf, add, remove, membersOf, chatting, untilLeft, reportsOf } from './members.testing.js';
import { StubbornPeer } from './stubborn-peer.testing.js';
import { World } from './world.testing.js';

test('[R63] nobody waits for a removed server, which moves its clients, hands over and stops', () => {
  for (let seed = 1; seed <= 5; seed += 1) {
    const { world, alice, bob } = chatting([1, 2, 3], seed);
    alice.at(3).resume();
    alice.send('bob', 'before');
    const answer = remove(world, 1, 3);
    assert.equal(answer.state, 'done');
    untilLeft(world, 3);
    assert.equal(world.server(3).left, 'handedOver');
    assert.equal(reportsOf(world, 3, 'Linked to a server.').length, 2, 'over the links that it had');
    alice.at(1).resume();
    const startMs = world.timeline.nowMs;
    assert.deepEqual(alice.send('bob', 'after').storedOn, { copies: 2, members: 2 });
    assert.ok(world.timeline.nowMs - startMs < limits.suspectAfterMs);
    world.until('bob has all', () => bob.texts.length === 2);
    assert.deepEqual(bob.texts, ['before', 'after']);
    for (const id of [1, 2]) assert.deepEqual(membersOf(world, id), [1, 2]);
    assert.deepEqual(world.errors, []);
  }
});

test('[R63] a server can be told of its own removal', () => {
  const { world } = chatting();
  assert.equal(remove(world, 3, 3).state, 'done');
  untilLeft(world, 3);
  assert.deepEqual(membersOf(world, 1), [1, 2]);
});

test('[R64] a server that was removed while it was down hands over what only it holds when it starts, and stops', () => {
  for (let seed = 1; seed <= 5; seed += 1) {
    const { world, alice, bob } = chatting([1, 2, 3], seed);
    world.split([3], [1, 2]);
    world.advance(2 * limits.suspectAfterMs);
    alice.at(3).resume();
    assert.deepEqual(alice.send('bob', 'only on 3').storedOn, { copies: 1, members: 3 });
    world.server(3).crash();
    world.heal();
    remove(world, 1, 3);
    world.server(3).start();
    untilLeft(world, 3);
    assert.equal(world.server(3).left, 'handedOver');
    assert.equal(reportsOf(world, 3, 'Open for clients.').length, 1, 'it did not open again');
    world.until('bob has it', () => bob.texts.length === 1);
    assert.deepEqual(membersOf(world, 1), [1, 2]);
    // It knows by itself now, also where it finds nobody.
    world.split([3], [1, 2]);
    world.server(3).start();
    untilLeft(world, 3);
    assert.equal(world.server(3).left, 'notHandedOver');
    assert.equal(reportsOf(world, 3, 'Open for clients.').length, 1);
  }
});

test('[R64] servers that were removed together hand over to members, not to each other', () => {
  const { world, alice, bob } = chatting([1, 2, 3, 4]);
  world.split([1, 2], [3, 4]);
  world.advance(2 * limits.suspectAfterMs);
  alice.at(3).resume();
  assert.deepEqual(alice.send('bob', 'on 3 and 4').storedOn, { copies: 2, members: 4 });
  for (const id of [3, 4]) remove(world, 1, id);
  world.heal();
  for (const id of [3, 4]) untilLeft(world, id);
  assert.deepEqual([world.server(3).left, world.server(4).left], ['handedOver', 'handedOver']);
  world.until('bob has it', () => bob.texts.length === 1);

  world.split([1, 2], [3, 4]);
  for (const id of [3, 4]) world.server(id).start();
  for (const id of [3, 4]) untilLeft(world, id);
  assert.deepEqual([world.server(3).left, world.server(4).left], ['notHandedOver', 'notHandedOver']);
});

test('[R64] a removed server that does not go by itself is let go once it knows and has handed over, and is told why', () => {
  const world = new World();
  world.start(1, 2);
  const peer = new StubbornPeer(world.network.host('old'), { id: 3, key: world.server(1).groupKey, group: 'made' });
  peer.dial(world.addressOf(1));
  world.until('it is waited for', () => world.server(1).peer(3)?.inSync === true);
  assert.equal(remove(world, 2, 3).state, 'done');
  const removedMs = world.timeline.nowMs;
  assert.deepEqual(membersOf(world, 1), [1, 2]);
  world.until('it is let go', () => !peer.isLinked);
  assert.equal(peer.closedWith, 'MEMBER_REMOVED');
  assert.ok(world.timeline.nowMs - removedMs > limits.dismissAfterMs);
  assert.ok(peer.held.coversAll(new Vector(world.server(1).status.vector)));
});

test('[R64] a removed server whose disk hangs goes when it answers again', () => {
  const { world } = chatting();
  world.server(3).hangDisk();
  remove(world, 1, 3);
  world.advance(limits.handOverMs / 2);
  assert.equal(world.server(3).isRunning, true);
  assert.deepEqual(membersOf(world, 1), [1, 2]);
  world.server(3).resumeDisk();
  untilLeft(world, 3);
});

test('[R65] a server that is added again while it hands over stays, and serves again', () => {
  const { world, alice } = chatting();
  alice.at(3).resume();
  world.server(1).hangDisk();
  world.server(2).removeMember(3, () => undefined);
  world.until('its clients are sent away', () => alice.client.isToMoveOn);
  alice.at(2).resume();
  world.until('it hands over', () => world.server(3).status.state === 'leaving');
  world.server(2).addMember({ server: 3, ...placeOf(3), move: false }, () => undefined);
  world.until('it serves again', () => world.server(3).status.state === 'open');
  world.server(1).resumeDisk();
  world.untilInSync();
  alice.at(3).resume();
  assert.deepEqual(alice.send('bob', 'hello').storedOn, { copies: 3, members: 3 });
});

for (const disk of ['old', 'empty'] as const) {
  test(`[R65] a removed server may be added again, with its ${disk} disk`, () => {
    const { world, alice, bob } = chatting();
    alice.send('bob', 'first');
    remove(world, 1, 3);
    untilLeft(world, 3);
    alice.send('bob', 'second');
    if (disk === 'empty') world.server(3).replaceDisk();
    assert.equal(add(world, 2, 3).state, 'done');
    world.start(3);
    world.untilInSync();
    alice.at(3).resume();
    assert.deepEqual(alice.send('bob', 'third').storedOn, { copies: 3, members: 3 });
    world.until('bob has all', () => bob.texts.length === 3);
    world.untilConverged();
  });
}

test('[R65] a dead server is replaced by one of the same id with an empty disk, while people write', () => {
  for (let seed = 1; seed <= 5; seed += 1) {
    const { world, alice, bob } = chatting([1, 2, 3], seed);
    alice.send('bob', 'first');
    world.server(3).crash();
    world.server(3).replaceDisk();
    alice.send('bob', 'second');
    world.server(3).start();
    const texts = Array.from({ length: 10 }, (_, index) => `message ${index}`);
    for (const text of texts) alice.send('bob', text);
    world.untilInSync();
    world.untilConverged();
    bob.at(3).resume();
    bob.receive();
    assert.deepEqual(bob.texts, ['first', 'second', ...texts]);
  }
});
