/** Classes of bugs that show in what is on a disk, in a made world. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RECORD_HEADER_BYTES, sealRecord } from '#src/core/model/record.js';
import type { Dot } from '#src/core/model/ids.js';
import { limits } from '#src/core/model/limits.js';
import type { Person } from '#src/core/replica/person.testing.js';
import { World } from '#src/core/replica/world.testing.js';
import { schema } from '#src/core/wire/schema.js';

/** All that someone wrote to themselves, page by page. */
function allOf(person: Person): string[] {
  const texts: string[] = [];
  let before: { beforeTime: number; beforeId?: Dot } = { beforeTime: 0 };
  for (;;) {
    const { messages, more } = person.ask('ReadHistory', { with: person.name, limit: 0, ...before });
    texts.push(...messages.map(({ text }) => text));
    if (!more) return texts;
    const { time, id } = messages.at(-1)!;
    before = { beforeTime: time, beforeId: id };
  }
}

test('non-atomic or unsynced file writes: power that fails at any moment takes nothing that was acknowledged', () => {
  let crashesInAWrite = 0;
  for (let seed = 1; seed <= 40; seed += 1) {
    const world = new World({ seed, servers: 1 });
    world.start();
    const alice = world.person('alice').at(1);
    alice.create();
    alice.login();
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const asked = Array.from({ length: 20 }, (_, index) => {
        const text = `${round} ${index} ${'long '.repeat(world.random.below(400))}`;
        return { text, reply: alice.client.request('Send', alice.sending('alice', text)) };
      });
      world.advance(world.random.below(12));
      acknowledged.push(...asked.filter(({ reply }) => reply.outcome === 'done').map(({ text }) => text));
      if (asked.some(({ reply }) => reply.outcome === 'waiting')) crashesInAWrite += 1;
      // Of what the disk has not confirmed, any part may be there.
      world.server(1).crash();
      if (world.random.oneIn(2)) world.server(1).loseView();
      world.start(1);
      alice.at(1).resume();
      const stored = allOf(alice);
      const sent = new Set(asked.map(({ text }) => text).concat(acknowledged));
      assert.deepEqual(
        acknowledged.filter((text) => !stored.includes(text)),
        [],
        `seed ${seed}: nothing is lost`,
      );
      acknowledged.push(...stored.filter((text) => !acknowledged.includes(text)));
      assert.deepEqual(
        stored.filter((text) => !sent.has(text)),
        [],
        `seed ${seed}: nothing is there in part`,
      );
    }
  }
  assert.ok(crashesInAWrite > 20, 'power failed in the middle of writes');
});

test('swallowed errors: a disk that fails to write ends the server, and what it had taken is not acknowledged', () => {
  for (const failure of [{ state: 'failed', reason: 'EIO' } as const, { state: 'full' } as const]) {
    const world = new World({ servers: 1 });
    world.start();
    const alice = world.person('alice').at(1);
    alice.create();
    alice.login();
    const server = world.server(1);
    server.disk.failNext('append', failure);
    const reply = alice.client.request('Send', alice.sending('alice', 'not stored'));
    world.until('the server has ended', () => !server.isRunning);
    world.until('the connection has ended', () => reply.isThere);
    assert.equal(reply.outcome, 'CONNECTION_LOST');
    world.start(1);
    alice.at(1).resume();
    assert.deepEqual(alice.history('alice'), []);
    alice.send('alice', 'stored');
    assert.deepEqual(alice.history('alice'), ['stored']);
  }
});

test('poison message stops all replicas: what cannot be applied is set aside by each, told, and passed on', () => {
  const world = new World();
  world.startInSync();
  const alice = world.person('alice').at(1);
  alice.create();
  alice.login();
  world.untilConverged();
  const server = world.server(3);
  server.crash();
  // Ops as a mistake of a later version might make them: the kinds are known, and the bodies are not what they should be.
  const kinds = [schema.MessageSentOp.op, schema.AccountCreatedOp.op, schema.DeliveredOp.op];
  let previous = 0;
  const poison = kinds.map((kind, index) => {
    const bytes = new Uint8Array(RECORD_HEADER_BYTES + 40).fill(0xff, RECORD_HEADER_BYTES);
    previous = sealRecord(bytes, { origin: 4_711, seq: index + 1, time: 1_000, previous, kind }).checksum;
    return bytes;
  });
  let isWritten = false;
  server.disk.append(server.disk.list().at(-1)!, poison, () => (isWritten = true));
  world.until('it is on the disk', () => isWritten);
  world.start(3);
  world.untilInSync();
  world.untilConverged();
  for (const { status, reports } of world.servers) {
    assert.equal(status.vector.find(({ origin }) => origin === 4_711)?.seq, 3, 'it has them');
    const told = reports.filter(({ text }) => text === 'An op could not be applied and was set aside.');
    assert.deepEqual(
      told.map(({ level, facts }) => [level, facts['seq']]),
      [1, 2, 3].map((seq) => ['error', seq]),
    );
  }
  assert.equal(alice.send('alice', 'all go on').storedOn.copies, 3);
  for (const { id } of world.servers) {
    world.server(id).crash();
    world.server(id).loseView();
  }
  world.advance(limits.suspectAfterMs);
  world.start();
  alice.at(2).resume();
  assert.deepEqual(alice.history('alice'), ['all go on']);
});
