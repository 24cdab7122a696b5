import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import type { Person } from './person.testing.js';
import { World } from './world.testing.js';

/** Alice is at server 1 and bob at server 2, both logged in and receiving, after a message from each to the other. */
function together(seed: number): { readonly world: World; readonly alice: Person; readonly bob: Person } {
  const world = new World({ seed });
  world.startInSync();
  const [alice, bob] = [world.person('alice').at(1), world.person('bob').at(2)];
  for (const person of [alice, bob]) {
    person.create();
    person.login();
    person.receive();
  }
  alice.send('bob', 'alice before');
  bob.send('alice', 'bob before');
  world.until('both are shown', () => alice.texts.length === 1 && bob.texts.length === 1);
  return { world, alice, bob };
}

/** Each server has noticed, and has been apart for a while. */
function apart(world: World, ...groups: readonly (readonly number[])[]): void {
  world.split(...groups);
  world.advance(limits.suspectAfterMs + limits.lateAfterMs);
}

function reunited(world: World): void {
  world.heal();
  world.untilInSync();
  world.untilConverged();
}

function mergedOps(world: World): number {
  return world.servers.reduce((sum, { reports }) => sum + reports.filter(({ text }) => isMerge(text)).length, 0);
}

function isMerge(text: string): boolean {
  return text.startsWith('Merged with server');
}

test('[R40] [W120] what both sides of a split took is late on the other, and in the history on every server', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { world, alice, bob } = together(seed);
    apart(world, [1], [2, 3]);
    for (const text of ['alice 1', 'alice 2']) alice.send('bob', text);
    bob.send('alice', 'bob 1');
    world.advance(2 * limits.lateAfterMs);
    reunited(world);
    alice.send('bob', 'alice after');
    bob.send('alice', 'bob after');
    world.until('all is shown', () => alice.texts.includes('bob after') && bob.texts.includes('alice after'));
    assert.deepEqual([alice.lateTexts, bob.lateTexts], [['bob 1'], ['alice 1', 'alice 2']], `seed ${seed}`);
    for (const id of [1, 2, 3]) {
      alice.at(id).resume();
      assert.deepEqual(new Set(alice.lateHistory('bob')), new Set(['alice 1', 'alice 2', 'bob 1']), `seed ${seed}`);
    }
    assert.deepEqual(world.errors, []);
  }
});

test('[R40] late stays late through restarts, and where the view database is built anew', () => {
  const { world, alice } = together(1);
  apart(world, [1], [2, 3]);
  alice.send('bob', 'alice 1');
  world.advance(2 * limits.lateAfterMs);
  reunited(world);
  for (const id of [1, 2, 3]) {
    world.server(id).crash();
    if (id === 2) world.server(id).loseView();
    if (id === 3) world.server(id).replaceDisk();
    world.start(id);
    world.untilInSync();
    world.untilConverged();
    alice.at(id).resume();
    assert.deepEqual(alice.lateHistory('bob'), ['alice 1']);
  }
});

test('[R41] what a third server relays is marked where it is shown, from the first moment', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { world, alice, bob } = together(seed);
    bob.at(3).resume();
    bob.receive();
    apart(world, [1], [2, 3]);
    for (let count = 1; count <= 5; count += 1) alice.send('bob', `alice ${count}`);
    world.advance(2 * limits.lateAfterMs);
    // Server 3 hears of server 1 through server 2 alone.
    world.heal();
    world.split([1], [3]);
    world.until('bob has them', () => bob.texts.length === 6);
    assert.equal(bob.lateTexts.length, 5, `seed ${seed}`);
    reunited(world);
  }
});

test('[R42] what a broken link held up for a moment is not late', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { world, alice, bob } = together(seed);
    for (let count = 1; count <= 4; count += 1) {
      world.network.breakConnections('server-1', 'server-2');
      world.network.breakConnections('server-1', 'server-3');
      alice.send('bob', `alice ${count}`);
      world.untilInSync();
    }
    world.until('bob has them', () => bob.texts.length === 5);
    world.untilConverged();
    assert.deepEqual([bob.lateTexts, mergedOps(world)], [[], 0], `seed ${seed}`);
  }
});

