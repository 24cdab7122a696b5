import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { ServerId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { entryOf } from '../../sim/world.js';
import type { MembersSettled } from './member-changes.js';
import { settled, add, remove, membersOf, chatting, untilLeft, reportsOf } from './members.testing.js';
import { World } from './world.testing.js';

for (const [ids, joining] of [
  [[1, 2, 3], 4],
  [[2, 3, 4], 1],
] as const) {
  test(`[R60] a server that knows one other joins while people write, with id ${joining} in a group of ${ids.join(', ')}`, () => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const { world, alice, bob } = chatting(ids, seed);
      alice.send('bob', 'before');
      const answer = add(world, ids[1], joining);
      assert.equal(answer.state, 'done');
      world.addServer(joining, ids[2]).start();
      for (let index = 0; index < 10; index += 1) alice.send('bob', `message ${index}`);
      world.until('it is open', () => world.server(joining).isOpen);
      world.untilInSync();
      assert.deepEqual(alice.send('bob', 'after').storedOn, { copies: 4, members: 4 });
      world.untilConverged();
      for (const id of [...ids, joining]) assert.deepEqual(membersOf(world, id), [1, 2, 3, 4]);
      bob.at(joining).resume();
      bob.receive();
      assert.deepEqual(bob.texts, ['before', ...Array.from({ length: 10 }, (_, index) => `message ${index}`), 'after']);
      assert.deepEqual(world.errors, []);
    }
  });
}

test('[R61] a server opens only when it has all that the group had, also where it knew one server only', () => {
  const { world, alice } = chatting();
  for (let index = 0; index < 50; index += 1) alice.send('bob', `message ${index}`);
  add(world, 1, 4);
  const { vector } = world.server(2).status;
  world.addServer(4, 3);
  world.start(4);
  assert.deepEqual(world.server(4).status.vector, vector);
});

test('[R61] a server that nobody has added does not open, says so once, and joins once it is added', () => {
  const { world } = chatting();
  const server = world.addServer(4, 3);
  server.start();
  world.advance(10 * limits.joinGraceMs);
  assert.equal(server.isOpen, false);
  const errors = server.reports.filter(({ level }) => level === 'error');
  assert.equal(errors.length, 1);
  assert.match(String(errors[0]!.facts['reason']), /Server 3 knows of no server 4 in its group/);
  assert.equal(reportsOf(world, 3, 'A server that is not a member wants to link.').length, 1);
  assert.deepEqual(reportsOf(world, 4, 'Linked to a server.'), []);
  add(world, 1, 4);
  world.until('it is open', () => server.isOpen);
  world.untilInSync();
});

test('[R61] a new server whose config has only a server that has gone since is taken in by the others', () => {
  const { world, alice } = chatting();
  add(world, 1, 4);
  world.addServer(4, 3);
  remove(world, 1, 3);
  untilLeft(world, 3);
  world.server(4).start();
  world.until('it is linked to both', () => [1, 2].every((id) => world.server(4).peer(id)?.inSync === true));
  assert.deepEqual(membersOf(world, 4), [1, 2, 4]);
  assert.deepEqual(alice.send('bob', 'hello').storedOn, { copies: 3, members: 3 });
});

test('[R62] the server with the larger id dials as well where the other cannot, and one link comes of it', () => {
  const { world } = chatting();
  const elsewhere = { server: 4, host: 'nowhere', port: 1, move: false };
  assert.equal(settled(world, (done) => world.server(1).addMember(elsewhere, done)).state, 'done');
  world.addServer(4, 1, 2, 3);
  world.start(4);
  world.untilInSync();
  world.advance(10 * limits.suspectAfterMs);
  for (const id of [1, 2, 3]) {
    const told = world.server(id).reports.filter(({ facts, text }) => facts['server'] === 4 && text.includes('ink'));
    assert.deepEqual(
      told.map(({ text }) => text),
      ['Linked to a server.'],
    );
  }
});

test('[R62] where both sides dial at once one connection stays, whatever the delays', () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const world = new World({ seed, servers: 2 });
    world.startInSync();
    world.split([1], [2]);
    world.advance(3 * limits.suspectAfterMs);
    world.heal();
    world.untilInSync();
    const links = () => [1, 2].map((id) => reportsOf(world, id, 'Linked to a server.').length);
    const before = links();
    world.advance(5 * limits.suspectAfterMs);
    assert.deepEqual(links(), before, `seed ${seed}: the link stays`);
  }
});

