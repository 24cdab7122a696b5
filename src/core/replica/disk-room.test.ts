import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import type { Person } from './person.testing.js';
import type { Reply } from './wire-client.testing.js';
import { World } from './world.testing.js';

/** Room for a few ops more, and far below the reserve. */
const LITTLE_BYTES = 1024 * 1024;

const isFull = (world: World, id: number): boolean => world.server(id).status.disk?.full === true;

function fill(world: World, ...ids: number[]): void {
  for (const id of ids) world.server(id).disk.fill(LITTLE_BYTES);
  world.until('they notice', () => ids.every((id) => isFull(world, id)));
}

function makeRoom(world: World, ...ids: number[]): void {
  for (const id of ids) world.server(id).disk.makeRoom();
  world.until('they notice', () => !ids.some((id) => isFull(world, id)));
}

/** Three servers in sync; alice and bob are logged in at server 1, and alice has sent bob a message. */
function setting(seed: number): { readonly world: World; readonly alice: Person; readonly bob: Person } {
  const world = new World({ seed });
  world.startInSync();
  const alice = world.person('alice').at(1);
  const bob = world.person('bob').at(1);
  for (const person of [alice, bob]) {
    person.create();
    person.login();
  }
  alice.send('bob', 'before');
  return { world, alice, bob };
}

test('[S22] a server with a full disk takes no ops and nobody waits for it; with room again it fetches what it lacks', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const { world, alice } = setting(seed);
    const bytes = world.server(3).disk.size('00000001.log');
    fill(world, 3);
    world.until('nobody waits for it', () => [1, 2].every((id) => world.server(id).peer(3)?.inSync === false));
    const fromMs = world.timeline.nowMs;
    for (let index = 0; index < 20; index += 1) {
      assert.deepEqual(alice.send('bob', `message ${index}`).storedOn, { copies: 2, members: 3 });
    }
    assert.ok(world.timeline.nowMs - fromMs < limits.suspectAfterMs, 'no write waited for it');
    assert.equal(world.server(3).disk.size('00000001.log'), bytes);
    makeRoom(world, 3);
    world.untilInSync();
    world.untilConverged();
    assert.deepEqual(alice.send('bob', 'after').storedOn, { copies: 3, members: 3 });
    assert.ok(world.server(3).isRunning);
    // Whoever has only warnings and errors shown has to see the end of it, too.
    const told = world.server(3).reports.filter(({ text }) => text.startsWith('The disk '));
    assert.deepEqual(
      told.map(({ level, text }) => `${level}: ${text}`),
      ['error: The disk is full: nothing more is stored.', 'warning: The disk has room again.'],
    );
  }
});

test('[S22] a server that is started with a full disk knows it before it can be given anything', () => {
  const { world, alice } = setting(1);
  world.server(3).crash();
  world.server(3).disk.fill(LITTLE_BYTES);
  world.server(3).start();
  assert.ok(isFull(world, 3));
  const bytes = world.server(3).disk.size('00000001.log');
  assert.deepEqual(alice.send('bob', 'to the others').storedOn, { copies: 2, members: 3 });
  assert.equal(world.server(3).disk.size('00000001.log'), bytes);
});

test('[S22] a disk that fills up and empties again and again, under load, loses nothing and breaks no link', () => {
  const { world, alice, bob } = setting(3);
  bob.receive();
  const replies: Reply<'Send'>[] = [];
  for (let round = 0; round < 6; round += 1) {
    if (round % 2 === 0) world.server(2).disk.fill(LITTLE_BYTES);
    else world.server(2).disk.makeRoom();
    for (let index = 0; index < 40; index += 1) {
      replies.push(alice.client.request('Send', alice.sending('bob', `${round} ${index}`)));
      world.advance(limits.diskSpaceCheckMs / 40);
    }
  }
  world.until('all are answered', () => replies.every((reply) => reply.isThere));
  assert.deepEqual(new Set(replies.map(({ outcome }) => outcome)), new Set(['done']));
  world.server(2).disk.makeRoom();
  world.untilInSync();
  world.untilConverged();
  assert.equal(bob.texts.length, 1 + replies.length);
  const broken = world.servers.flatMap(({ reports }) => reports.filter(({ text }) => text.includes('broke')));
  assert.deepEqual(broken, []);
});

