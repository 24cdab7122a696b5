import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import type { DiskFailure } from '../ports/disk.js';
import type { PassResult } from './mender.js';
import type { Person } from './person.testing.js';
import { World } from './world.testing.js';

interface Setting {
  readonly world: World;
  readonly alice: Person;
  readonly texts: string[];
}

/** Three servers in sync, with logs of several segments; alice is logged in at server 1 and has written to bob. */
function setting(seed: number): Setting {
  const world = new World({ seed, segmentBytes: 2_000 });
  world.startInSync();
  const alice = world.person('alice').at(1);
  alice.create();
  world.person('bob').at(1).create();
  alice.login();
  const all = { world, alice, texts: [] };
  writes(all, 30);
  world.untilConverged();
  return all;
}

function writes({ alice, texts }: Setting, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const text = `message ${texts.length}`;
    alice.send('bob', text);
    texts.push(text);
  }
}

function checked(world: World, id: number): PassResult {
  const results: PassResult[] = [];
  world.server(id).checkLog((result) => results.push(result));
  world.until('the log is checked', () => results.length > 0);
  return results[0]!;
}

/** Servers that met again look whether an account has too many sessions; who comes meanwhile tries again. */
function goesTo({ world, alice }: Setting, id: number): void {
  alice.at(id);
  for (let tries = 0; ; tries += 1) {
    const reply = alice.client.request('Resume', alice.resumption());
    world.until('alice has an answer', () => reply.isThere);
    if (reply.outcome === 'done') return;
    assert.ok(reply.outcome === 'CONTENDED' && tries < 10, reply.outcome);
    world.advance(100);
  }
}

/** Everyone holds everything, on disks without a fault, and alice goes on at server 1. */
function endsWell(all: Setting): void {
  const { world, alice, texts } = all;
  world.untilInSync();
  world.untilConverged();
  goesTo(all, 1);
  writes(all, 1);
  world.untilConverged();
  for (const id of [1, 2, 3]) {
    goesTo(all, id);
    assert.deepEqual(alice.history('bob'), texts, `server ${id}`);
    const { left, records } = checked(world, id);
    assert.deepEqual(left, []);
    assert.ok(records >= world.server(id).status.ops);
  }
}

test('[S8] a failed write or sync ends the process, writes go on at once elsewhere, and a start has it all again', () => {
  const failures: readonly DiskFailure[] = [{ state: 'failed', reason: 'EIO' }, { state: 'full' }];
  for (const [index, failure] of failures.entries()) {
    for (const bytesWritten of [0, 37]) {
      const all = setting(1 + index);
      const { world, alice } = all;
      world.server(1).disk.failNext('append', failure, bytesWritten);
      const reply = alice.client.request('Send', alice.sending('bob', 'on a failing disk'));
      world.until('it has stopped', () => !world.server(1).isRunning && reply.isThere);
      assert.equal(reply.outcome, 'CONNECTION_LOST');
      const fromMs = world.timeline.nowMs;
      alice.at(2).resume();
      alice.send('bob', 'elsewhere');
      assert.ok(world.timeline.nowMs - fromMs < limits.suspectAfterMs, 'nobody waited for it');
      world.start(1);
      world.untilInSync();
      world.untilConverged();
      const found = alice.history('bob');
      assert.ok(found.includes('elsewhere'));
      // It was streamed to the others before the disk failed, and so is stored; what was not acknowledged may be.
      all.texts.splice(0, Infinity, ...found);
      endsWell(all);
    }
  }
});

test('[S8] a failed write of what is mended ends the process, too, and the next start goes on with it', () => {
  const all = setting(1);
  const { world } = all;
  const { disk } = world.server(1);
  disk.damage(disk.list()[1]!, 700);
  disk.failNext('overwrite', { state: 'failed', reason: 'EIO' });
  world.server(1).checkLog(() => assert.fail('it has stopped before'));
  world.until('it has stopped', () => !world.server(1).isRunning);
  world.start(1);
  endsWell(all);
});