test('[R66] after changes all start again from their old configs, and the group is what it was', () => {
  const { world, alice } = chatting();
  add(world, 1, 4);
  world.addServer(4, 1);
  world.start(4);
  world.untilInSync();
  remove(world, 2, 1);
  untilLeft(world, 1);
  alice.at(2).resume();
  alice.send('bob', 'before');
  for (const server of world.running) server.crash();
  world.start(2, 3, 4);
  world.untilInSync();
  for (const id of [2, 3, 4]) assert.deepEqual(membersOf(world, id), [2, 3, 4]);
  alice.at(4).resume();
  assert.deepEqual(alice.send('bob', 'after').storedOn, { copies: 3, members: 3 });
  assert.deepEqual(alice.history('bob'), ['before', 'after']);
  assert.deepEqual(world.errors, []);
});

test('[R66] a server that lost its view database knows the members by its log', () => {
  const { world } = chatting();
  remove(world, 1, 3);
  untilLeft(world, 3);
  world.server(2).crash();
  world.server(2).loseView();
  world.split([1], [2]);
  world.start(2);
  assert.deepEqual(membersOf(world, 2), [1, 2]);
  const [told] = reportsOf(world, 2, 'The group has other members than the config.');
  assert.deepEqual(told?.facts, { members: '1 at server-1:6001, 2 at server-2:6002' });
});

test('[R67] members changed on both sides of a split: both changes hold after it', () => {
  const { world } = chatting([1, 2, 3, 4]);
  world.split([1, 2], [3, 4]);
  world.advance(2 * limits.suspectAfterMs);
  assert.equal(remove(world, 1, 2).state, 'done');
  assert.equal(add(world, 3, 5).state, 'done');
  world.addServer(5, 3);
  world.start(5);
  untilLeft(world, 2);
  world.heal();
  world.untilInSync();
  world.untilConverged();
  for (const id of [1, 3, 4, 5]) assert.deepEqual(membersOf(world, id), [1, 3, 4, 5]);
});

test('[R67] of two changes of one server on two sides of a split, the one that knew of more holds, then the later', () => {
  const { world } = chatting([1, 2, 3, 4]);
  world.split([1, 2, 4], [3]);
  world.advance(2 * limits.suspectAfterMs);
  remove(world, 3, 4);
  add(world, 3, 4);
  remove(world, 1, 4);
  untilLeft(world, 4);
  world.heal();
  world.start(4);
  world.untilInSync();
  world.untilConverged();
  for (const id of [1, 2, 3, 4]) assert.deepEqual(membersOf(world, id), [1, 2, 3, 4]);
});

test('[R67] a group keeps a member also where each side of a split has removed another: the one that was removed last', () => {
  const { world, alice, bob } = chatting();
  alice.send('bob', 'before');
  world.split([1], [2], [3]);
  world.advance(2 * limits.suspectAfterMs);
  for (const [at, server] of [
    [1, 2],
    [2, 3],
    [3, 1],
  ] as const) {
    assert.equal(remove(world, at, server).state, 'done');
    world.advance(100);
  }
  world.heal();
  for (const id of [2, 3]) untilLeft(world, id);
  assert.deepEqual(membersOf(world, 1), [1]);
  alice.at(1).resume();
  assert.deepEqual(alice.send('bob', 'after').storedOn, { copies: 1, members: 1 });
  assert.equal(add(world, 1, 2).state, 'done');
  assert.deepEqual(membersOf(world, 1), [1, 2], 'it is a member like any other now');
  world.start(2);
  world.untilInSync();
  bob.at(2).resume();
  bob.receive();
  assert.deepEqual(bob.texts, ['before', 'after']);
});