test('[S23] whoever has a session at a server with a full disk is sent to one with room, and served there', () => {
  const { world, alice, bob } = setting(1);
  fill(world, 1);
  world.until('they are sent away', () => !alice.client.isConnected && !bob.client.isConnected);
  assert.equal(alice.client.closedWith, 'DISK_FULL');
  alice.at(1);
  assert.equal(alice.askInVain('Resume', alice.resumption()), 'DISK_FULL');
  assert.equal(world.person('carol').at(1).askInVain('Login', alice.loginRequest()), 'DISK_FULL');
  assert.equal(world.client().connect(world.addressOf(1)).failed, undefined);
  alice.at(2).resume();
  bob.at(3).resume();
  bob.receive();
  alice.send('bob', 'through another');
  world.until('bob has it', () => bob.texts.at(-1) === 'through another');
});

test('[S23] where no server has room all go on serving what needs none, and refuse the rest for now', () => {
  const { world, alice, bob } = setting(1);
  fill(world, 1, 2, 3);
  world.advance(1_000);
  assert.ok(alice.client.isConnected);
  assert.equal(alice.askInVain('Send', alice.sending('bob', 'no room')), 'DISK_FULL');
  assert.equal(world.person('carol').at(1).askInVain('CreateAccount', world.person('carol').creation()), 'DISK_FULL');
  assert.equal(alice.client.isConnected, true);
  assert.deepEqual(alice.history('bob'), ['before']);
  bob.receive();
  assert.deepEqual(bob.texts, ['before']);
  alice.at(2).resume();
  makeRoom(world, 3);
  world.until('alice is sent away', () => !alice.client.isConnected);
  alice.at(3).resume();
  assert.deepEqual(alice.send('bob', 'room').storedOn, { copies: 1, members: 3 });
});

test('[S23] a send that was stored before is answered also where there is no room', () => {
  const { world, alice } = setting(1);
  const sending = alice.sending('bob', 'once');
  const { id } = alice.ask('Send', sending);
  fill(world, 1, 2, 3);
  assert.deepEqual(alice.ask('Send', sending).id, id);
});

test('[S24] a start on a full disk serves what it holds, also where its log needs a new segment', () => {
  for (const isDamaged of [false, true]) {
    const { world, alice } = setting(1);
    for (const server of world.servers) server.crash();
    const { disk } = world.server(1);
    if (isDamaged) disk.damage('00000001.log', 60);
    disk.fill(0);
    world.server(1).loseView();
    world.start(1);
    assert.ok(isFull(world, 1));
    alice.at(1);
    if (!isDamaged) {
      alice.resume();
      assert.deepEqual(alice.history('bob'), ['before']);
      assert.equal(alice.askInVain('Send', alice.sending('bob', 'no room')), 'DISK_FULL');
    }
    makeRoom(world, 1);
    world.start(2, 3);
    world.untilInSync();
    world.untilConverged();
    alice.at(1).resume();
    alice.send('bob', 'room');
    assert.deepEqual(alice.history('bob'), ['before', 'room']);
  }
});

test('[S24] a server that starts with a full disk, behind others that serve, leaves the clients to them', () => {
  const { world, alice } = setting(1);
  world.server(1).crash();
  alice.at(2).resume();
  alice.send('bob', 'meanwhile');
  world.server(1).disk.fill(LITTLE_BYTES);
  world.server(1).start();
  world.advance(10 * limits.joinGraceMs);
  assert.equal(world.server(1).isOpen, false);
  world.server(1).disk.makeRoom();
  world.until('it has caught up', () => world.server(1).isOpen);
  world.untilConverged();
});

test('[S25] a write that finds no room ends the process, and the next start cuts off what it left', () => {
  const { world, alice } = setting(1);
  // Too quick for the server to notice before it writes.
  world.server(1).disk.fill(10);
  const reply = alice.client.request('Send', alice.sending('bob', 'no room'));
  world.until('it has stopped', () => !world.server(1).isRunning);
  world.until('alice knows', () => reply.isThere);
  assert.equal(reply.outcome, 'CONNECTION_LOST');
  world.server(1).disk.makeRoom();
  world.start(1);
  world.untilInSync();
  world.untilConverged();
  assert.ok(world.server(1).reports.some(({ text }) => text.startsWith('Cut off')));
});