test('a server whose disk was wiped fills itself from others that are damaged, and all are mended on the way', () => {
  for (let seed = 1; seed <= 15; seed += 1) {
    const all = setting(seed);
    const { world } = all;
    for (const server of world.servers) server.crash();
    world.server(1).replaceDisk();
    // Each is damaged elsewhere, so that together they have everything.
    for (const id of [2, 3]) {
      const { disk } = world.server(id);
      const files = disk.list();
      const file = files[id - 2 + 2 * world.random.below(Math.floor(files.length / 2))]!;
      disk.damage(file, world.random.below(disk.size(file)));
    }
    world.start();
    endsWell(all);
  }
});

test('a disk set back to an old copy, under the origin of which was written since, and damaged, comes to hold all', () => {
  for (let seed = 1; seed <= 15; seed += 1) {
    const all = setting(seed);
    const { world } = all;
    const backup = world.server(1).disk.copy();
    writes(all, 20);
    world.untilConverged();
    world.server(1).crash();
    const file = backup.list()[world.random.below(backup.list().length)]!;
    backup.damage(file, world.random.below(backup.size(file)));
    world.server(1).replaceDisk(backup);
    world.start(1);
    endsWell(all);
  }
});

test('a view database that is ahead of its log, behind it, or of the log of another server does no harm', () => {
  const all = setting(1);
  const { world } = all;
  const olderView = world.server(1).backUp();
  const olderLog = world.server(1).disk.copy();
  writes(all, 20);
  world.untilConverged();
  const newerView = world.server(1).backUp();
  const newerLog = world.server(1).disk.copy();
  const otherLog = world.server(2).disk.copy();
  for (const [goBack, log] of [
    [newerView, olderLog],
    [olderView, newerLog],
    [newerView, otherLog],
  ] as const) {
    world.server(1).crash();
    goBack();
    world.server(1).replaceDisk(log.copy(), true);
    world.start(1);
    endsWell(all);
  }
});

test('[S35] a place that holds nothing of the log does not keep the rest from being sent', () => {
  const all = setting(1);
  const { world } = all;
  world.server(2).crash();
  writes(all, 10);
  world.server(1).crash();
  const { disk } = world.server(1);
  const last = disk.list().at(-1)!;
  // What is left of a write that was torn: no record, and behind it one that was never part of the log.
  const stray = disk.readNow(disk.list()[0]!, 0, disk.size(disk.list()[0]!)).slice(32);
  const rest = new Uint8Array(60 + stray.length);
  rest.set(stray, 60);
  disk.append(last, [rest], () => undefined);
  world.advance(100);
  world.start(1);
  const held = world.server(1).status.ops;
  world.server(3).crash();
  writes({ ...all, alice: all.alice.at(1) }, 0);
  world.start(2);
  world.until('server 2 has all of it', () => world.server(2).status.ops === held);
  world.start(3);
  endsWell(all);
});

test('[S36] what was lost behind the back of the view is not applied twice when it is back', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const world = new World({ seed });
    world.startInSync();
    const alice = world.person('alice').at(1);
    alice.create();
    world.person('bob').at(1).create();
    alice.login();
    const all = { world, alice, texts: [] };
    writes(all, 10);
    // What one server numbered is ended by what another did, of which nothing will be lost.
    const [carol, dave] = ['carol', 'dave'].map((name) => world.person(name).at(1)) as [Person, Person];
    for (const person of [carol, dave]) {
      person.create();
      person.login();
      goesTo({ world, alice: person, texts: [] }, 2);
    }
    carol.ask('LogOff', {});
    dave.ask('DeleteAccount', {});
    world.untilConverged();
    // The view has seen all of it, and so a start begins behind the place that is damaged.
    world.advance(1_000);
    world.server(1).crash();
    const { disk } = world.server(1);
    disk.damage('00000001.log', 40 + world.random.below(disk.size('00000001.log') - 40));
    world.start(1);
    endsWell(all);
    assert.equal(dave.at(1).askInVain('Login', dave.loginRequest()), 'ACCOUNT_NOT_FOUND');
    assert.equal(carol.at(1).askInVain('Resume', carol.resumption()), 'SESSION_UNKNOWN');
  }
});
