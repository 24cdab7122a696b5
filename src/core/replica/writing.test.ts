import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import type { Person } from './person.testing.js';
import { World } from './world.testing.js';

/** A world in sync where alice, on server 1, and bob are known and alice is logged in. */
function worldOfTwo(seed = 1): { readonly world: World; readonly alice: Person } {
  const world = new World({ seed });
  world.startInSync();
  const alice = world.person('alice').at(1);
  alice.create();
  world.person('bob').at(1).create();
  alice.login();
  return { world, alice };
}

test('[R10] a write waits for the disk of every server in sync, and says on how many it is', () => {
  const { world, alice } = worldOfTwo();
  assert.deepEqual(alice.send('bob', 'to all').storedOn, { copies: 3, members: 3 });
  for (const hanging of [1, 2, 3]) {
    world.server(hanging).hangDisk();
    const sent = alice.client.request('Send', alice.sending('bob', `server ${hanging} hangs`));
    world.advance(limits.suspectAfterMs / 2);
    assert.equal(sent.outcome, 'waiting', `server ${hanging} hangs`);
    world.server(hanging).resumeDisk();
    world.until('it is stored', () => sent.isThere);
    assert.deepEqual(sent.message?.storedOn, { copies: 3, members: 3 });
  }
});

test('[R10] nothing is shown to a reader before it is durable on the server of the reader', () => {
  const { world, alice } = worldOfTwo();
  const bob = world.person('bob').at(2);
  bob.login();
  bob.receive();
  world.server(2).hangDisk();
  alice.client.request('Send', alice.sending('bob', 'not yet'));
  world.advance(limits.suspectAfterMs / 2);
  assert.deepEqual(bob.texts, []);
  world.server(2).resumeDisk();
  world.until('it is shown', () => bob.texts.length === 1);
});

test('[R11] a server that crashes is left at once, and writes go on with those that remain', () => {
  const { world, alice } = worldOfTwo();
  world.server(3).crash();
  const fromMs = world.timeline.nowMs;
  assert.deepEqual(alice.send('bob', 'to two').storedOn, { copies: 2, members: 3 });
  assert.ok(world.timeline.nowMs - fromMs < limits.suspectAfterMs / 2);
  world.server(2).crash();
  assert.deepEqual(alice.send('bob', 'to one').storedOn, { copies: 1, members: 3 });
});

test('[R11] a server that stands still is left after the suspicion time', () => {
  const { world, alice } = worldOfTwo();
  world.server(3).freeze();
  const fromMs = world.timeline.nowMs;
  assert.equal(alice.send('bob', 'one').storedOn.copies, 2);
  const waitedMs = world.timeline.nowMs - fromMs;
  assert.ok(waitedMs > limits.suspectAfterMs - limits.peerHeartbeatMs - limits.tickMs);
  assert.ok(waitedMs < limits.suspectAfterMs + 3 * limits.tickMs, `${waitedMs} ms`);
  world.advance(limits.tickMs);
  assert.equal(world.server(1).peer(3), undefined);
  const nextMs = world.timeline.nowMs;
  assert.equal(alice.send('bob', 'at once').storedOn.copies, 2);
  world.person('carol').at(1).create();
  assert.ok(world.timeline.nowMs - nextMs < limits.suspectAfterMs / 2, 'only the first write waits');
  world.server(3).thaw();
  world.untilInSync();
  assert.equal(alice.send('bob', 'two').storedOn.copies, 3);
  world.untilConverged();
});

for (const [from, to] of [
  [1, 3],
  [3, 1],
] as const) {
  test(`[R11] a link that is cut in the direction from ${from} to ${to} is left after the suspicion time`, () => {
    const { world, alice } = worldOfTwo();
    world.cutOneWay(from, to);
    const sent = alice.client.request('Send', alice.sending('bob', 'one'));
    world.until('it is stored', () => sent.isThere, 3 * limits.suspectAfterMs);
    world.until('it is there by way of server 2', () => world.server(3).status.ops === world.server(1).status.ops);
    world.heal();
    world.untilInSync();
    world.untilConverged();
  });
}

test('[R14] a server whose disk hangs while it heartbeats is left, and waited for again once it has caught up', () => {
  const { world, alice } = worldOfTwo();
  world.server(3).hangDisk();
  const fromMs = world.timeline.nowMs;
  assert.equal(alice.send('bob', 'one').storedOn.copies, 2);
  assert.ok(world.timeline.nowMs - fromMs > limits.suspectAfterMs);
  assert.equal(world.server(1).peer(3)?.inSync, false);
  const nextMs = world.timeline.nowMs;
  assert.equal(alice.send('bob', 'two').storedOn.copies, 2);
  assert.ok(world.timeline.nowMs - nextMs < limits.suspectAfterMs / 2, 'only the first write waits');
  world.advance(2 * limits.suspectAfterMs);
  assert.equal(world.server(1).peer(3)?.inSync, false);
  world.server(3).resumeDisk();
  world.untilInSync();
  assert.equal(alice.send('bob', 'three').storedOn.copies, 3);
});

