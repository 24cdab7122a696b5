import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import { segmentFileName } from '../model/position.js';
import type { MemoryDisk } from '../../sim/disk.js';
import { reportsOf } from './members.testing.js';
import type { PassResult } from './mender.js';
import type { Person } from './person.testing.js';
import { World } from './world.testing.js';

const SEGMENT_BYTES = 2_000;

interface Setting {
  readonly world: World;
  readonly alice: Person;
  readonly bob: Person;
  readonly texts: readonly string[];
}

/** Three servers in sync with logs of some ten segments each, of the ops of all of them. */
function setting(seed: number, servers = 3): Setting {
  const world = new World({ seed, servers, segmentBytes: SEGMENT_BYTES });
  world.startInSync();
  const alice = world.person('alice').at(1);
  const bob = world.person('bob').at(Math.min(2, servers));
  for (const person of [alice, bob]) {
    person.create();
    person.login();
  }
  const texts: string[] = [];
  for (let index = 0; index < 60; index += 1) {
    const text = `message ${index} ${'x'.repeat(world.random.below(80))}`;
    (index % 3 === 2 ? bob : alice).send(index % 3 === 2 ? 'alice' : 'bob', text);
    texts.push(text);
  }
  world.untilConverged();
  return { world, alice, bob, texts };
}

function contents(disk: MemoryDisk): Map<string, Uint8Array> {
  return new Map(disk.list().map((file) => [file, disk.readNow(file, 0, disk.size(file))]));
}

function checked(world: World, id = 1): PassResult {
  const results: PassResult[] = [];
  world.server(id).checkLog((result) => results.push(result));
  world.until('the log is checked', () => results.length > 0);
  return results[0]!;
}

const damageOf = (world: World, id = 1) => {
  const { damage } = world.server(id).status;
  assert.ok(damage !== undefined);
  return damage;
};

test('[S30] [S32] whatever bytes of a log are changed while its server runs, a check puts back the very same', () => {
  let places = 0;
  for (let seed = 1; seed <= 40; seed += 1) {
    const { world } = setting(seed);
    const { disk } = world.server(1);
    const before = contents(disk);
    const files = disk.list();
    for (let flip = 0; flip <= seed % 7; flip += 1) {
      const file = files[world.random.below(files.length)]!;
      disk.damage(file, world.random.below(disk.size(file)), 1 + world.random.below(255));
    }
    const result = checked(world);
    assert.deepEqual(contents(disk), before, `seed ${seed}`);
    assert.deepEqual([result.left, result.mended], [[], result.found]);
    assert.ok(result.found > 0);
    places += result.found;
    assert.deepEqual(checked(world), { ...result, found: 0, mended: 0 });
    assert.deepEqual(damageOf(world).places, []);
    assert.deepEqual(world.errors, []);
  }
  assert.ok(places > 80, String(places));
});

test('[S32] a file that was removed, with whatever else, is made anew, and every message is found in it', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { world, alice, bob, texts } = setting(seed);
    const last = world.server(1).disk.list().length;
    const number = 1 + world.random.below(last - 1);
    const ops = world.server(1).status.ops;
    world.server(1).crash();
    const { disk } = world.server(1);
    disk.remove(segmentFileName(number));
    if (seed % 2 === 0 && number + 1 < last) disk.remove(segmentFileName(number + 1));
    world.start(1);
    world.untilInSync();
    world.until('the start has it mended', () => !damageOf(world).checking && disk.list().length >= last);
    assert.deepEqual(checked(world).left, [], `seed ${seed}`);
    assert.equal(world.server(1).status.ops, ops);
    alice.at(1).resume();
    assert.deepEqual(alice.history('bob'), texts);
    bob.at(1).resume();
    bob.receive();
    assert.equal(bob.texts.length, texts.filter((_, index) => index % 3 !== 2).length);
    // What was made anew is as good as what was there: a server without its view reads it all.
    world.server(1).crash();
    world.server(1).loseView();
    world.start(1);
    world.untilInSync();
    assert.equal(world.server(1).status.ops, ops);
    world.untilConverged();
  }
});

