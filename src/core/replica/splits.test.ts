import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import type { Person } from './person.testing.js';
import { World } from './world.testing.js';

function worldWith(seed: number, ...names: string[]): { readonly world: World; readonly people: Person[] } {
  const world = new World({ seed });
  world.startInSync();
  const people = names.map((name) => world.person(name).at(1));
  for (const person of people) person.create();
  return { world, people };
}

/** Each server has noticed the split. */
function apart(world: World, ...groups: readonly (readonly number[])[]): void {
  world.split(...groups);
  world.advance(limits.suspectAfterMs + 2 * limits.peerHeartbeatMs);
}

function reunite(world: World): void {
  world.heal();
  world.untilInSync();
  world.untilConverged();
}

test('[R6] where two servers cannot reach each other, ops flow through the third', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const { world, people } = worldWith(seed, 'alice', 'bob');
    const [alice, bob] = people as [Person, Person];
    alice.login();
    bob.at(2).login();
    bob.receive();
    apart(world, [1], [2]);
    const fromMs = world.timeline.nowMs;
    for (let index = 0; index < 5; index += 1) alice.send('bob', `message ${index}`);
    world.until('bob has them', () => bob.texts.length === 5);
    assert.ok(world.timeline.nowMs - fromMs < limits.suspectAfterMs, `seed ${seed}`);
    assert.deepEqual(
      bob.texts,
      [0, 1, 2, 3, 4].map((index) => `message ${index}`),
    );
    world.heal();
    world.untilInSync();
    alice.send('bob', 'direct');
    world.until('bob has it', () => bob.texts.length === 6);
    world.untilConverged();
  }
});

test('[R21] both sides of a partial split that reach one server cannot both create a name', () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const { world } = worldWith(seed);
    apart(world, [1], [2]);
    const [one, other] = [world.person('alice').at(1), world.person('alice').at(2)];
    const replies = [one, other].map((person) => person.client.request('CreateAccount', person.creation()));
    world.until('both have an answer', () => replies.every((reply) => reply.isThere));
    assert.ok(replies.filter(({ outcome }) => outcome === 'done').length <= 1, `seed ${seed}`);
    world.heal();
    world.untilConverged();
  }
});

test('[R16] both sides of a split serve, and after it all servers have the same state', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const { world, people } = worldWith(seed, 'alice', 'bob');
    const [alice, bob] = people as [Person, Person];
    apart(world, [1], [2, 3]);
    alice.at(1).login();
    bob.at(2).login();
    alice.send('bob', 'from alone');
    bob.send('alice', 'from two');
    world.person('carol').at(1).create();
    world.person('dan').at(3).create();
    world.heal();
    world.untilInSync();
    world.untilConverged();
    for (const person of people) person.receive();
    assert.deepEqual([alice.texts, bob.texts], [['from two'], ['from alone']]);
    assert.deepEqual(alice.ask('ListAccounts', { pattern: '', after: '', limit: 0 }).names, [
      'alice',
      'bob',
      'carol',
      'dan',
    ]);
    assert.deepEqual(world.errors, []);
  }
});

test('[R22] of two accounts made under one name in a split, the earlier has the name and both can be used', () => {
  const { world } = worldWith(1);
  const [one, other] = [world.person('alice'), world.person('alice')];
  apart(world, [1], [2, 3]);
  const first = one.at(1).create();
  world.advance(100);
  const second = other.at(2).ask('CreateAccount', { ...other.creation('another password') });
  world.heal();
  world.untilInSync();
  world.untilConverged();
  const byPassword = (password: string) => {
    const person = world.person('alice').at(3);
    return person.ask('Login', { ...person.loginRequest(), password });
  };
  const owner = byPassword(one.password);
  assert.deepEqual([owner.account, owner.name], [first.account, 'alice']);
  const displaced = byPassword('another password');
  assert.deepEqual(displaced.account, second.account);
  assert.match(displaced.name, /^alice~[0-9a-z]{4}$/);
  world.advance(1);
  const names = world.person('reader').at(1).ask('ListAccounts', { pattern: '', after: '', limit: 0 }).names;
  assert.deepEqual(names, ['alice', displaced.name]);
});