test('[R14] a server that was too slow comes back while writes go on without a pause', () => {
  const { world, alice } = worldOfTwo();
  const writers = ['carol', 'dan', 'eve', 'frank', 'grace', 'heidi'].map((name) => world.person(name).at(1));
  for (const writer of writers) {
    writer.create();
    writer.login();
  }
  world.server(3).hangDisk();
  alice.send('bob', 'one');
  assert.equal(world.server(1).peer(3)?.inSync, false);
  world.server(3).resumeDisk();
  const write = (): void => {
    for (const writer of writers) writer.client.request('Send', writer.sending('bob', 'and on'));
    world.advance(1);
  };
  for (let count = 0; count < 3_000 && world.server(1).peer(3)?.inSync !== true; count += 1) write();
  assert.equal(world.server(1).peer(3)?.inSync, true);
  assert.ok(writers.every(({ client }) => client.isConnected));
});

test('[R15] after a split of any length the servers link again within the suspicion time', () => {
  for (const splitMs of [500, 1_200, 2_500, 9_000, 70_000]) {
    const { world } = worldOfTwo();
    world.split([1], [2, 3]);
    world.advance(splitMs);
    world.heal();
    world.until(
      `linked again after ${splitMs} ms`,
      () => [2, 3].every((id) => world.server(1).peer(id) !== undefined),
      limits.suspectAfterMs + limits.redialMaxMs + 4 * limits.tickMs,
    );
    world.untilInSync();
  }
});

test('a server that was paused blames nobody for the silence', () => {
  const { world } = worldOfTwo();
  world.server(1).freeze();
  world.advance(limits.suspectAfterMs * 0.8);
  world.server(1).thaw();
  world.advance(limits.tickMs * 2);
  assert.equal(world.server(1).peer(2)?.inSync, true);
  assert.equal(world.server(2).peer(1)?.inSync, true);
});

test('[R12] a send that is repeated on another server has one result, and another text is refused', () => {
  const { world, alice } = worldOfTwo();
  const request = alice.sending('bob', 'once');
  const first = alice.ask('Send', request);
  world.server(1).crash();
  alice.at(2).resume();
  const again = alice.ask('Send', request);
  assert.deepEqual({ ...again, storedOn: undefined }, { ...first, storedOn: undefined });
  assert.deepEqual(again.storedOn, { copies: 2, members: 3 });
  assert.equal(alice.askInVain('Send', { ...request, text: 'another' }), 'OPERATION_REUSED');
  assert.deepEqual(alice.history('bob'), ['once']);
});

test('[R12] a repeated send waits for the disks of those in sync where it is repeated, as a new one does', () => {
  const { world, alice } = worldOfTwo();
  const request = alice.sending('bob', 'once');
  world.server(3).hangDisk();
  alice.client.request('Send', request);
  world.until('server 2 has it', () => world.server(2).status.ops === world.server(1).status.ops);
  world.server(1).crash();
  alice.at(2).resume();
  world.until('server 2 has it durably', () => world.server(2).status.viewLagOps === 0);
  const again = alice.client.request('Send', request);
  world.advance(limits.suspectAfterMs / 2);
  assert.equal(again.outcome, 'waiting');
  world.server(3).resumeDisk();
  world.until('it is stored', () => again.isThere);
  assert.equal(again.message?.storedOn.copies, 2);
});

test('[R70] a server whose disk hangs sends its clients elsewhere, and what they sent is stored once', () => {
  const { world, alice } = worldOfTwo();
  const server = world.server(1);
  server.hangDisk();
  const request = alice.sending('bob', 'is it there?');
  const sent = alice.client.request('Send', request);
  world.until('alice is sent elsewhere', () => !alice.client.isConnected, limits.diskStallMs + 1_000);
  assert.equal(alice.client.closedWith, 'DISK_STALLED');
  assert.equal(sent.outcome, 'CONNECTION_LOST');
  const refused = world.client();
  const hello = refused.connect(world.addressOf(1));
  world.until('no other client is taken', () => hello.isThere);
  assert.equal(refused.closedWith, 'DISK_STALLED');
  assert.equal(server.status.state, 'stalled');

  alice.at(2).resume();
  assert.equal(alice.ask('Send', request).storedOn.copies, 2);
  server.resumeDisk();
  world.until('it serves again', () => server.status.state === 'open');
  world.untilInSync();
  world.untilConverged();
  const bob = world.person('bob').at(1);
  bob.login();
  bob.receive();
  world.until('all is there', () => bob.client.lives === 1);
  assert.deepEqual(bob.texts, ['is it there?']);
});

test('[R70] the clients of a server whose disk hangs stay where no other server is open', () => {
  const world = new World({ servers: 2 });
  world.start(1);
  const { client } = world.person('alice').at(1);
  world.server(1).hangDisk();
  client.request('CreateAccount', {
    name: 'alice',
    password: 'secret',
    operation: { client: new Uint8Array(16).fill(1), counter: 1 },
  });
  world.advance(limits.diskStallMs + 1_000);
  assert.equal(client.isConnected, true);
  assert.equal(world.server(1).status.state, 'open');
});
