/** Anything may happen to the servers in between; in the end everything was sent once, received once, and in order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { limits } from '../model/limits.js';
import { PUSH } from '../wire/frame.js';
import { FakeGroup } from './fake-group.testing.js';
import type { FakeConnection, ReceivedFrame } from './fake-server.testing.js';
import { MachineRunner } from './machine-runner.testing.js';

const SERVERS = 3;
const serverId = fc.integer({ min: 1, max: SERVERS });
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('send' as const) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('deliver' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('consume' as const), count: fc.integer({ min: 1, max: 9 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), forMs: fc.integer({ min: 0, max: 3_000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('kill' as const), id: serverId }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('freeze' as const), id: serverId }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('revive' as const), id: serverId }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('skip' as const) }) },
);

/** How a server treats a request: as it should, or as one that breaks at the worst moment. */
const treatments = [
  'answer',
  'answer',
  'answer',
  'answer',
  'break before',
  'break after',
  'hand on',
  'refuse',
] as const;
type Treatment = (typeof treatments)[number];

function treat(group: FakeGroup, treatment: Treatment, frame: ReceivedFrame, connection: FakeConnection): boolean {
  const { name, correlation, message } = frame;
  if (name !== 'Send' && name !== 'Resume' && name !== 'Receive' && name !== 'MarkDelivered') return false;
  if (!connection.attached && name !== 'Resume') return false;
  if (treatment === 'answer') return false;
  if (treatment === 'break after' && name === 'Send') {
    group.store({ to: 'bob', text: String(message['text']), counter: Number(message['counter']) });
  }
  // A server does not store what follows a Send that it refused for now, or the order would be lost.
  if (treatment === 'refuse') group.fail(connection, 'CONTENDED', name === 'Send' ? PUSH : correlation);
  else if (treatment === 'hand on') group.fail(connection, 'STOPPING', PUSH);
  else group.end(connection.id);
  return true;
}

test('[C21] [C40] whatever servers do, each send is stored once and in order, and each message taken once and in order', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.array(step, { minLength: 1, maxLength: 80 }),
      fc.infiniteStream(fc.constantFrom<Treatment[]>(...treatments)),
      (seed, steps, chosen) => {
        const group = new FakeGroup(SERVERS, seed);
        const runner = new MachineRunner(group);
        runner.login();
        runner.receive();
        for (const server of group.servers) {
          server.intercept = (frame, connection) => treat(group, chosen.next().value as Treatment, frame, connection);
        }
        const sent: { readonly text: string; readonly outcome: string }[] = [];
        let delivered = 0;
        for (const next of steps) {
          if (next.kind === 'send') {
            const text = `${sent.length}`;
            const collected = runner.send(text);
            sent.push({
              text,
              get outcome() {
                return collected.outcome;
              },
            });
          } else if (next.kind === 'deliver') group.deliver(`${delivered++}`, 1 + (delivered % 2));
          else if (next.kind === 'consume') runner.consume(next.count);
          else if (next.kind === 'wait') group.advance(next.forMs);
          else if (next.kind === 'kill') group.kill(group.server(next.id));
          else if (next.kind === 'freeze') group.server(next.id).state = 'frozen';
          else if (next.kind === 'revive') group.revive(group.server(next.id));
          else for (const connection of group.connections) connection.pushed = group.stream.length;
        }
        for (const server of group.servers) {
          server.intercept = () => false;
          group.revive(server);
        }
        runner.isConsuming = true;
        runner.consume();
        group.deliver('last', 1);
        group.deliver('last', 2);
        group.advance(2 * limits.clientSilenceMs);
        assert.deepEqual([...new Set(sent.map(({ outcome }) => outcome))], sent.length > 0 ? ['done'] : []);
        assert.deepEqual(
          group.stored.map(({ text }) => text),
          sent.map(({ text }) => text),
        );
        for (const origin of [1, 2]) {
          const texts = group.stream.filter(({ message }) => message.id.origin === origin);
          const expected = texts.map(({ message }) => message.text);
          const taken = runner.taken.filter((text) => expected.includes(text) && text !== 'last');
          assert.deepEqual(taken, expected.slice(0, -1));
        }
        assert.equal(runner.taken.filter((text) => text === 'last').length, 2);
        assert.equal(runner.taken.length, group.stream.length);
      },
    ),
    { numRuns: 300 },
  );
});