test('[S17] a start that meets damage says in which file it is, and where', () => {
  const { world } = setting(1);
  world.server(1).crash();
  world.server(1).loseView();
  const { disk } = world.server(1);
  const damaged = Math.floor(disk.size(segmentFileName(2)) / 2);
  disk.damage(segmentFileName(2), damaged);
  world.start(1);
  const [told] = reportsOf(world, 1, 'A part of the log is damaged and is not served.');
  const { file, offset, bytes } = told!.facts as { file: string; offset: number; bytes: number };
  assert.equal(file, segmentFileName(2));
  assert.ok(offset <= damaged && damaged < offset + bytes, `${offset}, ${bytes} bytes, and not ${damaged}`);
});

test('[S33] a reader waits for a damaged message until another server has given it, and sees no gap', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { world, alice, bob, texts } = setting(seed);
    const { disk } = world.server(1);
    for (const file of disk.list().slice(0, -1)) {
      disk.damage(file, limits.recordBytesMax % disk.size(file));
      disk.damage(file, world.random.below(disk.size(file)));
    }
    bob.at(1).resume();
    bob.receive();
    const sentToBob = texts.filter((_, index) => index % 3 !== 2);
    assert.deepEqual(bob.texts, sentToBob, `seed ${seed}`);
    assert.deepEqual(alice.history('bob'), texts);
    assert.deepEqual(world.errors, []);
  }
});

test('[S33] where no server has it, the reader goes on without it, and the status tells of it until one has', () => {
  const { world, alice, bob, texts } = setting(1);
  world.server(2).crash();
  world.server(3).crash();
  world.until('they are missed', () => world.server(1).peer(2) === undefined && world.server(1).peer(3) === undefined);
  const { disk } = world.server(1);
  const before = contents(disk);
  const [, file] = disk.list();
  disk.damage(file!, Math.floor(disk.size(file!) / 2));
  bob.at(1).resume();
  bob.receive();
  const { left } = checked(world);
  assert.deepEqual([left.length, left[0]!.ops, left[0]!.file], [1, 1, file]);
  const { places, found, mended } = damageOf(world);
  assert.deepEqual([places, found, mended], [left, 1, 0]);
  assert.equal(alice.history('bob').length, texts.length - 1);
  assert.ok(world.errors.length > 0);
  alice.send('bob', 'meanwhile');
  world.until('bob has it', () => bob.texts.at(-1) === 'meanwhile');
  world.start(2);
  world.until('it is mended', () => damageOf(world).places.length === 0);
  assert.deepEqual(contents(disk).get(file!), before.get(file!));
  assert.deepEqual(alice.history('bob'), [...texts, 'meanwhile']);
});

test('[S34] what cannot be read from the disk is damaged, and written anew', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const { world, alice, bob, texts } = setting(seed);
    const { disk } = world.server(1);
    const file = disk.list()[seed % 4]!;
    // So small a file is read in one piece, and lost with it: the order of its records is not known any more.
    disk.makeUnreadable(file, world.random.below(disk.size(file)), 1);
    const result = checked(world);
    assert.deepEqual([result.left, result.found > 0], [[], true], `seed ${seed}`);
    assert.deepEqual(checked(world), { ...result, found: 0, mended: 0 });
    assert.deepEqual(alice.history('bob'), texts);
    bob.at(1).resume();
    bob.receive();
    assert.equal(bob.texts.length, texts.filter((_, index) => index % 3 !== 2).length);
  }
});

