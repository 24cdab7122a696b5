/** Sending, the stream of messages, its cursor and credit, marks and history. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { limits } from '#src/core/model/limits.js';
import type { MessageOf } from '#src/core/wire/message-types.js';
import { typeOf } from '#src/core/wire/frame.js';
import { encode } from '#src/core/wire/codec.js';

import { frameOf, messageFrame } from './raw-client.js';
import { loginOf, resumeOf, Service, type Person } from './service.js';

type Dot = MessageOf<'Dot'>;

const codeOf = ({ code }: { code: string }): string => code;

/** Sends `count` messages, numbered from `from`, and waits until they are stored. */
async function sendMany(sender: Person, to: string, count: number, from = 2): Promise<MessageOf<'Sent'>[]> {
  const asked = Array.from({ length: count }, (_, index) =>
    sender.client.send('Send', { to, text: `message ${from + index}`, counter: from + index }),
  );
  const answers: MessageOf<'Sent'>[] = [];
  for (const correlation of asked) answers.push(await sender.client.answer(correlation, 'Sent'));
  return answers;
}

async function deliveries(person: Person, count: number): Promise<MessageOf<'Deliver'>[]> {
  const delivered: MessageOf<'Deliver'>[] = [];
  while (delivered.length < count) delivered.push(await person.client.push('Deliver'));
  return delivered;
}

/** The cursor of someone who got exactly these. */
function cursorAfter(delivered: readonly MessageOf<'Deliver'>[]): Dot[] {
  const seqByOrigin = new Map(delivered.map(({ message }) => [message.id.origin, message.id.seq]));
  return [...seqByOrigin].map(([origin, seq]) => ({ origin, seq }));
}

const textsOf = (delivered: readonly MessageOf<'Deliver'>[]): string[] => delivered.map(({ message }) => message.text);

