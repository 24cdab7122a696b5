import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import type { Person } from './person.testing.js';
import { World } from './world.testing.js';

interface Setting {
  readonly world: World;
  readonly alice: Person;
  /** What server 1 numbers under. */
  readonly origin: number;
}

/** Three servers in sync; alice is logged in at server 1 and has sent bob a message. */
function setting(seed: number): Setting {
  const world = new World({ seed });
  world.startInSync();
  const alice = world.person('alice').at(1);
  alice.create();
  world.person('bob').at(1).create();
  alice.login();
  alice.send('bob', 'first');
  return { world, alice, origin: world.server(1).status.origin };
}

/** alice writes again through server 1, and all must agree on everything. */
function writesOn({ world, alice }: Setting, texts: readonly string[]): number {
  alice.at(1).resume();
  const { id } = alice.send('bob', 'last');
  world.untilConverged();
  assert.deepEqual(alice.history('bob'), texts);
  assert.deepEqual(world.errors, []);
  return id.origin;
}

test('[R30] after a crash between streaming and its own sync a server never reuses a dot', () => {
  const kept = new Set<boolean>();
  for (let seed = 1; seed <= 40; seed += 1) {
    const all = setting(seed);
    const { world, alice, origin } = all;
    const { ops } = world.server(2).status;
    world.server(1).hangDisk();
    alice.client.request('Send', alice.sending('bob', 'in flight'));
    world.until('the others have it', () => [2, 3].every((id) => world.server(id).status.ops > ops));
    world.server(1).crash();
    world.start(1);
    world.untilInSync();
    const now = writesOn(all, ['first', 'in flight', 'last']);
    kept.add(now === origin);
  }
  assert.equal(kept.size, 2, 'chance let some disks keep the write and others lose it');
});

test('[R30] a server that lost nothing continues its origin when every member has been heard', () => {
  const all = setting(1);
  all.world.server(1).crash();
  all.world.start(1);
  all.world.untilInSync();
  assert.equal(writesOn(all, ['first', 'last']), all.origin);
});

test('[R30] [R20] after a step back of its clock a server that starts goes on later than it wrote before', () => {
  for (const backMs of [30_000, 120_000]) {
    const { world, alice, origin } = setting(1);
    alice.send('bob', 'before');
    world.server(1).stop();
    world.until('it has stopped', () => !world.server(1).isRunning);
    world.server(1).clockSkewMs -= backMs;
    world.start(1);
    world.untilInSync();
    alice.at(1).resume();
    const { id } = alice.send('bob', 'after');
    assert.equal(id.origin === origin, backMs < limits.clockSkewMs, 'it follows its own past, or begins anew');
    // Whoever begins to read now misses nothing.
    const bob = world.person('bob').at(2);
    bob.login();
    bob.receive();
    assert.deepEqual(bob.texts.sort(), ['after', 'before', 'first']);
  }
});

test('[R30] where a member has not been heard, a server takes a new origin', () => {
  const all = setting(1);
  all.world.server(1).crash();
  all.world.server(3).crash();
  all.world.start(1);
  assert.notEqual(writesOn(all, ['first', 'last']), all.origin);
});

test('[R30] a wiped disk does not bring old numbers back', () => {
  const all = setting(1);
  all.world.server(1).crash();
  all.world.server(1).replaceDisk();
  all.world.start(1);
  assert.notEqual(writesOn(all, ['first', 'last']), all.origin);
});

test('[R30] a disk set back to an older copy does not bring old numbers back', () => {
  const all = setting(1);
  const { world, alice } = all;
  const backup = world.server(1).disk.copy();
  alice.send('bob', 'after the copy');
  world.server(1).crash();
  world.server(1).replaceDisk(backup);
  world.start(1);
  assert.notEqual(writesOn(all, ['first', 'after the copy', 'last']), all.origin);
});

test('[R30] a disk set back while the others are away does not bring old numbers back', () => {
  const all = setting(1);
  const { world, alice } = all;
  const backup = world.server(1).disk.copy();
  alice.send('bob', 'after the copy');
  for (const server of world.servers) server.crash();
  world.server(1).replaceDisk(backup);
  world.start(1);
  alice.at(1).resume();
  alice.send('bob', 'alone');
  world.start(2, 3);
  writesOn(all, ['first', 'after the copy', 'alone', 'last']);
});

test('an origin is followed on when its server takes a new one', () => {
  const all = setting(1);
  const { world, alice } = all;
  world.server(1).crash();
  world.server(3).crash();
  world.start(1);
  alice.at(1).resume();
  for (let index = 0; index < 5; index += 1) alice.send('bob', `new ${index}`);
  world.server(3).start();
  world.until('server 3 is open', () => world.server(3).isOpen);
  writesOn(all, ['first', ...[0, 1, 2, 3, 4].map((index) => `new ${index}`), 'last']);
});
