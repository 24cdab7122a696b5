import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MemoryView } from '../../sim/view.js';
import { limits } from '../model/limits.js';
import type { View } from '../ports/view.js';
import type { Person } from './person.testing.js';
import { World, type WorldOptions } from './world.testing.js';

function inSync(options: WorldOptions = {}): World {
  const world = new World(options);
  world.startInSync();
  return world;
}

function withAlice(options: WorldOptions = {}): { readonly world: World; readonly alice: Person } {
  const world = inSync(options);
  const alice = world.person('alice').at(1);
  alice.create();
  return { world, alice };
}

test('[R31] of creates of one name at the same moment on different servers exactly one wins', () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const world = inSync({ seed });
    const people = [1, 2, 3].map((id) => world.person('alice').at(id));
    // Who is refused for now asks again, as a client does.
    const open = new Set(people);
    const outcomes: string[] = [];
    while (open.size > 0) {
      const asked = [...open].map((person) => ({
        person,
        reply: person.client.request('CreateAccount', person.creation()),
      }));
      world.until('all have an answer', () => asked.every(({ reply }) => reply.isThere));
      for (const { person, reply } of asked) {
        if (reply.outcome === 'CONTENDED') continue;
        open.delete(person);
        outcomes.push(reply.outcome);
      }
      world.advance(world.random.below(50));
    }
    assert.deepEqual(outcomes.sort(), ['NAME_TAKEN', 'NAME_TAKEN', 'done'], `seed ${seed}`);
    world.untilConverged();
  }
});

test('[R32] of two logins at once at most one gets a session', () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const { world } = withAlice({ seed });
    const people = [1, 2, 3].map((id) => world.person('alice').at(id));
    const replies = people.map((person) => person.client.request('Login', person.loginRequest()));
    world.until('all have an answer', () => replies.every((reply) => reply.isThere));
    const outcomes = replies.map(({ outcome }) => outcome);
    assert.ok(outcomes.filter((outcome) => outcome === 'done').length <= 1, `seed ${seed}: ${outcomes.join(' ')}`);
    for (const outcome of outcomes) assert.match(outcome, /^(done|CONTENDED|LOGGED_IN_ELSEWHERE)$/);
    assert.ok(world.servers.reduce((sum, { status }) => sum + status.sessions, 0) <= 1);
    if (!outcomes.includes('done')) people[0]!.login();
  }
});

test('[R32] a login that takes over ends the session on whatever server it is', () => {
  const { world, alice } = withAlice();
  alice.login();
  const again = world.person('alice').at(3);
  assert.equal(again.askInVain('Login', again.loginRequest()), 'LOGGED_IN_ELSEWHERE');
  again.login(again.loginRequest(true));
  world.until('the first is told', () => alice.client.sessionEnded !== undefined);
  assert.equal(alice.client.sessionEnded, 'SESSION_REPLACED');
  assert.equal(alice.askInVain('Send', alice.sending('alice', 'no more')), 'NOT_LOGGED_IN');
  assert.equal(alice.at(2).askInVain('Resume', alice.resumption()), 'SESSION_UNKNOWN');
});

test('[R32] as many sessions as the config allows may be attached, on all servers together', () => {
  const { world } = withAlice({ sessionsPerAccount: 2 });
  const people = [1, 2, 3].map((id) => world.person('alice').at(id));
  people[0]!.login();
  people[1]!.login();
  assert.equal(people[2]!.askInVain('Login', people[2]!.loginRequest()), 'LOGGED_IN_ELSEWHERE');
  people[2]!.login(people[2]!.loginRequest(true));
  world.until('the oldest is told', () => people[0]!.client.sessionEnded !== undefined);
  assert.equal(people[1]!.client.sessionEnded, undefined);
});