describe('sending', () => {
  const service = Service.shared({ servers: 1 });

  test('[W60] a text has 1 byte to 16 KiB in UTF-8, and reaches someone', async (t) => {
    const { client, name } = await service.person(t);
    const bytes = limits.textBytesMax;
    const longest = ['a'.repeat(bytes), 'ü'.repeat(bytes / 2), '\u{1F600}'.repeat(bytes / 4)];
    for (const [index, text] of longest.entries()) {
      await client.ask('Send', { to: name, text, counter: index + 2 }, 'Sent');
      assert.equal(codeOf(await client.refusal('Send', { to: name, text: `${text}a`, counter: 90 })), 'TEXT_TOO_LONG');
    }
    assert.equal(codeOf(await client.refusal('Send', { to: name, text: '', counter: 90 })), 'TEXT_EMPTY');
    assert.equal(codeOf(await client.refusal('Send', { to: 'nobody', text: 'x', counter: 90 })), 'RECIPIENT_NOT_FOUND');
    assert.equal(codeOf(await client.refusal('Send', { to: '', text: 'x', counter: 90 })), 'RECIPIENT_NOT_FOUND');
    client.send('Receive', { cursor: [], credit: 9 });
    for (const text of longest) assert.equal((await client.push('Deliver')).message.text, text);
  });

  test('[W46] [W47] [W62] a send that is repeated is answered as the first time, and something else is refused', async (t) => {
    const [alice, bob, carol] = [await service.person(t), await service.person(t), await service.person(t)];
    const send = { to: bob.name, text: 'once', counter: 5 };
    const first = await alice.client.ask('Send', send, 'Sent');
    assert.deepEqual(await alice.client.ask('Send', send, 'Sent'), first);
    assert.deepEqual(await alice.client.ask('Send', { ...send, to: bob.name.toUpperCase() }, 'Sent'), first);
    for (const other of [{ text: 'twice' }, { to: carol.name }, { to: 'nobody' }, { to: alice.name }]) {
      assert.equal(codeOf(await alice.client.refusal('Send', { ...send, ...other })), 'OPERATION_REUSED');
    }
    const later = await alice.client.ask('Send', { ...send, counter: 6 }, 'Sent');
    assert.ok(later.time > first.time);

    alice.client.close();
    const again = await service.greet(t);
    await again.ask('Resume', resumeOf(alice), 'Resumed');
    assert.deepEqual(await again.ask('Send', send, 'Sent'), first);

    bob.client.send('Receive', { cursor: [], credit: 9 });
    await bob.client.push('Live');
    assert.deepEqual(textsOf(await deliveries(bob, 2)), ['once', 'once']);
    await bob.client.settled();
    assert.deepEqual(bob.client.left(), ['Receiving']);
  });

  test('[W63] a client that leaves out counters without end is told to take another id, and can go on where it was', async (t) => {
    const [alice, bob] = [await service.person(t), await service.person(t)];
    const send = (counter: number) => ({ to: bob.name, text: 'x', counter });
    let counter = 1000;
    for (let sent = 0; sent < limits.counterRunsMax; sent += 128) {
      const correlations = Array.from({ length: 128 }, (_, index) => 10_000 + sent + index);
      alice.client.write(...correlations.map((each) => messageFrame('Send', send((counter += 2)), each)));
      await Promise.all(correlations.slice(0, -2).map((each) => alice.client.answer(each, 'Sent')));
      if (sent + 128 < limits.counterRunsMax) await alice.client.answer(correlations.at(-1)!, 'Sent');
    }
    assert.equal(codeOf(await alice.client.refusal('Send', send(counter + 2))), 'COUNTERS_SKIPPED');
    // One that follows what is on its way leaves none out.
    alice.client.write(
      messageFrame('Send', send(counter + 1), 20_001),
      messageFrame('Send', send(counter + 2), 20_002),
    );
    await alice.client.answer(20_001, 'Sent');
    await alice.client.answer(20_002, 'Sent');
    await alice.client.ask('Send', send(1001), 'Sent');
    await alice.client.ask('Send', send(1003), 'Sent');
  });

  test('[W46] [W47] so are sends that are repeated before the first is stored', async (t) => {
    const [alice, bob, carol] = [await service.person(t), await service.person(t), await service.person(t)];
    const send = { to: bob.name, text: 'at once', counter: 2 };
    alice.client.write(
      messageFrame('Send', send, 501),
      messageFrame('Send', send, 502),
      messageFrame('Send', { ...send, text: 'other' }, 503),
      messageFrame('Send', { ...send, to: carol.name }, 504),
      messageFrame('Send', { ...send, to: 'nobody' }, 505),
    );
    assert.deepEqual(await alice.client.answer(502, 'Sent'), await alice.client.answer(501, 'Sent'));
    for (const correlation of [503, 504, 505]) {
      assert.equal(codeOf(await alice.client.refused(correlation)), 'OPERATION_REUSED');
    }
    const others = [{ to: carol.name }, { to: 'nobody' }, { text: 'other' }];
    for (const [index, other] of others.entries()) {
      const first = { ...send, counter: index + 3 };
      const correlation = 510 + index * 2;
      alice.client.write(
        messageFrame('Send', first, correlation),
        messageFrame('Send', { ...first, ...other }, correlation + 1),
      );
      await alice.client.answer(correlation, 'Sent');
      assert.equal(codeOf(await alice.client.refused(correlation + 1)), 'OPERATION_REUSED');
    }
  });

  test('[W13] fields that nobody knows are skipped', async (t) => {
    const { client, name } = await service.person(t);
    const unknown = Uint8Array.of(0xa0, 0x06, 0x01, 0xaa, 0x06, 0x02, 0xff, 0xff);
    const body = Buffer.concat([unknown, encode('Send', { to: name, text: 'x', counter: 2 }), unknown]);
    client.write(frameOf(typeOf('Send'), body, { correlation: 600 }));
    await client.answer(600, 'Sent');
  });

  test('nobody sends as someone else: the sender is whose session it is', async (t) => {
    const [mallory, victim, bob] = [await service.person(t), await service.person(t), await service.person(t)];
    // A sender, a conversation and an operation id as the stored op has them, in fields that Send does not have.
    const op = encode('MessageSentOp', {
      sender: victim.loggedIn.account,
      conversation: { direct: [victim.loggedIn.account, bob.loggedIn.account] },
      operation: { client: victim.operationClient, counter: 2 },
      text: 'forged',
    });
    mallory.client.write(frameOf(typeOf('Send'), op, { correlation: 700 }));
    assert.equal(await mallory.client.ending(), 'MALFORMED');

    const honest = await service.person(t);
    await honest.client.ask('Send', { to: bob.name, text: 'x', counter: 2 }, 'Sent');
    bob.client.send('Receive', { cursor: [], credit: 9 });
    const [delivered] = await deliveries(bob, 1);
    assert.equal(delivered!.message.from, honest.name);
  });

  test('two accounts that log in with one operation client keep their sends apart', async (t) => {
    const [alice, bob] = [await service.person(t), await service.person(t)];
    await alice.client.ask('Send', { to: bob.name, text: 'from alice', counter: 2 }, 'Sent');
    const copycat = await service.person(t);
    await copycat.client.ask('LogOff', {}, 'LoggedOff');
    const operation = { client: alice.operationClient, counter: 1 };
    await copycat.client.ask('Login', loginOf(copycat.name, { operation }), 'LoggedIn');
    await copycat.client.ask('Send', { to: bob.name, text: 'from copycat', counter: 2 }, 'Sent');
    await alice.client.ask('Send', { to: bob.name, text: 'from alice', counter: 2 }, 'Sent');
  });
});

