import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Timeline } from '../../sim/timeline.js';
import { applyTo, OpMaker } from '../chat/ops.testing.js';
import { ChatState } from '../chat/state.js';
import { limits } from '../model/limits.js';
import { Vector } from '../model/vector.js';
import { Claims } from './claims.js';
import { Members } from './members.js';
import type { Person } from './person.testing.js';
import { World, type WorldOptions } from './world.testing.js';

function strict(options: WorldOptions = {}): World {
  const world = new World({ minCopies: 2, ...options });
  world.startInSync();
  return world;
}

/** Does something in the middle of the next write of a server, before what it sends at the same time has left. */
function atNextWrite(world: World, server: number, action: () => void): void {
  const { disk } = world.server(server);
  const append = disk.append.bind(disk);
  disk.append = (...parameters) => {
    disk.append = append;
    append(...parameters);
    action();
  };
}

/** Begins to create an account on a server, which is cut off as it writes it; gives who asked. */
function beginInVain(world: World, server: number, others: readonly number[], person: Person) {
  const request = person.creation();
  atNextWrite(world, server, () => world.split([server], others));
  const reply = person.client.request('CreateAccount', request);
  world.until('there is an answer', () => reply.isThere);
  assert.deepEqual([reply.failed, reply.mayHaveHappened], ['NOT_ENOUGH_COPIES', true]);
  world.advance(limits.suspectAfterMs);
  return request;
}

/** Begins to create an account on server 1. The claim arrives at the others, and server 1 does not learn that it did. */
function beginUnheard(world: World, person: Person, request: ReturnType<Person['creation']>) {
  const others = [2, 3].map((id) => world.server(id));
  atNextWrite(world, 1, () => others.forEach((server) => server.hangDisk()));
  const reply = person.client.request('CreateAccount', request);
  world.until('it is written', () => world.server(1).status.ops === 1);
  world.advance(limits.suspectAfterMs / 2);
  world.split([1], [2, 3]);
  for (const server of others) server.resumeDisk();
  world.until('the claim has arrived', () => others.every(({ status }) => status.ops === 1));
  return reply;
}

function namesAt(world: World, server: number): readonly string[] {
  return world.person('reader').at(server).ask('ListAccounts', { pattern: '', after: '', limit: 0 }).names;
}

/**
 * The first server is granted the name by the second, and is cut off before its op arrives there. What it was granted is
 * free with the link, so the others give the name to somebody else, and acknowledge that.
 */
function twiceGranted(world: World, others: readonly number[]) {
  const [first, second] = [world.person('alice').at(1), world.person('alice')];
  const request = beginInVain(world, 1, others, first);
  const acknowledged = second.at(2).create();
  world.heal();
  world.untilInSync();
  world.untilConverged();
  return { first, second, request, acknowledged };
}

test('[R57] with a majority required, an account that was acknowledged keeps its name, whatever was granted before', () => {
  const world = strict();
  const { first, second, request, acknowledged } = twiceGranted(world, [2, 3]);
  assert.equal(acknowledged.storedOn.copies, 2);
  assert.deepEqual(second.at(3).login().account, acknowledged.account);
  for (const server of [1, 2, 3]) {
    assert.deepEqual(namesAt(world, server), ['alice']);
    assert.equal(first.at(server).askInVain('CreateAccount', request), 'NAME_TAKEN');
  }
});

test('[R22] with less than a majority required, the same grants can displace an account that was acknowledged', () => {
  const world = strict({ servers: 5 });
  const { second, acknowledged } = twiceGranted(world, [2, 3, 4, 5]);
  assert.equal(acknowledged.storedOn.copies, 4);
  const { account, name } = second.at(3).login();
  assert.equal(name, 'alice');
  assert.notDeepEqual(account, acknowledged.account, 'the name leads to the other one now');
});