test('[R45] [W121] [W122] who lost a name is told at once, at every login and resumption, and reached under the new name', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const { world, people } = worldWith(seed, 'bob');
    const [bob] = people as [Person];
    bob.login();
    bob.receive();
    apart(world, [1], [2, 3]);
    const [winner, loser, away] = [
      world.person('alice').at(1),
      world.person('alice', 'another password').at(2),
      world.person('alice'),
    ];
    winner.create();
    winner.login();
    world.advance(100);
    loser.create();
    loser.login();
    reunite(world);
    world.until('the loser is told', () => loser.client.nameChanges.length > 0);
    const { name, formerName } = loser.client.nameChanges[0]!;
    assert.match(name, /^alice~[0-9a-z]{4}$/, `seed ${seed}`);
    assert.deepEqual([formerName, loser.client.nameChanges.length, winner.client.nameChanges], ['alice', 1, []]);
    loser.send('bob', 'who am I?');
    world.until('bob has it', () => bob.texts.length === 1);
    assert.equal(bob.client.delivered[0]!.message.from, name);
    bob.send(name, 'you are');
    bob.send(name.toUpperCase(), 'you really are');
    assert.deepEqual(bob.history(name), ['who am I?', 'you are', 'you really are']);
    assert.deepEqual(loser.history('bob'), bob.history(name));
    const resumed = loser.at(3).ask('Resume', loser.resumption());
    assert.deepEqual(resumed, { name, formerName: 'alice' });
    loser.ask('LogOff', {});
    for (const shown of ['alice', name]) {
      const opened = away.at(1).ask('Login', { ...loser.loginRequest(), name: shown });
      assert.deepEqual([opened.name, opened.formerName, opened.account], [name, 'alice', loser.account]);
      away.ask('LogOff', {});
    }
    winner.ask('LogOff', {});
    const opened = winner.login();
    assert.deepEqual([opened.name, opened.formerName], ['alice', '']);
    assert.deepEqual(world.errors, []);
  }
});

test('[R22] [W75] a send that two servers took for different owners of a name comes to both, also to one who is served where the other came first', () => {
  const { world, people } = worldWith(1, 'bob');
  const [bob] = people as [Person];
  bob.login();
  world.untilConverged();
  apart(world, [1], [2, 3]);
  const [winner, loser] = [world.person('alice').at(1), world.person('alice', 'another password').at(2)];
  winner.create();
  winner.login();
  winner.receive();
  world.advance(100);
  loser.create();
  loser.login();
  world.advance(100);
  bob.at(2).resume();
  // Server 2 hangs with the send in its hands, and knows of one alice only.
  world.server(2).freeze();
  world.heal();
  const request = bob.sending('alice', 'to the name');
  bob.client.request('Send', request);
  world.until('the others are together', () => world.server(1).peer(3)?.inSync === true);
  world.until('server 2 is not heard', () => [1, 3].every((id) => world.server(id).peer(2) === undefined));
  loser.on(world.client()).at(1).resume();
  loser.receive();
  bob.on(world.client()).at(1).resume();
  bob.ask('Send', request);
  world.until('the winner has it', () => winner.texts.length === 1);
  assert.deepEqual(loser.texts, []);
  world.server(2).thaw();
  world.untilInSync();
  world.untilConverged();
  world.advance(100);
  assert.deepEqual(loser.history('bob'), ['to the name']);
  assert.deepEqual([winner.texts, loser.texts], [['to the name'], ['to the name']]);
  bob.send('alice', 'next');
  world.until('the winner has that', () => winner.texts.length === 2);
  assert.deepEqual(world.errors, []);
});