describe('receiving', () => {
  const service = Service.shared({ servers: 1 });

  test('[W53] a login tells what waits, and the stream has it before what comes', async (t) => {
    const [alice, bob] = [await service.person(t), await service.person(t)];
    await bob.client.ask('LogOff', {}, 'LoggedOff');
    await sendMany(alice, bob.name, 3);
    const { waiting, delivered } = await bob.client.ask('Login', loginOf(bob.name), 'LoggedIn');
    assert.deepEqual(
      waiting.map(({ from, count }) => ({ from, count })),
      [{ from: alice.name, count: 3 }],
    );
    assert.deepEqual(delivered, []);
    bob.client.send('Receive', { cursor: delivered, credit: 100 });
    await sendMany(alice, bob.name, 2, 5);
    assert.deepEqual(
      textsOf(await deliveries(bob, 5)),
      [2, 3, 4, 5, 6].map((number) => `message ${number}`),
    );
  });

  test('[W70] [W72] [W73] each message comes once, with the place before it, then Live', async (t) => {
    const [alice, bob] = [await service.person(t), await service.person(t)];
    await sendMany(alice, bob.name, 5);
    bob.client.send('Receive', { cursor: [], credit: 100 });
    const delivered = await deliveries(bob, 5);
    await bob.client.push('Live');
    let previous = 0;
    for (const { message, previousSeq } of delivered) {
      assert.equal(previousSeq, previous);
      previous = message.id.seq;
    }
    await sendMany(alice, bob.name, 1, 7);
    const [live] = await deliveries(bob, 1);
    assert.equal(live!.previousSeq, previous);

    // Begins again behind the second; Live is said once for each beginning.
    bob.client.send('Receive', { cursor: cursorAfter(delivered.slice(0, 2)), credit: 100 });
    const again = await deliveries(bob, 4);
    assert.deepEqual(again, [...delivered.slice(2), live]);
    await bob.client.push('Live');
    await bob.client.settled();
    assert.deepEqual(bob.client.left(), ['Receiving', 'Receiving']);
  });

  test('[W74] no more is pushed than was granted, and it goes on after a grant', async (t) => {
    const [alice, bob] = [await service.person(t), await service.person(t)];
    await sendMany(alice, bob.name, 6);
    await bob.client.ask('Receive', { cursor: [], credit: 0 }, 'Receiving');
    await bob.client.settled();
    assert.deepEqual(bob.client.left(), []);
    bob.client.send('Credit', { credit: 2 }, 0);
    await deliveries(bob, 2);
    await sendMany(alice, bob.name, 1, 8);
    bob.client.send('Credit', { credit: 1 }, 0);
    bob.client.send('Credit', { credit: 1 }, 0);
    await deliveries(bob, 2);
    await bob.client.ask('ReadHistory', { with: alice.name, beforeTime: 0, limit: 1 }, 'History');
    assert.deepEqual(bob.client.left(), []);
    bob.client.send('Credit', { credit: 10 }, 0);
    assert.deepEqual(textsOf(await deliveries(bob, 3)), ['message 6', 'message 7', 'message 8']);
    await bob.client.push('Live');
  });

  test('[W74] more credit than Welcome allows counts as that much', async (t) => {
    const [alice, bob] = [await service.person(t), await service.person(t)];
    const count = limits.creditMax + 5;
    for (let from = 2; from < count + 2; from += limits.requestsInFlightMax) {
      await sendMany(alice, bob.name, Math.min(limits.requestsInFlightMax, count + 2 - from), from);
    }
    bob.client.send('Receive', { cursor: [], credit: Number.MAX_SAFE_INTEGER });
    await deliveries(bob, limits.creditMax);
    await bob.client.ask('ReadHistory', { with: alice.name, beforeTime: 0, limit: 1 }, 'History');
    assert.deepEqual(bob.client.left(), ['Receiving']);
    bob.client.send('Credit', { credit: Number.MAX_SAFE_INTEGER }, 0);
    await deliveries(bob, 5);
  });

  test('[W71] a cursor may be ahead of the server: what it covers does not come, and the rest does', async (t) => {
    const [alice, bob] = [await service.person(t), await service.person(t)];
    const [sent] = await sendMany(alice, bob.name, 1);
    const { origin, seq } = sent!.id;
    bob.client.send('Receive', { cursor: [{ origin, seq: seq + 2 }], credit: 9 });
    await bob.client.push('Live');
    await sendMany(alice, bob.name, 3, 3);
    assert.deepEqual(textsOf(await deliveries(bob, 1)), ['message 5']);
    bob.client.send('Receive', { cursor: [{ origin: 77, seq: Number.MAX_SAFE_INTEGER }], credit: 9 });
    await deliveries(bob, 4);
  });

  test('[W76] a mark is kept for origins that exist, so that it has a bound', async (t) => {
    const [alice, bob] = [await service.person(t), await service.person(t)];
    const [sent] = await sendMany(alice, bob.name, 1);
    const invented = Array.from({ length: 100 }, (_, index) => ({ origin: index + 1, seq: 1 }));
    await bob.client.ask('MarkDelivered', { cursor: [...invented, sent!.id] }, 'Marked');
    await bob.client.ask('LogOff', {}, 'LoggedOff');
    const { delivered } = await bob.client.ask('Login', loginOf(bob.name), 'LoggedIn');
    assert.deepEqual(delivered, [sent!.id]);
  });

  test('[W76] a delivery mark is kept, never goes back, and says what waits', async (t) => {
    const [alice, bob] = [await service.person(t), await service.person(t)];
    const sent = await sendMany(alice, bob.name, 3);
    for (const index of [1, 0]) await bob.client.ask('MarkDelivered', { cursor: [sent[index]!.id] }, 'Marked');
    await bob.client.ask('LogOff', {}, 'LoggedOff');
    const { delivered, waiting } = await bob.client.ask('Login', loginOf(bob.name), 'LoggedIn');
    assert.deepEqual(delivered, [sent[1]!.id]);
    assert.equal(waiting[0]!.count, 1);
    const ofAlice = await alice.client.ask('ReadHistory', { with: bob.name, beforeTime: 0, limit: 0 }, 'History');
    assert.equal(ofAlice.messages.length, 3, 'a mark is of its account alone');
  });

  test('a cursor of more entries than allowed is malformed', async (t) => {
    const entries = Array.from({ length: limits.vectorEntriesMax + 1 }, (_, index) => ({ origin: index + 1, seq: 1 }));
    for (const frame of [
      messageFrame('Receive', { cursor: entries, credit: 1 }, 900),
      messageFrame('MarkDelivered', { cursor: entries }, 900),
    ]) {
      const { client } = await service.person(t);
      client.write(frame);
      assert.equal(await client.ending(), 'MALFORMED');
    }
  });

  test('[W77] history comes latest first, in pages, to those who wrote it and to nobody else', async (t) => {
    const [alice, bob, eve] = [await service.person(t), await service.person(t), await service.person(t)];
    const sent = await sendMany(alice, bob.name, 5);
    await bob.client.ask('Send', { to: alice.name, text: 'message 7', counter: 2 }, 'Sent');
    const whole = await bob.client.ask('ReadHistory', { with: alice.name, beforeTime: 0, limit: 0 }, 'History');
    assert.deepEqual(
      whole.messages.map(({ text }) => text),
      [7, 6, 5, 4, 3, 2].map((number) => `message ${number}`),
    );
    const page = { with: bob.name, beforeTime: sent[3]!.time, beforeId: sent[3]!.id, limit: 2 };
    const { messages, more } = await alice.client.ask('ReadHistory', page, 'History');
    assert.deepEqual([messages.map(({ text }) => text), more], [['message 4', 'message 3'], true]);
    // Without an id, it begins before all messages of that time.
    const { with: other, beforeTime, limit } = page;
    assert.deepEqual(
      (await alice.client.ask('ReadHistory', { with: other, beforeTime, limit }, 'History')).messages,
      messages,
    );

    for (const name of [alice.name, bob.name]) {
      const seen = await eve.client.ask('ReadHistory', { with: name, beforeTime: 0, limit: 0 }, 'History');
      assert.deepEqual(seen, { messages: [], more: false });
    }
    eve.client.send('Receive', { cursor: [], credit: 9 });
    await eve.client.push('Live');
    assert.deepEqual(eve.client.left(), ['Receiving']);
    const nobody = { with: 'nobody', beforeTime: 0, limit: 0 };
    assert.equal(codeOf(await eve.client.refusal('ReadHistory', nobody)), 'ACCOUNT_NOT_FOUND');
  });

  test('[W29] [W77] a page of the longest messages is cut to a frame, and the next goes on', async (t) => {
    const { client, name } = await service.person(t);
    // Together they are longer than any frame may be.
    const counters = Array.from({ length: 70 }, (_, index) => index + 2);
    for (const counter of counters) {
      await client.ask('Send', { to: name, text: `${counter}`.padEnd(limits.textBytesMax), counter }, 'Sent');
    }
    const seen: string[] = [];
    let request: MessageOf<'ReadHistory'> = { with: name, beforeTime: 0, limit: 0 };
    for (;;) {
      const { messages, more } = await client.ask('ReadHistory', request, 'History');
      seen.push(...messages.map(({ text }) => text.trim()));
      if (!more) break;
      const last = messages.at(-1)!;
      request = { ...request, beforeTime: last.time, beforeId: last.id };
    }
    assert.deepEqual(seen, counters.map(String).toReversed());
  });
});