test('[R58] an account that is not confirmed is nobody yet, and its name is given to nobody', () => {
  const world = strict();
  const alice = world.person('alice').at(1);
  const reply = beginUnheard(world, alice, alice.creation());
  world.until('there is an answer', () => reply.isThere);
  assert.equal(reply.failed, 'NOT_ENOUGH_COPIES');
  const bob = world.person('bob').at(2);
  bob.create();
  bob.login();
  assert.equal(bob.askInVain('Send', bob.sending('alice', 'nobody yet')), 'RECIPIENT_NOT_FOUND');
  const other = world.person('alice').at(3);
  assert.equal(other.askInVain('Login', other.loginRequest()), 'ACCOUNT_NOT_FOUND');
  assert.equal(other.askInVain('CreateAccount', other.creation()), 'CONTENDED');
  assert.deepEqual(namesAt(world, 2), ['bob']);
});

test('[R58] a create that is repeated elsewhere waits for the one who began it, and has its result', () => {
  const world = strict();
  const alice = world.person('alice').at(1);
  const request = alice.creation();
  beginUnheard(world, alice, request);
  world.server(1).crash();
  world.heal();
  // Its coordinator is away, and nobody else may say.
  const again = alice.at(2).client.request('CreateAccount', request);
  const askedMs = world.timeline.nowMs;
  world.until('there is an answer', () => again.isThere);
  assert.deepEqual([again.failed, again.mayHaveHappened], ['NOT_ENOUGH_COPIES', true]);
  assert.ok(world.timeline.nowMs - askedMs >= limits.claimAnswerMs);
  const waiting = alice.client.request('CreateAccount', request);
  world.start(1);
  world.until('there is an answer', () => waiting.isThere);
  assert.equal(waiting.outcome, 'done');
  assert.ok(waiting.message!.storedOn.copies >= 2);
  world.untilInSync();
  world.untilConverged();
  for (const server of [1, 2, 3]) {
    assert.deepEqual(alice.at(server).ask('CreateAccount', request).account, waiting.message!.account);
  }
  assert.deepEqual(alice.at(3).login().account, waiting.message!.account);
});

test('[R59] what a server began that was removed since is decided by the member with the smallest id', () => {
  const world = strict();
  const alice = world.person('alice').at(1);
  const request = alice.creation();
  beginUnheard(world, alice, request);
  world.server(1).crash();
  world.heal();
  world.until('the others are in sync', () => world.server(3).peer(2)?.inSync === true);
  const removed: boolean[] = [];
  world.server(3).removeMember(1, ({ state }) => removed.push(state === 'done'));
  world.until('the operator has an answer', () => removed.length > 0);
  assert.deepEqual(removed, [true]);
  const { account } = alice.at(3).ask('CreateAccount', request);
  assert.deepEqual(alice.login().account, account);
  assert.deepEqual(namesAt(world, 2), ['alice']);
});

test('[R59] a server that lost its disk decides on nothing that it began before it has heard every other member', () => {
  const world = strict();
  const alice = world.person('alice').at(1);
  const request = alice.creation();
  // Server 3 has the claim, and not the confirmation.
  atNextWrite(world, 1, () => atNextWrite(world, 1, () => world.split([3], [1, 2])));
  const created = alice.ask('CreateAccount', request);
  assert.equal(created.storedOn.copies, 2);
  world.server(1).crash();
  world.server(1).replaceDisk();
  world.server(2).crash();
  world.heal();
  world.start(1);
  assert.equal(world.server(1).status.ops, 1);
  assert.equal(alice.at(1).askInVain('CreateAccount', request), 'NOT_ENOUGH_COPIES');
  assert.equal(world.server(1).status.ops, 1, 'it has decided nothing');
  world.start(2);
  world.untilInSync();
  world.untilConverged();
  assert.deepEqual(alice.at(1).ask('CreateAccount', request).account, created.account);
});

