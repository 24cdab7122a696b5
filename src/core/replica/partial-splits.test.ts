/** Servers 1 and 2 cannot reach each other, in both directions or in one, and both reach server 3. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import type { Person } from './person.testing.js';
import { World, type WorldOptions } from './world.testing.js';

type Cut = (world: World) => void;

const cuts: readonly (readonly [string, Cut])[] = [
  ['both ways', (world) => world.split([1], [2])],
  ['from 1 to 2', (world) => world.cutOneWay(1, 2)],
  ['from 2 to 1', (world) => world.cutOneWay(2, 1)],
];

/** Runs it for each cut and many seeds; the servers have noticed by then. */
function forEachCut(seeds: number, run: (world: World, where: string) => void, options: WorldOptions = {}): void {
  for (const [name, cut] of cuts) {
    for (let seed = 1; seed <= seeds; seed += 1) {
      const world = new World({ ...options, seed });
      world.startInSync();
      cut(world);
      world.until('both have noticed', () => !areLinked(world));
      // Each has heard whom server 3 is linked to.
      world.advance(2 * limits.peerHeartbeatMs);
      run(world, `${name}, seed ${seed}`);
      world.heal();
      world.untilInSync();
      world.untilConverged();
      assert.deepEqual(world.errors, [], `${name}, seed ${seed}`);
    }
  }
}

function areLinked(world: World): boolean {
  return world.server(1).peer(2) !== undefined || world.server(2).peer(1) !== undefined;
}

function inAt(world: World, server: number, name: string): Person {
  const person = world.person(name).at(server);
  person.create();
  person.login();
  person.receive();
  world.untilConverged();
  return person;
}

/** Goes on at another server, as soon as that has heard of the session. */
function goOnAt(world: World, server: number, person: Person): void {
  person.at(server);
  for (;;) {
    const reply = person.client.request('Resume', person.resumption());
    world.until('an answer', () => reply.isThere);
    if (reply.outcome === 'done') return;
    assert.match(reply.outcome, /^(BEHIND|CONTENDED)$/);
  }
}

function isMerge(text: string): boolean {
  return text.startsWith('Merged with server');
}

test('[R6] [R42] ops flow through the third server at once, and nothing is late, then or when the two meet', () => {
  forEachCut(8, (world, where) => {
    const [alice, bob] = [inAt(world, 1, 'alice'), inAt(world, 2, 'bob')];
    for (let count = 1; count <= 5; count += 1) {
      const fromMs = world.timeline.nowMs;
      alice.send('bob', `to bob ${count}`);
      bob.send('alice', `to alice ${count}`);
      world.until('both have them', () => alice.texts.length === count && bob.texts.length === count);
      assert.ok(world.timeline.nowMs - fromMs < limits.suspectAfterMs, where);
      world.advance(limits.lateAfterMs);
    }
    world.heal();
    world.untilInSync();
    world.untilConverged();
    assert.deepEqual([alice.lateTexts, bob.lateTexts, alice.lateHistory('bob')], [[], [], []], where);
    assert.ok(world.servers.every(({ reports }) => !reports.some(({ text }) => isMerge(text))));
  });
});

test('[R47] an account that is logged in at one of the two is not logged in at the other, unless on purpose', () => {
  forEachCut(8, (world, where) => {
    const alice = inAt(world, 1, 'alice');
    const twin = world.person('alice').at(2);
    assert.equal(twin.askInVain('Login', twin.loginRequest()), 'LOGGED_IN_ELSEWHERE', where);
    twin.login(twin.loginRequest(true));
    world.until('alice is told', () => alice.client.sessionEnded !== undefined);
    assert.equal(alice.client.sessionEnded, 'SESSION_REPLACED');
    // What was asked for through server 3 was given back.
    for (const id of [1, 2, 3]) {
      const other = world.person('alice').at(id);
      assert.equal(other.askInVain('Login', other.loginRequest()), 'LOGGED_IN_ELSEWHERE', where);
    }
  });
});

test('[R47] of two logins at the two servers at once at most one gets a session', () => {
  forEachCut(30, (world, where) => {
    world.person('alice').at(3).create();
    const people = [1, 2].map((id) => world.person('alice').at(id));
    world.untilConverged();
    const replies = people.map((person) => person.client.request('Login', person.loginRequest()));
    world.until('both have an answer', () => replies.every((reply) => reply.isThere));
    const outcomes = replies.map(({ outcome }) => outcome);
    assert.ok(outcomes.filter((outcome) => outcome === 'done').length <= 1, `${where}: ${outcomes.join(' ')}`);
    world.advance(limits.suspectAfterMs);
    assert.ok(world.servers.reduce((sum, { status }) => sum + status.sessions, 0) <= 1, where);
  });
});

test('[R32] [R47] who takes over ends the session that was found attached, also where its op has not arrived', () => {
  let takenOver = 0;
  forEachCut(60, (world, where) => {
    world.person('alice').at(3).create();
    world.untilConverged();
    const [twin, alice] = [world.person('alice').at(2), world.person('alice').at(1)];
    const first = twin.client.request('Login', twin.loginRequest());
    // So that the other is asking just when the first has been let in.
    world.advance(world.random.below(25));
    const second = alice.client.request('Login', alice.loginRequest(true));
    world.until('both have an answer', () => first.isThere && second.isThere);
    world.untilConverged();
    if (first.outcome === 'done' && second.outcome === 'done') takenOver += 1;
    for (const { reports } of world.servers) {
      assert.ok(!reports.some(({ text }) => text.startsWith('Ended sessions')), where);
    }
  });
  assert.ok(takenOver > 20, String(takenOver));
});