describe('going on with another server', () => {
  const service = Service.shared({ servers: 2 });

  test('[W48] [W54] [W70] session and cursor are as good there: no gap, no repeat', async (t) => {
    const alice = await service.person(t, 'alice', { server: 1 });
    const bob = await service.person(t, 'bob', { server: 1 });
    const [first] = await sendMany(alice, bob.name, 4);
    assert.deepEqual(first!.storedOn, { copies: 2, members: 2 });
    bob.client.send('Receive', { cursor: [], credit: 2 });
    const before = await deliveries(bob, 2);

    const elsewhere = { ...bob, client: await service.greet(t, { server: 2 }) };
    await elsewhere.client.ask('Resume', resumeOf(bob), 'Resumed');
    assert.equal((await bob.client.push('SessionEnded')).code, 302);
    const alsoAlice = { ...alice, client: await service.greet(t, { server: 2 }) };
    await alsoAlice.client.ask('Resume', resumeOf(alice), 'Resumed');
    assert.deepEqual(
      await alsoAlice.client.ask('Send', { to: bob.name, text: 'message 2', counter: 2 }, 'Sent'),
      first,
      'a send repeated on another server',
    );
    const other = { to: bob.name, text: 'message 2!', counter: 2 };
    assert.equal(codeOf(await alsoAlice.client.refusal('Send', other)), 'OPERATION_REUSED');
    await sendMany(alsoAlice, bob.name, 2, 6);

    elsewhere.client.send('Receive', { cursor: cursorAfter(before), credit: 100 });
    const after = await deliveries(elsewhere, 4);
    await elsewhere.client.push('Live');
    assert.deepEqual(
      textsOf([...before, ...after]),
      [2, 3, 4, 5, 6, 7].map((number) => `message ${number}`),
    );
    const places = new Map(cursorAfter(before).map(({ origin, seq }) => [origin, seq]));
    for (const { message, previousSeq } of after) {
      assert.equal(previousSeq, places.get(message.id.origin) ?? 0);
      places.set(message.id.origin, message.id.seq);
    }
    await elsewhere.client.settled();
    assert.deepEqual(elsewhere.client.left(), ['Receiving']);
  });

  test('[W51] an account that is logged in on one server is so for the others', async (t) => {
    const { name } = await service.person(t, 'carol', { server: 1 });
    const client = await service.greet(t, { server: 2 });
    assert.equal(codeOf(await client.refusal('Login', loginOf(name))), 'LOGGED_IN_ELSEWHERE');
  });

  test('[W52] [W56] taking over and logging off reach across servers', async (t) => {
    const person = await service.person(t, 'dave', { server: 1 });
    const client = await service.greet(t, { server: 2 });
    const loggedIn = await client.ask('Login', loginOf(person.name, { takeOver: true }), 'LoggedIn');
    assert.equal((await person.client.push('SessionEnded')).code, 302);
    await client.ask('LogOff', {}, 'LoggedOff');
    const ended = resumeOf({ ...person, loggedIn });
    assert.equal(codeOf(await person.client.refusal('Resume', ended)), 'SESSION_UNKNOWN');
  });
});