test('[R57] of two claims of which neither was confirmed, the earlier is, and the other is given up', () => {
  const world = strict();
  const [first, second] = [world.person('alice').at(1), world.person('alice').at(2)];
  const firstRequest = beginInVain(world, 1, [2, 3], first);
  const secondRequest = beginInVain(world, 2, [1, 3], second);
  // Only the two meet, so that neither claim can be confirmed before the other is known.
  world.heal();
  world.split([3], [1, 2]);
  world.until('1 and 2 agree', () => world.server(1).status.stateHash === world.server(2).status.stateHash);
  world.heal();
  world.untilInSync();
  world.untilConverged();
  const created = first.at(3).ask('CreateAccount', firstRequest);
  assert.equal(second.at(3).askInVain('CreateAccount', secondRequest), 'NAME_TAKEN');
  assert.deepEqual(first.at(2).login().account, created.account);
  assert.deepEqual(namesAt(world, 1), ['alice']);
});

test('[R58] who asks for one name on two servers, one after the other, is told of the account that comes of it', () => {
  const world = strict();
  const alice = world.person('alice').at(1);
  const request = beginInVain(world, 1, [2, 3], alice);
  // The other server has not heard of the first, and is cut off as well before anyone hears of the second.
  const again = alice.at(2);
  atNextWrite(world, 2, () => world.split([2], [1, 3]));
  const reply = again.client.request('CreateAccount', request);
  world.until('it is written', () => world.server(2).status.ops === 1);
  world.heal();
  world.split([3], [1, 2]);
  world.until('there is an answer', () => reply.isThere);
  assert.equal(reply.outcome, 'done');
  world.heal();
  world.untilInSync();
  world.untilConverged();
  for (const server of [1, 2, 3]) {
    assert.deepEqual(alice.at(server).ask('CreateAccount', request).account, reply.message!.account);
    assert.deepEqual(namesAt(world, server), ['alice']);
  }
});

test('[R59] who decides for a removed server knows first what all others had of it when they learned that', () => {
  const maker = new OpMaker();
  const state = new ChatState();
  const operation = { client: new Uint8Array(16), counter: 1 };
  const creation = { name: 'alice', passwordHash: '', operation, seen: [] };
  const rival = maker.make(1, 'AccountCreatedOp', { ...creation, coordinator: 1 });
  const claim = maker.make(5, 'AccountCreatedOp', { ...creation, coordinator: 5 });
  const removal = maker.make(2, 'MemberRemovedOp', { group: 'made', server: 5, change: 1 });
  const confirmation = maker.make(5, 'AccountConfirmedOp', { account: claim.id, seen: [] });
  const members = new Members({
    self: 1,
    group: 'made',
    seeds: [1, 2, 3, 5].map((id) => ({ id, host: `server-${id}`, port: 6000 })),
    settled: state.members,
  });
  const links = [2, 3].map((server) => ({ server, durable: new Vector() }));
  const written: string[] = [];
  let isDiskFull = false;
  const claims = new Claims(
    {
      minCopies: 3,
      members,
      state,
      clock: new Timeline().clock(),
      origin: { current: 1, hasHeard: () => true, shown: new Vector() },
      peers: { linkedMembers: links },
      mayWrite: () => !isDiskFull,
    },
    {
      anyhow: (name, op) => written.push(`${name} ${JSON.stringify(op)}`),
      get context(): never {
        throw new Error('Nobody waits here.');
      },
    },
  );
  for (const op of [rival, claim]) applyTo(state, op);
  claims.advance();
  applyTo(state, removal);
  members.changed();
  // One other knows of the removal and of no more; what the second has of the removed server is yet to be told.
  for (const dot of [rival, claim, removal]) links[0]!.durable.raise(dot.id.origin, dot.id.seq);
  claims.advance();
  assert.deepEqual(written, []);
  for (const dot of [rival, claim, removal, confirmation]) links[1]!.durable.raise(dot.id.origin, dot.id.seq);
  claims.advance();
  assert.deepEqual(written, [], 'it is told, and has yet to come');
  applyTo(state, confirmation);
  isDiskFull = true;
  claims.advance();
  assert.deepEqual(written, [], 'nothing is written to a full disk');
  isDiskFull = false;
  claims.advance();
  assert.deepEqual(
    written,
    [`AccountDeletedOp {"account":{"origin":1,"seq":1}}`],
    'its own gives way to the confirmed',
  );
});