test('[R47] a session that is taken from one of the two to the other is attached there alone', () => {
  forEachCut(8, (world, where) => {
    const alice = inAt(world, 1, 'alice');
    const before = alice.client;
    alice.on(world.client()).at(2).resume();
    assert.equal(before.sessionEnded, 'SESSION_REPLACED', where);
    assert.deepEqual(
      world.servers.map(({ status }) => status.sessions),
      [0, 1, 0],
    );
  });
});

test('[R47] what was reserved through a third server is free when it, or the one who asked, is gone', () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const world = new World({ seed });
    world.startInSync();
    world.person('alice').at(3).create();
    world.split([1], [2]);
    world.advance(2 * limits.suspectAfterMs);
    const first = world.person('alice').at(1);
    first.client.request('Login', first.loginRequest());
    // Anywhere from before the password is checked to after the op was written.
    world.advance(5 + world.random.below(25));
    const gone = seed % 2 === 0 ? 1 : 3;
    world.server(gone).crash();
    world.until('the link is gone', () => world.server(2).peer(gone) === undefined);
    world.heal();
    if (gone === 3) first.client.close();
    world.advance(2 * limits.suspectAfterMs);
    world.person('alice').at(2).login();
    world.start(gone);
    world.untilInSync();
    world.untilConverged();
  }
});

test('[R47] the creates of one name at the two servers, one after the other or at once, give one account', () => {
  forEachCut(20, (world, where) => {
    const people = [1, 2].map((id) => world.person('alice').at(id));
    const replies = people.map((person) => person.client.request('CreateAccount', person.creation()));
    world.until('both have an answer', () => replies.every((reply) => reply.isThere));
    assert.ok(replies.filter(({ outcome }) => outcome === 'done').length <= 1, where);
    if (replies.every(({ outcome }) => outcome !== 'done')) people[0]!.create();
    world.untilConverged();
    assert.equal(people[1]!.askInVain('CreateAccount', people[1]!.creation()), 'NAME_TAKEN', where);
  });
});

test('[R40] [R48] when the third server goes too the split is whole, and what both sides took meanwhile is late', () => {
  forEachCut(6, (world, where) => {
    const [alice, bob] = [inAt(world, 1, 'alice'), inAt(world, 2, 'bob')];
    alice.send('bob', 'through server 3');
    world.until('bob has it', () => bob.texts.length === 1);
    world.untilConverged();
    world.server(3).crash();
    world.advance(limits.lateAfterMs);
    for (const [from, to] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      from.send(to.name, `${from.name} alone`);
    }
    const dan = [world.person('dan').at(1), world.person('dan', 'another password').at(2)] as const;
    for (const one of dan) one.create();
    world.advance(2 * limits.lateAfterMs);
    world.heal();
    world.until('the two meet', () => areLinked(world));
    world.until('all is shown', () => bob.texts.length === 2 && alice.texts.length === 1);
    assert.deepEqual([alice.lateTexts, bob.lateTexts], [['bob alone'], ['alice alone']], where);
    const names = alice.ask('ListAccounts', { pattern: '^dan', after: '', limit: 0 }).names;
    assert.equal(names.length, 2, where);
    world.start(3);
    world.untilInSync();
    world.untilConverged();
    bob.at(3).resume();
    assert.deepEqual(new Set(bob.lateHistory('alice')), new Set(['bob alone', 'alice alone']), where);
  });
});

test('[R48] a server that hears the others and is not heard is apart, and serves', () => {
  for (const [from, to] of [
    [[1], [2, 3]],
    [[2, 3], [1]],
  ] as const) {
    for (let seed = 1; seed <= 6; seed += 1) {
      const world = new World({ seed });
      world.startInSync();
      const [alice, bob] = [inAt(world, 1, 'alice'), inAt(world, 2, 'bob')];
      for (const one of from) for (const other of to) world.cutOneWay(one, other);
      world.advance(limits.suspectAfterMs + limits.lateAfterMs);
      for (const [one, other] of [
        [alice, bob],
        [bob, alice],
      ] as const) {
        const { storedOn } = one.send(other.name, `${one.name} alone`);
        assert.equal(storedOn.copies, one === alice ? 1 : 2);
      }
      world.advance(2 * limits.lateAfterMs);
      world.heal();
      world.untilInSync();
      world.untilConverged();
      world.until('all is shown', () => bob.texts.length === 1 && alice.texts.length === 1);
      assert.deepEqual([alice.lateTexts, bob.lateTexts], [['bob alone'], ['alice alone']], `seed ${seed}`);
    }
  }
});

test('[R48] what someone sends who goes from one of the two to the other comes in order', () => {
  forEachCut(20, (world, where) => {
    const [alice, bob] = [inAt(world, 1, 'alice'), inAt(world, 2, 'bob')];
    const sent: string[] = [];
    for (let round = 1; round <= 4; round += 1) {
      goOnAt(world, 1 + (round % 2), alice);
      for (let count = 1; count <= 2; count += 1) {
        sent.push(`${round}.${count}`);
        alice.send('bob', sent.at(-1)!);
      }
    }
    world.until('bob has them', () => bob.texts.length === sent.length);
    assert.deepEqual(bob.texts, sent, where);
  });
});