test('[W58] a session that ends while its login is answered is told of behind the answer', (t) => {
  const { world, alice } = withAlice({ sessionsPerAccount: 2 });
  alice.login();
  const ask = Reflect.get(MemoryView.prototype, 'query') as (this: View, ...asked: Parameters<View['query']>) => void;
  const held: (() => void)[] = [];
  t.mock.method(MemoryView.prototype, 'query', function (this: View, ...asked: Parameters<View['query']>) {
    if (asked[0].kind === 'waiting') held.push(() => ask.apply(this, asked));
    else ask.apply(this, asked);
  });
  const second = world.person('alice').at(2);
  const login = second.client.request('Login', second.loginRequest());
  world.until('what waits is looked for', () => held.length === 1);
  alice.ask('DeleteAccount', {});
  world.untilInSync();
  assert.deepEqual([login.isThere, second.client.sessionEnded], [false, undefined]);
  held[0]!();
  world.until('an end', () => second.client.sessionEnded !== undefined);
  assert.deepEqual([login.outcome, second.client.sessionEnded], ['done', 'ACCOUNT_DELETED']);
});

test('[R32] a session whose connection or server is gone makes room by itself', () => {
  const { world, alice } = withAlice();
  alice.login();
  alice.client.close();
  world.until('the server noticed', () => world.server(1).status.sessions === 0);
  const second = world.person('alice').at(3);
  second.login();
  world.server(3).crash();
  world.until('the link is gone', () => world.server(2).peer(3) === undefined);
  world.person('alice').at(2).login();
});

test('[R33] what a server had reserved is free when it dies in the middle', () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const world = inSync({ seed });
    const one = world.person('alice').at(3);
    one.client.request('CreateAccount', one.creation());
    // Anywhere from before the password is hashed to after the op was written.
    world.advance(5 + world.random.below(25));
    world.server(3).crash();
    world.until('the links are gone', () => [1, 2].every((id) => world.server(id).peer(3) === undefined));
    const other = world.person('alice').at(2);
    const outcome = other.client.request('CreateAccount', other.creation());
    world.until('an answer', () => outcome.isThere);
    const isThere = world.server(1).status.ops > (outcome.outcome === 'done' ? 1 : 0);
    assert.ok(
      outcome.outcome === 'done' || (outcome.outcome === 'NAME_TAKEN' && isThere),
      `seed ${seed}: ${outcome.outcome}`,
    );
    world.start(3);
    world.untilConverged();
  }
});

test('[R33] what was reserved over a link is free when the link breaks in the middle', () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const { world } = withAlice({ seed });
    const person = world.person('alice').at(3);
    const login = person.client.request('Login', person.loginRequest());
    world.advance(5 + world.random.below(25));
    world.network.breakConnections('server-3', 'server-1');
    world.until('an answer', () => login.isThere);
    person.client.close();
    world.untilInSync();
    world.advance(limits.suspectAfterMs);
    const other = world.person('alice').at(1);
    other.login(other.loginRequest(true));
  }
});

test('[R33] a refusal releases what was granted before it', () => {
  const { world, alice } = withAlice();
  alice.login();
  for (let count = 0; count < 5; count += 1) {
    const other = world.person('alice').at(3);
    assert.equal(other.askInVain('Login', other.loginRequest()), 'LOGGED_IN_ELSEWHERE');
    other.client.close();
  }
  const carol = world.person('carol');
  for (const id of [1, 2, 3]) {
    const reply = carol.at(id).client.request('CreateAccount', carol.creation());
    world.until('an answer', () => reply.isThere);
    assert.equal(reply.outcome, id === 1 ? 'done' : 'NAME_TAKEN');
  }
});

test('[R31] an account that arrives while its name is being reserved is not made a second time', () => {
  const world = inSync();
  world.split([1], [3]);
  world.advance(2 * limits.suspectAfterMs);
  // The op reaches server 2 and server 3, but becomes durable on neither until later.
  for (const id of [2, 3]) world.server(id).hangDisk();
  const first = world.person('alice').at(1).create();
  world.split([1], [2, 3]);
  // Long enough to be silent, and not so long that server 2 sends its clients away.
  world.advance(1.25 * limits.suspectAfterMs);
  const other = world.person('alice').at(2);
  world.server(3).freeze();
  const reply = other.client.request('CreateAccount', other.creation());
  world.advance(limits.suspectAfterMs / 4);
  world.server(2).resumeDisk();
  world.advance(limits.suspectAfterMs / 4);
  world.server(3).thaw();
  world.server(3).resumeDisk();
  world.until('an answer', () => reply.isThere);
  assert.equal(reply.outcome, 'NAME_TAKEN');
  world.heal();
  world.untilInSync();
  world.untilConverged();
  assert.deepEqual(world.person('alice').at(3).login().account, first.account);
});