test('[R68] what cannot be right is refused, and says what is there', () => {
  const { world } = chatting([1, 2]);
  const code = (answer: MembersSettled) => (answer.state === 'refused' ? answer.failure.code : answer.value.changed);
  const at = (server: ServerId, host: string, port: number, move = false) =>
    settled(world, (done) => world.server(1).addMember({ server, host, port, move }, done));
  assert.equal(code(add(world, 1, 2)), false, 'it is there already');
  assert.equal(code(at(2, 'elsewhere', 6002)), 'MEMBER_EXISTS');
  assert.equal(code(at(3, entryOf(2).host, entryOf(2).port)), 'MEMBER_EXISTS');
  assert.equal(code(at(3, '0.0.0.0', 6003)), 'USAGE');
  assert.equal(code(at(0, 'somewhere', 6003)), 'USAGE');
  assert.equal(code(at(3, 'somewhere', 0)), 'USAGE');
  assert.equal(code(at(9, 'somewhere', 6009, true)), 'MEMBER_NOT_FOUND');
  assert.equal(code(remove(world, 1, 9)), 'MEMBER_NOT_FOUND');
  for (let id = 3; id <= limits.membersMax; id += 1) assert.equal(code(add(world, 1, id)), true);
  assert.equal(code(add(world, 1, limits.membersMax + 1)), 'USAGE');
  for (let id = 3; id <= limits.membersMax; id += 1) assert.equal(code(remove(world, 1, id)), true);
  world.server(2).crash();
  world.advance(2 * limits.suspectAfterMs);
  assert.equal(code(remove(world, 1, 1)), 'NOWHERE_TO_MOVE');
  assert.equal(code(remove(world, 1, 2)), true);
  assert.equal(code(remove(world, 1, 1)), 'USAGE');
  assert.deepEqual(membersOf(world, 1), [1]);
});

test('[R68] a group that has fewer members than copies are required can be given more', () => {
  const world = new World({ servers: 1, minCopies: 2 });
  world.start();
  const answer = add(world, 1, 2);
  assert.equal(answer.state === 'done' && answer.value.changed, true);
  world.addServer(2, 1).start();
  world.untilInSync();
  const alice = world.person('alice').at(1);
  assert.equal(alice.create().storedOn.copies, 2);
});

test('[R68] without a key only this machine can be added', () => {
  const world = new World({ servers: 1 });
  world.server(1).groupKey = new Uint8Array(0);
  world.start();
  const code = (host: string) => {
    const answer = settled(world, (done) => world.server(1).addMember({ server: 2, host, port: 1, move: false }, done));
    return answer.state === 'refused' ? answer.failure.code : answer.value.changed;
  };
  assert.equal(code('chat-2.example.org'), 'USAGE');
  assert.equal(code('127.0.0.1'), true);
});

test('[R68] a server that has not caught up yet changes nothing', () => {
  const { world } = chatting();
  world.server(3).crash();
  world.server(3).start();
  const answer = add(world, 3, 4);
  assert.equal(answer.state === 'refused' && answer.failure.code, 'STARTING');
});

test('[R68] a member can be moved to another address', () => {
  const { world } = chatting();
  const moved = settled(world, (done) =>
    world.server(1).addMember({ server: 3, host: 'new-home', port: 7003, move: true }, done),
  );
  assert.equal(moved.state, 'done');
  const { members } = world.server(2).status;
  assert.deepEqual(members.at(-1), { server: 3, host: 'new-home', port: 7003 });
  // It goes on where it is, and says so, then and when it is started there once more.
  const told = () => reportsOf(world, 3, 'The group has this server at another address than its config.');
  world.until('server 3 knows', () => told().length === 1);
  assert.deepEqual(told()[0]?.facts, { group: 'new-home:7003', config: 'server-3:6003' });
  world.server(3).crash();
  world.start(3);
  assert.equal(told().length, 2);
  assert.deepEqual(reportsOf(world, 1, 'The group has this server at another address than its config.'), []);
});

test('[R68] with minCopies neither too few servers are left, nor is a change made where too few would hold it', () => {
  const world = new World({ minCopies: 2 });
  world.startInSync();
  const code = (answer: MembersSettled) => (answer.state === 'refused' ? answer.failure.code : answer.value.changed);
  assert.equal(code(remove(world, 1, 3)), true);
  assert.equal(code(remove(world, 1, 2)), 'NOT_ENOUGH_COPIES');
  world.server(2).crash();
  world.advance(2 * limits.suspectAfterMs);
  assert.equal(code(add(world, 1, 4)), 'NOT_ENOUGH_COPIES');
});

test('[R69] every client is told of the members as they change', () => {
  const { world, alice } = chatting();
  add(world, 2, 4);
  world.until('alice is told', () => alice.client.members.length > 0);
  const ids = alice.client.members.at(-1)!.map(({ server }) => server);
  assert.deepEqual(ids, [1, 2, 3, 4]);
});
