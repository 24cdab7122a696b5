/** Whoever asks for much waits for it, and keeps nobody else waiting; strangers take up little memory. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { limits } from '#src/core/model/limits.js';

import { messageFrame, transports } from './raw-client.js';
import { freshOperation, loginOf, PASSWORD, Service, type Person } from './service.js';

const longest = 'x'.repeat(limits.textBytesMax);

/** Has the person write so much to themselves that one answer cannot hold it. */
async function fillStream({ client, name }: Person): Promise<void> {
  const count = Math.ceil((limits.viewAnswerBytesMax * 1.2) / limits.textBytesMax);
  const asked = Array.from({ length: count }, (_, index) =>
    client.send('Send', { to: name, text: longest, counter: index + 2 }),
  );
  for (const correlation of asked) await client.answer(correlation, 'Sent');
}

describe('others', () => {
  const service = Service.shared({ servers: 1 });

  test('are not kept waiting by someone who reads much at once', async (t) => {
    const [greedy, other] = [await service.person(t, 'greedy'), await service.person(t, 'other')];
    await fillStream(greedy);
    const history = { with: greedy.name, beforeTime: 0, limit: limits.messagesPerPageMax };
    const asked = Array.from({ length: limits.requestsInFlightMax }, (_, index) =>
      messageFrame('ReadHistory', history, 1000 + index),
    );
    greedy.client.write(...asked);
    await other.client.ask('ReadHistory', { with: other.name, beforeTime: 0, limit: 1 }, 'History');
    assert.ok(greedy.client.left().length < asked.length / 2, `${greedy.client.left().length} pages came before`);
    for (const [index] of asked.entries()) await greedy.client.answer(1000 + index, 'History');
  });

  test('are not kept waiting by someone who begins to receive over and over', async (t) => {
    const [restless, other] = [await service.person(t, 'restless'), await service.person(t, 'other')];
    await fillStream(restless);
    const beginnings = Array.from({ length: 4_000 }, (_, index) =>
      messageFrame('Receive', { cursor: [], credit: limits.creditMax }, 1000 + index),
    );
    restless.client.write(...beginnings);
    await other.client.ask('ReadHistory', { with: other.name, beforeTime: 0, limit: 1 }, 'History');
    await restless.client.push('Live');
  });

  test('[W59] are not kept waiting by patterns that are made to be slow', async (t) => {
    const [person, ...strangers] = [
      await service.person(t, 'other'),
      ...(await Promise.all(Array.from({ length: 8 }, () => service.greet(t)))),
    ];
    const patterns = ['(a+)+$', '(a|aa)+$', '((((a?){10}){10}){10})x', '(a{1,100}b?){1,10}$', '(.*){100}x'];
    const each = 30;
    for (const stranger of strangers) {
      const lists = Array.from({ length: each }, (_, index) =>
        messageFrame(
          'ListAccounts',
          { pattern: patterns[index % patterns.length]!, after: '', limit: 0 },
          1000 + index,
        ),
      );
      stranger.write(...lists);
    }
    await person.client.ask('ReadHistory', { with: person.name, beforeTime: 0, limit: 1 }, 'History');
    const came = strangers.reduce((sum, stranger) => sum + stranger.left().length, 0);
    assert.ok(came < (strangers.length * each) / 2, `${came} lists came before`);
    for (const stranger of strangers) {
      for (let index = 0; index < each; index += 1) await stranger.answer(1000 + index, 'AccountList');
    }
  });

  test('[W42] strangers get little room behind a password that is not checked yet', async (t) => {
    const { name } = await service.person(t);
    const long = messageFrame('Send', { to: name, text: 'x'.repeat(limits.frameBytesMax - 100), counter: 2 }, 9);
    const create = { name: service.freshName(), password: PASSWORD, operation: freshOperation() };
    for (const first of [
      [messageFrame('Login', loginOf(name, { password: 'guess' }), 8)],
      [messageFrame('CreateAccount', create, 7), messageFrame('Login', loginOf(create.name), 8)],
    ]) {
      const client = await service.greet(t);
      client.write(...first, long, long, long);
      assert.equal(await client.ending(), 'TOO_MANY_IN_FLIGHT');
    }
  });

  test('[W42] who has not logged in and sends many frames at once is told so and let go', async (t) => {
    const pings = Array.from({ length: limits.framesAtOnceBeforeLoginMax }, (_, index) =>
      messageFrame('Ping', {}, index + 1000),
    );
    for (const transport of transports) {
      const { client, name } = await service.person(t, 'other', { transport });
      const stranger = await service.greet(t, { transport });
      // More than is read at once: however it is cut on its way, there are too many in some piece.
      stranger.write(...Array.from({ length: 20 }, () => pings).flat());
      assert.equal(await stranger.ending(), 'TOO_MANY_IN_FLIGHT');
      const eager = await service.greet(t, { transport });
      eager.write(...pings);
      await eager.answer(1000 + pings.length - 1, 'Pong');
      client.write(...pings, ...pings);
      await client.ask('Send', { to: name, text: 'with a session', counter: 2 }, 'Sent');
    }
  });

  test('[W27] operation ids that are none close with MALFORMED', async (t) => {
    const { client: sender, name } = await service.person(t);
    sender.send('Send', { to: name, text: 'x', counter: 0 });
    assert.equal(await sender.ending(), 'MALFORMED');
    for (const operation of [
      { client: new Uint8Array(15), counter: 1 },
      { client: new Uint8Array(16), counter: 0 },
    ]) {
      const client = await service.greet(t);
      client.send('Login', loginOf(name, { operation }));
      assert.equal(await client.ending(), 'MALFORMED');
    }
  });
});
