/** Classes of bugs that show in how clients and servers find each other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { World } from '#src/core/replica/world.testing.js';

import { Cluster } from '../e2e/cluster.js';

test('client never returns to an earlier server: each of two servers that die in turn is used again', async (t) => {
  const cluster = await Cluster.start(t, { servers: 2 });
  const alice = await cluster.client(t);
  await alice.createAccount('alice', 'secret');
  await alice.login('alice', 'secret');
  const used = new Set<number>();
  for (let round = 0; round < 3; round += 1) {
    const { id } = alice.server!;
    used.add(id);
    await cluster.kill(id);
    const sent = await alice.send('alice', `round ${round}`);
    assert.deepEqual(sent.storedOn, { copies: 1, members: 2 });
    assert.notEqual(alice.server!.id, id);
    await cluster.start(id);
    await cluster.converged();
  }
  assert.equal(used.size, 2);
  const { messages } = await alice.history('alice');
  assert.equal(messages.length, 3);
});

test('server must dial the client: everything reaches a client over the connection that it opened itself', () => {
  const world = new World();
  const dialled: string[] = [];
  for (const { host } of world.servers) {
    const dial = host.dial.bind(host);
    host.dial = (address) => {
      dialled.push(address.host);
      return dial(address);
    };
  }
  world.startInSync();
  const [alice, bob] = [world.person('alice').at(1), world.person('bob').at(2)];
  for (const person of [alice, bob]) {
    person.create();
    person.login();
    person.receive();
  }
  alice.send('bob', 'hello');
  bob.send('alice', 'hello yourself');
  world.until('both have it', () => [alice, bob].every(({ texts }) => texts.length === 1));
  // Told by another server that the session goes on elsewhere, too.
  const again = world.person('bob').at(3);
  again.login(again.loginRequest(true));
  world.until('bob is told', () => bob.client.sessionEnded === 'SESSION_REPLACED');
  const servers = new Set(world.servers.map(({ host }) => host.name));
  assert.ok(dialled.length > 0);
  assert.deepEqual(
    dialled.filter((host) => !servers.has(host)),
    [],
  );
});