test('[R25] [W75] a send that both sides of a split took is shown once, in its conversation and in the stream', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const { world, people } = worldWith(seed, 'alice', 'bob');
    const [alice, bob] = people as [Person, Person];
    alice.login();
    bob.at(3).login();
    bob.receive();
    apart(world, [1], [2, 3]);
    const request = alice.sending('bob', 'once');
    const first = alice.ask('Send', request);
    alice.at(2).resume();
    const second = alice.ask('Send', request);
    assert.notDeepEqual(first.id, second.id);
    world.until('bob has it', () => bob.texts.length === 1);
    world.heal();
    world.untilInSync();
    world.untilConverged();
    alice.send('bob', 'after');
    world.until('bob has the next', () => bob.texts.includes('after'));
    assert.deepEqual(bob.texts, ['once', 'after'], `seed ${seed}`);
    for (const id of [1, 2, 3]) {
      alice.at(id).resume();
      assert.deepEqual(alice.history('bob'), ['once', 'after']);
      bob.at(id).resume();
      bob.receive();
      assert.deepEqual(bob.texts, ['once', 'after'], `seed ${seed}`);
      assert.deepEqual(alice.ask('Send', request).id, alice.ask('Send', request).id);
    }
    const anew = world.person('bob').at(2);
    anew.login(anew.loginRequest(true));
    anew.receive();
    assert.deepEqual(anew.texts, ['once', 'after']);
  }
});

test('[R22] who repeats CreateAccount on the other side of a split goes on under the name', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const { world } = worldWith(seed);
    apart(world, [1], [2, 3]);
    const alice = world.person('alice').at(1);
    const request = alice.creation();
    alice.ask('CreateAccount', request);
    const { account } = alice.at(2).ask('CreateAccount', request);
    alice.login();
    world.heal();
    world.untilInSync();
    world.untilConverged();
    assert.deepEqual(alice.client.nameChanges, [], `seed ${seed}`);
    const again = alice.at(1).ask('Resume', alice.resumption());
    assert.equal(again.name, 'alice');
    assert.deepEqual(alice.account, account);
  }
});

test('[R22] who repeats CreateAccount after a crash goes on under the name, when the crashed server brings the first account', () => {
  let broughtBySeeds = 0;
  for (let seed = 1; seed <= 20; seed += 1) {
    const { world } = worldWith(seed);
    const alice = world.person('alice').at(1);
    const request = alice.creation();
    // The write is begun, and chance decides whether the disk has it.
    world.server(1).crashAt('asked', 0);
    alice.client.request('CreateAccount', request);
    world.until('the crash', () => !world.server(1).isRunning);
    world.until('the links are gone', () => [2, 3].every((id) => world.server(id).peer(1) === undefined));
    const { account } = alice.at(2).ask('CreateAccount', request);
    alice.login();
    // Long enough for its return to be told of.
    world.advance(2 * limits.lateAfterMs);
    world.start(1);
    world.untilInSync();
    world.untilConverged();
    if (world.server(2).reports.some(({ facts }) => facts['displaced'] === 1)) broughtBySeeds += 1;
    assert.deepEqual(alice.client.nameChanges, [], `seed ${seed}`);
    const again = alice.at(3).ask('Resume', alice.resumption());
    assert.equal(again.name, 'alice');
    assert.deepEqual(alice.account, account);
  }
  assert.ok(broughtBySeeds > 0, 'some disk had it');
});

/** Sessions of the account that are attached, by whether their client was told that they ended. */
function stillIn(...people: readonly Person[]): boolean[] {
  return people.map(({ client }) => client.sessionEnded === undefined);
}

test('[R46] [W123] of two sessions that were opened on two sides of a split, the later goes on, and the other is told why', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { world, people } = worldWith(seed, 'alice');
    const [alice] = people as [Person];
    apart(world, [1], [2, 3]);
    const twin = world.person('alice').at(2 + (seed % 2));
    const [first, second] = seed % 3 === 0 ? [twin, alice] : [alice, twin];
    first.login();
    world.advance(100);
    second.login();
    reunite(world);
    world.until('one is told', () => stillIn(alice, twin).includes(false));
    world.advance(limits.suspectAfterMs);
    assert.deepEqual(stillIn(first, second), [false, true], `seed ${seed}`);
    assert.equal(first.client.sessionEnded, 'SESSION_REPLACED');
    assert.match(first.client.sessionEndedText, /both sides/);
    second.send('alice', 'still here');
    assert.equal(first.askInVain('Send', first.sending('alice', 'no more')), 'NOT_LOGGED_IN');
    assert.equal(first.at(2).askInVain('Resume', first.resumption()), 'SESSION_UNKNOWN');
    const third = world.person('alice').at(3);
    assert.equal(third.askInVain('Login', third.loginRequest()), 'LOGGED_IN_ELSEWHERE');
    world.untilConverged();
    assert.deepEqual(world.errors, []);
  }
});