test('[S34] a start with sectors that cannot be read loses nothing', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { world, alice, texts } = setting(seed);
    const { ops } = world.server(1).status;
    world.server(1).crash();
    const { disk } = world.server(1);
    for (const file of disk.list()) {
      if (world.random.below(3) === 0) disk.makeUnreadable(file, world.random.below(disk.size(file)), 1);
    }
    if (seed % 2 === 0) world.server(1).loseView();
    world.start(1);
    world.untilInSync();
    world.untilConverged();
    assert.deepEqual(checked(world).left, [], `seed ${seed}`);
    assert.equal(world.server(1).status.ops, ops);
    alice.at(1).resume();
    assert.deepEqual(alice.history('bob'), texts);
  }
});

test('[S35] a damaged server fills another only with what is whole, and is mended on the way', () => {
  const { world } = setting(1);
  const before = contents(world.server(1).disk);
  for (const server of world.servers) server.crash();
  // What was just written would be sent from memory.
  const { disk } = world.server(1);
  for (const file of disk.list().slice(0, -1)) disk.damage(file, disk.size(file) - 30);
  world.server(2).replaceDisk();
  world.start(1);
  world.server(2).start();
  world.advance(1_000);
  assert.ok(world.server(2).status.ops < world.server(1).status.ops);
  world.start(3);
  world.untilInSync();
  world.untilConverged();
  assert.deepEqual(checked(world).left, []);
  assert.deepEqual(contents(disk), before);
});

test('[S35] what was asked for while its segment was gone is sent once that is made anew', () => {
  const { world } = setting(1);
  for (const server of world.servers) server.crash();
  world.server(1).disk.remove(segmentFileName(1));
  world.server(2).replaceDisk();
  world.start(1);
  world.server(2).start();
  world.advance(1_000);
  const { ops } = world.server(1).status;
  assert.ok(world.server(2).status.ops < ops);
  // Only the first is mended by the third, so what the second lacks it can have from the first alone.
  world.split([2], [3]);
  world.start(3);
  world.until('all has come', () => world.server(2).status.ops >= ops);
  assert.deepEqual(damageOf(world).places, []);
});

test('[S36] records that only this disk has, behind a gap that others close, are kept and spread', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const world = new World({ seed });
    world.startInSync();
    const alice = world.person('alice').at(1);
    alice.create();
    alice.login();
    world.person('bob').at(1).create();
    for (let index = 0; index < 10; index += 1) alice.send('bob', `shared ${index}`);
    world.untilConverged();
    world.server(2).crash();
    world.server(3).crash();
    world.until('they are missed', () => world.server(1).status.peers.every(({ linked }) => !linked));
    for (let index = 0; index < 10; index += 1) alice.send('bob', `alone ${index}`);
    const { ops } = world.server(1).status;
    world.server(1).crash();
    world.server(1).loseView();
    const { disk } = world.server(1);
    disk.damage('00000001.log', Math.floor(disk.size('00000001.log') / 4) + world.random.below(300));
    world.start(1);
    assert.ok(damageOf(world).lackedOps > 0, `seed ${seed}`);
    world.start(2, 3);
    world.until('all is back', () => damageOf(world).lackedOps === 0);
    world.untilInSync();
    world.untilConverged();
    assert.equal(world.server(2).status.ops, ops);
    alice.at(3).resume();
    assert.deepEqual(alice.history('bob'), [
      ...Array.from({ length: 10 }, (_, index) => `shared ${index}`),
      ...Array.from({ length: 10 }, (_, index) => `alone ${index}`),
    ]);
  }
});

test('[S13] [R20] what a start finds lost, and its saved state knows, comes again and is not applied twice', () => {
  const world = new World();
  world.startInSync();
  const carol = world.person('carol').at(1);
  carol.create();
  carol.login();
  carol.ask('LogOff', {});
  world.untilConverged();
  const server = world.server(2);
  server.stop();
  world.until('it has stopped', () => !server.isRunning);
  server.disk.damage('00000001.log', 60);
  world.start(2);
  world.untilInSync();
  world.untilConverged();
  assert.deepEqual(
    server.reports.filter(({ text }) => text.includes('set aside')),
    [],
  );
});
