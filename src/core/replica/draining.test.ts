import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import type { MessageOf } from '../wire/message-types.js';
import { reportsOf } from './members.testing.js';
import { askToDrain } from './operator.testing.js';
import { World } from './world.testing.js';

type Drained = MessageOf<'Drained'>;

test('[W131] a server that stops asks its clients to go on elsewhere, answers what it owes, and takes no new one', () => {
  const world = new World({ servers: 2 });
  world.startInSync();
  const alice = world.person('alice').at(1);
  const { client } = alice;
  world.server(1).hangDisk();
  const owed = client.request('CreateAccount', {
    name: 'alice',
    password: 'secret',
    operation: { client: new Uint8Array(16).fill(1), counter: 1 },
  });
  world.advance(50);
  let drained: Drained | undefined;
  world.server(1).drain((outcome) => {
    drained = outcome;
  });
  world.until('the client is asked to go', () => client.isToMoveOn);
  assert.equal(owed.outcome, 'waiting');
  const late = world.client();
  const hello = late.connect(world.addressOf(1));
  world.until('a new client is sent away', () => hello.isThere);
  assert.equal(late.closedWith, 'STOPPING');
  assert.equal(drained, undefined, 'the client is waited for');

  world.server(1).resumeDisk();
  world.until('the answer comes', () => owed.isThere);
  assert.equal(owed.outcome, 'done');
  client.close();
  world.until('nobody is left', () => drained !== undefined);
  assert.deepEqual(drained, { moved: 1, left: 0 });
  const text = 'Moving the clients to other servers.';
  assert.equal(reportsOf(world, 1, text).length, 1);
  world.server(2).drain(() => {});
  assert.deepEqual(reportsOf(world, 2, text), [], 'it has none');
});

test('[W131] a client that does not know how to go on elsewhere, or does not, is not waited for without end', () => {
  const world = new World({ servers: 2 });
  world.startInSync();
  const [old, slow] = [world.client(), world.client()];
  const welcomes = [old.connect(world.addressOf(1), { versionMin: 1, versionMax: 1 })];
  world.until('it is served', () => welcomes.every((welcome) => welcome.isThere));
  assert.equal(welcomes[0]!.message?.version, 1);
  const drain = (): Drained => {
    let drained: Drained | undefined;
    world.server(1).drain((outcome) => {
      drained = outcome;
    });
    world.until('the draining is over', () => drained !== undefined, limits.drainMs + 1_000);
    return drained!;
  };
  const beginMs = world.timeline.nowMs;
  assert.deepEqual(drain(), { moved: 0, left: 1 });
  assert.ok(world.timeline.nowMs - beginMs < limits.drainMs);
  assert.equal(old.isToMoveOn, true, 'it was told, and skips what it does not know');

  const hello = slow.connect(world.addressOf(2));
  world.until('it is served', () => hello.isThere);
  world.server(1).crash();
  world.start(1);
  let drained: Drained | undefined;
  world.server(2).drain((outcome) => {
    drained = outcome;
  });
  world.until('its time is over', () => drained !== undefined, limits.drainMs + 1_000);
  assert.deepEqual(drained, { moved: 0, left: 1 });
});

test('[W131] of servers that are asked to drain at once, each with the other to go to, one stays open', () => {
  let stayed = 0;
  for (let seed = 1; seed <= 20; seed += 1) {
    const world = new World({ seed, servers: 2 });
    world.startInSync();
    const [alice, bob] = [world.person('alice').at(1), world.person('bob').at(2)];
    const answers: string[] = [];
    for (const id of [1, 2]) askToDrain(world, id, (answer) => answers.push(answer));
    world.until('both have answered', () => answers.length === 2, limits.drainMs + 1_000);
    assert.ok(answers.includes('NOWHERE_TO_MOVE'), `seed ${seed}`);
    if (answers.includes('Drained')) continue;
    stayed += 1;
    world.advance(limits.lingerMs + 1_000);
    assert.deepEqual(
      world.servers.map(({ status }) => status.state),
      ['open', 'open'],
    );
    for (const person of [alice, bob]) person.create();
    const late = world.client();
    const hello = late.connect(world.addressOf(1));
    world.until('a new client is served', () => hello.isThere);
    assert.equal(hello.outcome, 'done');
  }
  assert.ok(stayed > 0, 'some were asked before they knew of each other');
});

test('[W131] an operator drains a server whose clients have another to go to, and it stops', () => {
  const world = new World({ servers: 2 });
  world.startInSync();
  const answers: string[] = [];
  askToDrain(world, 1, (answer) => answers.push(answer));
  world.until('it has answered', () => answers.length > 0);
  assert.deepEqual(answers, ['Drained']);
  world.until('it has stopped', () => !world.server(1).isRunning);
});

test('[W131] the last server that is open moves nobody', () => {
  const world = new World({ servers: 2 });
  world.start(1);
  const { client } = world.person('alice').at(1);
  let drained: Drained | undefined;
  world.server(1).drain((outcome) => {
    drained = outcome;
  });
  world.advance(10);
  assert.deepEqual(drained, { moved: 0, left: 1 });
  assert.equal(client.isToMoveOn, false);
});
