import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import type { Person } from './person.testing.js';
import { World, type WorldOptions } from './world.testing.js';

/** A world in sync where alice, on server 1, and bob are known and alice is logged in. */
function worldOfTwo(options: WorldOptions): { readonly world: World; readonly alice: Person; readonly bob: Person } {
  const world = new World(options);
  world.startInSync();
  const alice = world.person('alice').at(1);
  alice.create();
  alice.login();
  const bob = world.person('bob').at(2);
  bob.create();
  return { world, alice, bob };
}

/** Each server has noticed the split. */
function apart(world: World, ...groups: readonly (readonly number[])[]): void {
  world.split(...groups);
  world.advance(limits.suspectAfterMs + 2 * limits.peerHeartbeatMs);
}

function opsOf(world: World, server: number): number {
  return world.server(server).status.ops;
}

test('[R50] where fewer servers can be reached than copies are required, nothing is written and all is refused', () => {
  const { world, alice } = worldOfTwo({ minCopies: 2 });
  apart(world, [1], [2, 3]);
  const before = opsOf(world, 1);
  const carol = world.person('carol').at(1);
  const requests = [
    alice.client.request('Send', alice.sending('bob', 'too few')),
    alice.client.request('DeleteAccount', {}),
    carol.client.request('CreateAccount', carol.creation()),
    world.person('bob').at(1).client.request('Login', world.person('bob').loginRequest()),
  ];
  world.until('all have an answer', () => requests.every((reply) => reply.isThere));
  for (const { failed, mayHaveHappened } of requests) {
    assert.deepEqual({ failed, mayHaveHappened }, { failed: 'NOT_ENOUGH_COPIES', mayHaveHappened: false });
  }
  assert.equal(opsOf(world, 1), before);
  // On the other side there are enough.
  assert.equal(alice.at(2).askInVain('Send', alice.sending('bob', 'not logged in here')), 'NOT_LOGGED_IN');
  alice.resume();
  assert.deepEqual(alice.send('bob', 'enough').storedOn, { copies: 2, members: 3 });
  world.heal();
  world.untilInSync();
  assert.deepEqual(alice.at(1).client.isConnected, true);
  alice.resume();
  assert.equal(alice.send('bob', 'again').storedOn.copies, 3);
});

test('[R51] reading goes on where nothing is written, and nobody is kept from marking what they read or from leaving', () => {
  const { world, alice, bob } = worldOfTwo({ minCopies: 3 });
  alice.send('bob', 'before');
  bob.login();
  apart(world, [2], [1, 3]);
  bob.receive();
  assert.deepEqual(bob.texts, ['before']);
  assert.deepEqual(bob.history('alice'), ['before']);
  bob.ask('MarkDelivered', { cursor: bob.cursor.entries() });
  // A session goes on elsewhere: that is no new one.
  bob.at(2).resume();
  bob.ask('LogOff', {});
  world.heal();
  world.untilInSync();
  world.untilConverged();
  const { waiting } = bob.at(3).login();
  assert.deepEqual(waiting, []);
});

test('[R52] what too few servers hold in the end is refused though it may have happened, and acknowledged once enough do', () => {
  for (const minCopies of [2, 3]) {
    const { world, alice } = worldOfTwo({ minCopies });
    for (const id of [2, 3]) world.server(id).hangDisk();
    const request = alice.sending('bob', 'half way');
    const sent = alice.client.request('Send', request);
    world.until('it left', () => opsOf(world, 1) > opsOf(world, 2));
    for (const id of [2, 3]) world.server(id).crash();
    world.until('an answer', () => sent.isThere);
    assert.deepEqual([sent.failed, sent.mayHaveHappened], ['NOT_ENOUGH_COPIES', true]);
    // As long as there are too few, nobody is told that it is stored; the first op stands for it in the end.
    assert.equal(alice.askInVain('Send', request), 'NOT_ENOUGH_COPIES');
    const ops = opsOf(world, 1);
    for (let id = 2; id <= minCopies; id += 1) world.start(id);
    world.untilInSync();
    const answer = alice.ask('Send', request);
    assert.equal(answer.storedOn.copies, minCopies);
    assert.equal(opsOf(world, 1), ops, 'it was not written twice');
    assert.deepEqual(alice.history('bob'), ['half way']);
  }
});

