import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PUSH } from '../core/wire/frame.js';
import { HoldfastError } from './errors.js';
import { fakePlatform, type FakePlatform } from './fake-platform.testing.js';
import type { GroupStore, KnownGroup } from './known-group.js';

class FakeStore implements GroupStore {
  readonly keeps: KnownGroup[] = [];
  kept: unknown;
  failure: Error | undefined;

  load(): Promise<KnownGroup | undefined> {
    return this.failure === undefined
      ? Promise.resolve(this.kept as KnownGroup | undefined)
      : Promise.reject(this.failure);
  }

  keep(known: KnownGroup): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.keeps.push(known);
    this.kept = structuredClone(known);
    return Promise.resolve();
  }

  get ids(): number[] {
    return (this.kept as KnownGroup).servers.map(({ id }) => id);
  }
}

/** A config that has the first two servers of four. */
function oldConfig(world: FakePlatform): unknown {
  return { servers: [1, 2].map((id) => ({ id, ...world.group.server(id).address })) };
}

test('[C86] a client keeps what servers tell, when it is told and when that changes, and not again', async () => {
  const world = fakePlatform(4);
  world.group.members = world.group.membersWith(1, 2);
  const groupStore = new FakeStore();
  const client = await world.connect({ groupStore }, oldConfig(world));
  await world.turn();
  assert.deepEqual(groupStore.ids, [1, 2]);
  const events: number[][] = [];
  client.on('membersChanged', ({ servers }) => events.push(servers.map(({ id }) => id)));
  world.group.members = world.group.membersWith(2, 3, 4);
  world.group.send(world.group.connection, 'Members', { members: world.group.members }, PUSH);
  world.group.send(world.group.connection, 'Members', { members: world.group.members }, PUSH);
  await world.turn();
  assert.deepEqual(groupStore.ids, [2, 3, 4]);
  assert.deepEqual(events, [[2, 3, 4]]);
  assert.deepEqual(
    client.members.map(({ id }) => id),
    [2, 3, 4],
  );
  assert.equal(groupStore.keeps.length, 2);
  await world.until(client.close());

  const again = await world.connect({ groupStore }, oldConfig(world));
  await world.until(again.close());
  assert.equal(groupStore.keeps.length, 2, 'it is what is kept already');
});

test('[C87] a client whose config has only servers that are gone finds the group by what was kept', async () => {
  const world = fakePlatform(4);
  const groupStore = new FakeStore();
  world.group.members = world.group.membersWith(3, 4);
  await world.until((await world.connect({ groupStore }, oldConfig(world))).close());
  for (const id of [1, 2]) world.group.kill(world.group.server(id));
  await assert.rejects(world.connect({ roundsMax: 2 }, oldConfig(world)), HoldfastError);
  const client = await world.connect({ groupStore, roundsMax: 1 }, oldConfig(world));
  assert.ok([3, 4].includes(client.server!.id));
  await world.until(client.close());
});

test('[C87] the addresses of the config are tried all the same', async () => {
  const world = fakePlatform(4);
  const groupStore = new FakeStore();
  groupStore.kept = {
    group: 'holdfast',
    servers: world.group.membersWith(3, 4).map(({ server, ...rest }) => ({ id: server, ...rest })),
  };
  for (const id of [2, 3, 4]) world.group.kill(world.group.server(id));
  const client = await world.connect({ groupStore, roundsMax: 1 }, oldConfig(world));
  assert.equal(client.server!.id, 1);
  await world.until(client.close());
});

test('[C87] what was kept of another group than the config names is not used', async () => {
  const world = fakePlatform(4);
  const groupStore = new FakeStore();
  groupStore.kept = { group: 'another', servers: [{ id: 4, ...world.group.server(4).address }] };
  for (const id of [1, 2]) world.group.kill(world.group.server(id));
  const config = { ...(oldConfig(world) as object), group: 'holdfast' };
  await assert.rejects(world.connect({ groupStore, roundsMax: 1 }, config), HoldfastError);
  assert.ok(world.group.dials.every(({ server }) => server <= 2));
});

test('[C89] a store that fails, or gives what is no group, keeps nobody from connecting', async () => {
  const world = fakePlatform(4);
  const groupStore = new FakeStore();
  for (const kept of [null, 'text', { group: 'a b', servers: [] }, { group: 'holdfast' }, []]) {
    groupStore.kept = kept;
    await world.until((await world.connect({ groupStore }, oldConfig(world))).close());
    assert.deepEqual(groupStore.ids, [1, 2, 3, 4]);
  }
  groupStore.kept = undefined;
  groupStore.failure = new Error('the disk is full');
  const client = await world.connect({ groupStore }, oldConfig(world));
  await world.turn();
  groupStore.failure = undefined;
  assert.equal(groupStore.kept, undefined);
  world.group.kill(world.group.connection.server);
  await world.turn();
  world.group.advance(100);
  await world.until(client.close());
  assert.deepEqual(groupStore.ids, [1, 2, 3, 4], 'it is kept when it is told the next time');
});

test('[C86] a pinned client keeps nothing', async () => {
  const world = fakePlatform(2);
  const groupStore = new FakeStore();
  const config = { servers: [{ id: 1, ...world.group.server(1).address }] };
  await world.until((await world.connect({ groupStore }, config)).close());
  assert.equal(groupStore.kept, undefined);
});