test('[R46] exactly the sessions too many end, the oldest, on however many servers they are', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const world = new World({ seed, sessionsPerAccount: 2 });
    world.startInSync();
    const before = world.person('alice').at(1);
    before.create();
    before.login();
    apart(world, [1], [2], [3]);
    const people = [1, 2, 2, 3, 3].map((server) => {
      const person = world.person('alice').at(server);
      person.login();
      world.advance(50);
      return person;
    });
    reunite(world);
    world.until('no more than two are in', () => stillIn(...people).filter((isIn) => isIn).length <= 2);
    world.advance(2 * limits.suspectAfterMs);
    assert.deepEqual(stillIn(before, ...people), [false, false, false, false, true, true], `seed ${seed}`);
    world.untilConverged();
  }
});

test('[R46] a session that was taken to another server counts there', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { world, people } = worldWith(seed, 'alice');
    const [alice] = people as [Person];
    apart(world, [1], [2, 3]);
    alice.at(2).login();
    alice.at(3).resume();
    world.advance(50);
    const twin = world.person('alice').at(1);
    twin.login();
    reunite(world);
    world.until('the older is told', () => alice.client.sessionEnded !== undefined);
    world.advance(2 * limits.suspectAfterMs);
    assert.deepEqual(stillIn(alice, twin), [false, true], `seed ${seed}`);
  }
});

test('[R46] a session that is attached in two places for a moment, as its client moved, counts once', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const world = new World({ seed, sessionsPerAccount: 2 });
    world.startInSync();
    const moved = world.person('alice').at(1);
    moved.create();
    moved.login();
    apart(world, [1], [2, 3]);
    // Server 1 goes on believing that the client is there.
    moved.on(world.client()).at(2).resume();
    const [left, right] = [world.person('alice').at(1), world.person('alice').at(3)];
    left.login();
    right.login();
    left.client.close();
    reunite(world);
    world.advance(2 * limits.suspectAfterMs);
    const attached = world.servers.map(({ status }) => status.sessions);
    assert.deepEqual(
      [stillIn(moved, right), attached],
      [
        [true, true],
        [1, 1, 1],
      ],
      `seed ${seed}`,
    );
  }
});

test('[R46] where servers meet one after the other, the surplus ends when they can ask each other', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { world, people } = worldWith(seed, 'alice');
    const [alice] = people as [Person];
    apart(world, [1], [2, 3]);
    alice.login();
    world.advance(50);
    const twin = world.person('alice').at(2);
    twin.login();
    world.heal();
    // Through server 3 each hears of the other session before it can ask about it.
    world.split([1], [2]);
    world.until('each knows', () => world.server(1).status.stateHash === world.server(2).status.stateHash);
    reunite(world);
    world.until('the older is told', () => alice.client.sessionEnded !== undefined);
    world.advance(2 * limits.suspectAfterMs);
    assert.deepEqual(stillIn(alice, twin), [false, true], `seed ${seed}`);
  }
});

test('[R46] many accounts that were logged in on both sides lose one session each, and the merge tells how many', () => {
  const names = Array.from({ length: limits.surplusChecksAtOnce * 2 + 3 }, (_, index) => `user-${index}`);
  const { world, people } = worldWith(1, ...names);
  apart(world, [1], [2, 3]);
  for (const person of people) person.login();
  const twins = names.map((name, index) => world.person(name).at(2 + (index % 2)));
  for (const twin of twins) twin.login();
  // However soon the servers meet then, what each has is late for the other.
  world.advance(limits.lateAfterMs);
  reunite(world);
  world.until('all are told', () => stillIn(...people).every((isIn) => !isIn));
  world.advance(2 * limits.suspectAfterMs);
  assert.ok(stillIn(...twins).every((isIn) => isIn));
  world.untilConverged();
  const { merges } = world.server(3).status;
  const ended = merges.filter(({ server }) => server === 1).map(({ sessionsEnded }) => sessionsEnded);
  assert.equal(
    ended.reduce((sum, count) => sum + count, 0),
    names.length,
    JSON.stringify(merges),
  );
  assert.deepEqual(world.errors, []);
});