test('[R52] a deletion of which there are too few copies ends the session where it is stored, and its client is told so', () => {
  const { world, alice } = worldOfTwo({ minCopies: 2 });
  for (const id of [2, 3]) world.server(id).hangDisk();
  const deletion = alice.client.request('DeleteAccount', {});
  world.until('it left', () => opsOf(world, 1) > opsOf(world, 2));
  for (const id of [2, 3]) world.server(id).crash();
  world.until('an answer', () => deletion.isThere);
  assert.deepEqual([deletion.failed, deletion.mayHaveHappened], ['NOT_ENOUGH_COPIES', true]);
  world.until('an end', () => alice.client.sessionEnded !== undefined);
  assert.equal(alice.client.sessionEnded, 'ACCOUNT_DELETED');
});

test('[W57] who deletes an account is not told by a push that its session has ended', () => {
  const { world, alice } = worldOfTwo({});
  alice.ask('DeleteAccount', {});
  world.untilInSync();
  assert.equal(alice.client.sessionEnded, undefined);
  assert.equal(alice.askInVain('Send', alice.sending('bob', 'from nobody')), 'NOT_LOGGED_IN');
});

test('[R53] what is reserved by fewer servers than copies are required is not written', () => {
  // The link to server 2 breaks while it is asked, or after it has granted; when server 3 answers, the link is there again.
  for (const hasGranted of [false, true]) {
    const { world } = worldOfTwo({ minCopies: 3 });
    const carol = world.person('carol').at(1);
    if (!hasGranted) world.server(2).freeze();
    world.server(3).freeze();
    const created = carol.client.request('CreateAccount', carol.creation());
    world.advance(50);
    world.network.breakConnections('server-1', 'server-2');
    world.until('the link is broken', () => world.server(1).peer(2) === undefined);
    world.server(2).thaw();
    world.until('server 2 is back', () => world.server(1).peer(2)?.inSync === true);
    const ops = opsOf(world, 1);
    world.server(3).thaw();
    world.until('an answer', () => created.isThere);
    assert.equal(world.server(1).peer(3)?.inSync, true, 'there would be copies enough');
    assert.deepEqual([created.outcome, opsOf(world, 1)], ['NOT_ENOUGH_COPIES', ops]);
    assert.equal(carol.create().storedOn.copies, 3);
  }
});

test('[R54] a send that is refused for want of copies is not overtaken by what its client sent after it', () => {
  const { world, alice } = worldOfTwo({ minCopies: 2 });
  apart(world, [1], [2, 3]);
  const requests = ['one', 'two', 'three'].map((text) => alice.sending('bob', text));
  const [one, two, three] = requests;
  assert.equal(alice.askInVain('Send', one!), 'NOT_ENOUGH_COPIES');
  world.heal();
  world.untilInSync();
  assert.equal(alice.askInVain('Send', two!), 'NOT_ENOUGH_COPIES');
  const replies = [one, two].map((request) => alice.client.request('Send', request!));
  world.until('all have an answer', () => replies.every((reply) => reply.isThere));
  assert.deepEqual(
    replies.map(({ outcome }) => outcome),
    ['done', 'done'],
  );
  alice.ask('Send', three!);
  assert.deepEqual(alice.history('bob'), ['one', 'two', 'three']);
  // On another connection nothing of that is known.
  apart(world, [1], [2, 3]);
  assert.equal(alice.askInVain('Send', alice.sending('bob', 'given up')), 'NOT_ENOUGH_COPIES');
  alice.at(2).resume();
  alice.send('bob', 'four');
});

test('[R55] servers that require different numbers of copies tell their operators, and each keeps to its own', () => {
  const world = new World({ minCopies: 2 });
  world.server(2).config = { ...world.config, minCopies: 1 };
  world.startInSync();
  const tolds = world.servers.map(({ reports }) => reports.filter(({ facts }) => 'theirMinCopies' in facts));
  const facts = tolds.map((told) => told.map((report) => [report.level, report.facts['server']]));
  assert.deepEqual(facts, [
    [['warning', 2]],
    [
      ['warning', 1],
      ['warning', 3],
    ],
    [['warning', 2]],
  ]);
  assert.deepEqual(
    world.servers.map(({ status }) => status.minCopies),
    [2, 1, 2],
  );
  apart(world, [1], [2], [3]);
  assert.equal(world.person('alice').at(2).create().storedOn.copies, 1);
  const bob = world.person('bob').at(1);
  assert.equal(bob.askInVain('CreateAccount', bob.creation()), 'NOT_ENOUGH_COPIES');
});
