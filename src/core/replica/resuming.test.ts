import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Person } from './person.testing.js';
import { World } from './world.testing.js';

function talking(seed = 1): { readonly world: World; readonly alice: Person; readonly bob: Person } {
  const world = new World({ seed });
  world.startInSync();
  const [alice, bob] = ['alice', 'bob'].map((name) => world.person(name).at(1)) as [Person, Person];
  for (const person of [alice, bob]) {
    person.create();
    person.login();
  }
  return { world, alice, bob };
}

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `message ${from + index}`);

test('[R34] a session and its stream go on at another server after a crash, without a gap or a repeat', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { world, alice, bob } = talking(seed);
    bob.receive();
    for (const text of numbered(0, 10)) alice.client.request('Send', alice.sending('bob', text));
    world.until('bob has some', () => bob.texts.length > world.random.below(10));
    bob.client.close();
    world.until('all were sent', () => world.server(2).status.ops >= 14);
    world.server(1).crash();
    alice.at(2).resume();
    for (const text of numbered(10, 15)) alice.send('bob', text);
    bob.at(3).resume();
    bob.receive();
    alice.send('bob', 'message 15');
    world.until('bob has the last', () => bob.texts.at(-1) === 'message 15');
    assert.deepEqual(bob.texts, numbered(0, 16), `seed ${seed}`);
  }
});

test('[R34] a session that is resumed elsewhere leaves the connection that it was on', () => {
  const { world, alice, bob } = talking();
  const { client } = bob;
  client.request('Receive', { cursor: [], credit: 10 });
  const second = world.person('bob').at(2);
  second.ask('Resume', bob.resumption());
  world.until('the first is told', () => client.sessionEnded !== undefined);
  alice.send('bob', 'where are you?');
  assert.deepEqual(bob.texts, []);
  assert.equal(world.server(1).status.sessions, 1);
  assert.equal(world.server(2).status.sessions, 1);
});

test('[R34] a token that is not the right one resumes nothing', () => {
  const { bob } = talking();
  const wrong = { ...bob.resumption(), token: new Uint8Array(32) };
  assert.equal(bob.at(2).askInVain('Resume', wrong), 'SESSION_UNKNOWN');
});

test('[R34] a server that has not heard of the session says BEHIND', () => {
  const world = new World();
  world.startInSync();
  const alice = world.person('alice').at(1);
  alice.create();
  world.split([1], [2, 3]);
  world.advance(3_000);
  alice.login();
  assert.equal(alice.at(2).askInVain('Resume', alice.resumption()), 'BEHIND');
});

test('[R12] what is sent after a repeated send is not shown before it', () => {
  const { world, alice, bob } = talking();
  bob.at(3).resume();
  bob.receive();
  const first = alice.sending('bob', 'first');
  alice.ask('Send', first);
  world.server(1).crash();
  alice.at(2).resume();
  alice.client.request('Send', first);
  alice.client.request('Send', alice.sending('bob', 'second'));
  world.until('bob has both', () => bob.texts.length === 2);
  assert.deepEqual(bob.texts, ['first', 'second']);
});