test('[R42] nothing is late that a third server relayed all the time', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { world, alice, bob } = together(seed);
    apart(world, [1], [2]);
    for (let count = 1; count <= 5; count += 1) {
      alice.send('bob', `alice ${count}`);
      world.advance(limits.lateAfterMs);
    }
    alice.send('bob', 'alice 6');
    reunited(world);
    world.until('bob has them', () => bob.texts.length === 7);
    assert.deepEqual([bob.lateTexts, mergedOps(world)], [[], 0], `seed ${seed}`);
  }
});

test('[R43] what a server lacks that was down is not late', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const { world, alice, bob } = together(seed);
    world.server(3).crash();
    for (let count = 1; count <= 3; count += 1) {
      alice.send('bob', `alice ${count}`);
      world.advance(limits.lateAfterMs);
    }
    if (seed % 2 === 0) world.server(3).replaceDisk();
    world.start(3);
    world.untilInSync();
    world.untilConverged();
    bob.at(3).resume();
    assert.deepEqual([bob.lateHistory('alice'), mergedOps(world)], [[], 0], `seed ${seed}`);
  }
});

test('[R43] of what a server lacks that started apart from the others, only what was sent since is late', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const { world, alice, bob } = together(seed);
    world.server(3).crash();
    alice.send('bob', 'while it was down');
    world.advance(2 * limits.lateAfterMs);
    world.split([1, 2], [3]);
    world.start(3);
    world.advance(2 * limits.lateAfterMs);
    alice.send('bob', 'while it served alone');
    world.advance(2 * limits.lateAfterMs);
    reunited(world);
    bob.at(3).resume();
    assert.deepEqual(bob.lateHistory('alice'), ['while it served alone'], `seed ${seed}`);
  }
});

test('[R43] a server that was frozen makes nothing late', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const { world, alice, bob } = together(seed);
    world.server(3).freeze();
    for (let count = 1; count <= 3; count += 1) {
      alice.send('bob', `alice ${count}`);
      world.advance(limits.lateAfterMs);
    }
    world.server(3).thaw();
    world.untilInSync();
    world.untilConverged();
    assert.deepEqual([bob.lateHistory('alice'), mergedOps(world)], [[], 0], `seed ${seed}`);
  }
});

test('[R43] what only a server had that was down is late when it is back', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const { world, alice, bob } = together(seed);
    for (const id of [2, 3]) world.server(id).crash();
    world.advance(limits.suspectAfterMs);
    alice.send('bob', 'the last one left');
    world.server(1).crash();
    world.start(2, 3);
    bob.at(2).resume();
    bob.receive();
    world.advance(2 * limits.lateAfterMs);
    world.start(1);
    world.until('bob has it', () => bob.texts.includes('the last one left'));
    assert.deepEqual(bob.lateTexts, ['the last one left'], `seed ${seed}`);
    world.untilConverged();
  }
});

test('[R44] a merge is told in the log and in the status of every server', () => {
  const { world, alice, bob } = together(1);
  apart(world, [1], [2, 3]);
  for (let count = 1; count <= 3; count += 1) alice.send('bob', `alice ${count}`);
  bob.send('alice', 'bob 1');
  world.advance(40_000);
  reunited(world);
  const told = world.server(2).reports.filter(({ text }) => isMerge(text));
  assert.equal(told.length, 1);
  assert.match(told[0]!.text, /^Merged with server 1 after 4[23] s apart\.$/);
  const { ops, messages, lateMessages, displaced } = told[0]!.facts;
  assert.deepEqual({ messages, lateMessages, displaced }, { messages: 3, lateMessages: 3, displaced: 0 });
  assert.ok(Number(ops) >= 3);
  const [first, ...others] = world.servers.map(({ status }) => status.merges);
  for (const merges of others) assert.deepEqual(merges, first);
  const pairs = first!.map(({ server, peer }) => `${server} from ${peer}`);
  assert.ok(pairs.includes('2 from 1'), pairs.join(', '));
  // What server 2 wrote comes from whichever of the other side server 1 links to first.
  assert.ok(pairs.includes('1 from 2') || pairs.includes('1 from 3'), pairs.join(', '));
});

test('[R42] clocks that differ by half a minute do not matter; by more than a minute, operators are told', () => {
  for (const [skewMs, isTooMuch] of [
    [limits.clockSkewMs / 2, false],
    [-limits.clockSkewMs / 2, false],
    [2 * limits.clockSkewMs, true],
    [-2 * limits.clockSkewMs, true],
  ] as const) {
    const world = new World({ seed: 1 });
    world.server(1).clockSkewMs = skewMs;
    world.startInSync();
    const [alice, bob] = [world.person('alice').at(1), world.person('bob').at(2)];
    for (const person of [alice, bob]) {
      person.create();
      person.login();
      person.receive();
    }
    world.untilConverged();
    const both = (text: string): void => {
      alice.send('bob', text);
      bob.send('alice', text);
    };
    both('before');
    world.advance(2 * limits.lateAfterMs);
    both('still before');
    world.split([1], [2]);
    world.advance(2 * limits.lateAfterMs);
    both('relayed');
    apart(world, [1], [2, 3]);
    both('apart');
    world.advance(2 * limits.lateAfterMs);
    reunited(world);
    both('after');
    world.until('all is shown', () => [alice, bob].every(({ texts }) => texts.length === 5));
    const isTold = world.servers.some(({ reports }) => reports.some(({ text }) => text.startsWith('The clocks of')));
    assert.equal(isTold, isTooMuch, `${skewMs} ms`);
    if (!isTooMuch) assert.deepEqual([alice.lateTexts, bob.lateTexts], [['apart'], ['apart']], `${skewMs} ms`);
  }
});

/** Splits, cuts and freezes by chance, while three people who stay where they are write to each other. */
function runApart(seed: number): { readonly world: World; readonly people: readonly Person[] } {
  const world = new World({ seed });
  world.startInSync();
  const { random } = world;
  const people = ['alice', 'bob', 'carol'].map((name, index) => world.person(name).at(index + 1));
  for (const person of people) person.create();
  for (const person of people) {
    person.login();
    person.receive();
  }
  for (let step = 0; step < 40; step += 1) {
    const [one, other, third] = random.pick([
      [1, 2, 3],
      [2, 3, 1],
      [3, 1, 2],
    ] as const);
    const trouble = random.below(8);
    if (trouble === 0) world.split([one], [other, third]);
    else if (trouble === 1) world.split([one], [other], [third]);
    else if (trouble === 2) world.cutOneWay(one, other);
    else if (trouble === 3) world.server(one).freeze();
    else if (trouble === 4) world.heal();
    else if (trouble === 5) for (const server of world.servers) server.thaw();
    for (const person of people) {
      const { name } = random.pick(people);
      person.client.request('Send', person.sending(name, `${person.name} to ${name}, ${step}`));
    }
    world.advance(random.below(random.oneIn(4) ? 3 * limits.lateAfterMs : limits.suspectAfterMs));
  }
  world.heal();
  for (const server of world.servers) server.thaw();
  world.untilInSync();
  world.untilConverged();
  return { world, people };
}

test('[R40] [R43] whatever happens between servers, what is clearly older than something shown before is marked', () => {
  let lateCount = 0;
  for (let seed = 1; seed <= 30; seed += 1) {
    const { people } = runApart(seed);
    for (const person of people) {
      let latest = 0;
      for (const { message } of person.client.delivered) {
        const behindMs = (latest - message.time) / 1024;
        // A message is on its way for a while after it was found to be not yet late.
        const isOlder = behindMs > limits.lateAfterMs + limits.suspectAfterMs / 2;
        const what = `seed ${seed}: ${message.text}, ${behindMs} ms behind`;
        assert.ok(message.late || !isOlder, what);
        latest = Math.max(latest, message.time);
        if (message.late) lateCount += 1;
      }
    }
  }
  assert.ok(lateCount > 500, `${lateCount} were late`);
});

test('[R42] telling what was late costs few ops, however often servers part and meet', () => {
  const others = 40 * 3 + 2 * 3;
  for (let seed = 1; seed <= 5; seed += 1) {
    const { ops } = runApart(seed).world.server(1).status;
    assert.ok(ops > others && ops < others * 1.5, `seed ${seed}: ${ops}`);
  }
});
