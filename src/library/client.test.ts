import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../core/model/limits.js';
import type { Client } from './client.js';
import { HoldfastError } from './errors.js';
import { fakePlatform } from './fake-platform.testing.js';
import type { Identity, IdentityStore } from './identity.js';
import type { MessageStream } from './message-stream.js';
import type { ClientEvents } from './types.js';

const failsWith = (code: string) => (error: unknown) => error instanceof HoldfastError && error.code === code;

/** What the client tells, in words. */
function eventsOf(client: Client): string[] {
  const events: string[] = [];
  const note = (name: keyof ClientEvents) => client.on(name, (event) => void events.push(`${name} ${wordOf(event)}`));
  note('connected');
  note('disconnected');
  note('sessionEnded');
  note('nameChanged');
  return events;
}

function wordOf(event: ClientEvents[keyof ClientEvents]): string {
  if ('formerName' in event) return `${event.formerName}, now ${event.name}`;
  if ('server' in event) return `${event.server.id}`;
  return 'code' in event ? event.code : '';
}

test('a whole conversation: create, log in, list, send, receive, read, ask, delete', async () => {
  const world = fakePlatform(3);
  const { group } = world;
  const client = await world.connect();
  assert.equal(client.server?.id, group.connection.server.id);
  const created = await world.until(client.createAccount('Alice', 'secret'));
  assert.deepEqual(created, { account: '25-999', name: 'alice', storedOn: { copies: 3, members: 3 } });
  const opened = await world.until(client.login('alice', 'secret'));
  assert.deepEqual(opened, { account: '25-999', name: 'alice', formerName: undefined, waiting: [] });
  assert.deepEqual(await world.until(client.accounts()), ['alice', 'bob']);

  const sent = await world.until(client.send('bob', 'hello'));
  assert.deepEqual(sent, { id: '26-1', sentAt: new Date(1), storedOn: { copies: 3, members: 3 } });
  group.deliver('hello yourself');
  const messages = client.messages();
  const { value } = await world.until(messages.next());
  assert.equal(value?.text, 'hello yourself');
  assert.equal(value?.from, 'bob');
  assert.deepEqual(value?.sentAt, new Date(1));
  const page = await world.until(client.history('bob', { limit: 10 }));
  assert.deepEqual(page, { messages: [value], more: false });
  assert.equal((await world.until(client.status())).server, group.connection.server.id);
  assert.deepEqual(await world.until(client.deleteAccount()), { storedOn: { copies: 3, members: 3 } });
  assert.equal(client.session, undefined);
  await world.until(client.close());
  assert.equal(group.connections.length, 0);
});

test('all pages of the names are read', async () => {
  const world = fakePlatform(1);
  const client = await world.connect();
  world.group.server(1).intercept = ({ name, message, correlation }, connection) => {
    if (name !== 'ListAccounts') return false;
    const names = message['after'] === '' ? ['ann', 'ben'] : ['cleo'];
    world.group.send(connection, 'AccountList', { names, more: names.length === 2 }, correlation);
    return true;
  };
  assert.deepEqual(await world.until(client.accounts('.')), ['ann', 'ben', 'cleo']);
  assert.deepEqual(
    world.group.received('ListAccounts').map(({ message }) => message['after']),
    ['', 'ben'],
  );
});

test('a send goes on through a failover, and the application is told of both', async () => {
  const world = fakePlatform(2);
  const { group } = world;
  const client = await world.loggedIn();
  const events = eventsOf(client);
  const first = group.connection.server;
  first.intercept = ({ name }) => name === 'Send';
  const sending = client.send('bob', 'hello');
  await world.turn();
  group.kill(first);
  assert.equal((await world.until(sending)).id, '26-1');
  assert.deepEqual(events, ['disconnected CONNECTION_LOST', `connected ${group.connection.server.id}`]);
});

test('requests are made in the order of the calls, whether or not they are waited for', async () => {
  const world = fakePlatform(1);
  const client = await world.loggedIn();
  const sending = client.send('bob', 'hello');
  await world.until(client.logoff());
  assert.equal((await sending).id, '26-1');
});

test('an error says what it is, whether to try again, and whether it may have happened', async () => {
  const world = fakePlatform(1);
  const client = await world.loggedIn();
  world.group.server(1).intercept = ({ name, correlation }, connection) => {
    if (name === 'Send') world.group.fail(connection, 'RECIPIENT_NOT_FOUND', correlation);
    return name === 'Send';
  };
  await assert.rejects(world.until(client.send('nobody', 'hello')), (error: unknown) => {
    assert.ok(error instanceof HoldfastError);
    const { name, code, class: errorClass, retry, mayHaveHappened, message } = error;
    const expected = ['HoldfastError', 'RECIPIENT_NOT_FOUND', 'state', 'never', false];
    assert.deepEqual([name, code, errorClass, retry, mayHaveHappened], expected);
    assert.equal(message, 'There is no account of that name to send to.');
    return true;
  });
});

test('[C53] close fails what is unanswered, and everything after it', async () => {
  const world = fakePlatform(1);
  const client = await world.loggedIn();
  world.group.server(1).intercept = ({ name }) => name === 'Send';
  const sending = client.send('bob', 'hello');
  const refused = assert.rejects(
    sending,
    (error) => failsWith('CLOSED')(error) && (error as HoldfastError).mayHaveHappened,
  );
  await world.turn();
  await world.until(Promise.all([client.close(), client.close()]));
  await refused;
  await assert.rejects(client.send('bob', 'again'), (error) => {
    return failsWith('CLOSED')(error) && !(error as HoldfastError).mayHaveHappened;
  });
  assert.throws(() => client.messages(), failsWith('CLOSED'));
});

test('a signal ends the waiting with its own reason', async () => {
  const world = fakePlatform(1);
  const client = await world.loggedIn();
  world.group.server(1).intercept = ({ name }) => name === 'Send';
  const aborting = new AbortController();
  const sending = client.send('bob', 'hello', { signal: aborting.signal });
  const reason = new Error('enough');
  const refused = assert.rejects(sending, reason);
  await world.turn();
  aborting.abort(reason);
  await refused;
  await assert.rejects(client.status({ signal: AbortSignal.abort(reason) }), reason);
  assert.equal(world.group.received('AskStatus').length, 0);
});

test('a session goes on in another client, at its place', async () => {
  const world = fakePlatform(2);
  const { group } = world;
  const client = await world.loggedIn();
  for (const text of ['one', 'two', 'three']) group.deliver(text);
  const messages = client.messages();
  assert.equal((await world.until(messages.next())).value?.text, 'one');
  const saved = JSON.parse(JSON.stringify(client.session)) as NonNullable<Client['session']>;
  await world.until(client.close());

  const other = await world.connect();
  assert.deepEqual(await world.until(other.resume(saved)), { account: saved.account, name: 'alice' });
  assert.equal(group.logins, 1);
  assert.deepEqual(await textsOf(world.until.bind(world), other.messages({ follow: false })), ['two', 'three']);
});

test('[C51] a session that is resumed under another identity goes on far from the counters that were used', async () => {
  const world = fakePlatform(1);
  const client = await world.loggedIn();
  await world.until(client.send('bob', 'one'));
  const { session } = client;
  await world.until(client.close());
  const starts: number[] = [];
  for (const text of ['two', 'three']) {
    const other = await world.connect();
    await world.until(other.resume(session!));
    await world.until(other.send('bob', text));
    starts.push(world.group.stored.at(-1)!.counter);
    await world.until(other.close());
  }
  assert.equal(world.group.stored.length, 3);
  for (const start of starts) assert.ok(start >= 2 ** 40 && start < 2 ** 52);
  assert.notEqual(starts[0], starts[1]);
});

test('[C50] many sends at once get numbers in the order of their calls, and wait until these are kept', async () => {
  const world = fakePlatform(1);
  const identity: IdentityStore = { load: () => Promise.resolve(undefined), reserve: () => Promise.resolve() };
  const client = await world.loggedIn({ identity });
  const texts = Array.from({ length: limits.clientCountersReserved * 3 }, (_, index) => `text ${index}`);
  await world.until(Promise.all(texts.map((text) => client.send('bob', text))));
  assert.deepEqual(
    world.group.stored.map(({ text }) => text),
    texts,
  );
});

test('[C55] a text that is sent again by another process under the id made for it is stored once', async () => {
  const world = fakePlatform(1);
  const client = await world.loggedIn();
  const sendId = await client.newSendId();
  const sent = await world.until(client.send('bob', 'hello', { sendId }));
  await world.until(client.send('bob', 'another'));
  const { session } = client;
  await world.until(client.close());

  const other = await world.connect();
  await assert.rejects(other.send('bob', 'hello', { sendId }), /another identity/);
  await world.until(other.resume(session!));
  assert.deepEqual(await world.until(other.send('bob', 'hello', { sendId })), sent);
  assert.equal(world.group.stored.length, 2);
  await assert.rejects(other.send('bob', 'hello', { sendId: 'nonsense' }), TypeError);
});

test('[C55] with an identity store the same holds after a new login', async () => {
  const world = fakePlatform(1);
  let kept: Identity | undefined;
  const identity: IdentityStore = {
    load: () => Promise.resolve(kept),
    reserve: (next) => {
      kept = next;
      return Promise.resolve();
    },
  };
  const client = await world.loggedIn({ identity });
  const sendId = await client.newSendId();
  const sent = await world.until(client.send('bob', 'hello', { sendId }));
  await world.until(client.close());
  const other = await world.loggedIn({ identity });
  assert.deepEqual(await world.until(other.send('bob', 'hello', { sendId })), sent);
  assert.equal(world.group.stored.length, 1);
  assert.notEqual(await other.newSendId(), sendId);
});

test('a session that has ended cannot be resumed', async () => {
  const world = fakePlatform(1);
  const client = await world.loggedIn();
  const { session } = client;
  await world.until(client.logoff());
  await assert.rejects(world.until(client.resume(session!)), failsWith('SESSION_UNKNOWN'));
  await assert.rejects(client.resume({ ...session!, token: 'no token' }), TypeError);
});

test('[C83] an account that lost its name is told so when it happens, and at every login', async () => {
  const world = fakePlatform(1);
  const { group } = world;
  const client = await world.loggedIn();
  const events = eventsOf(client);
  const names = { name: 'alice~1a2b', formerName: 'alice' };
  group.send(group.connection, 'NameChanged', names, 0);
  group.advance();
  assert.deepEqual(events, ['nameChanged alice, now alice~1a2b']);
  assert.equal(client.session?.name, 'alice~1a2b');
  await world.until(client.logoff());
  Object.assign(group, names);
  const { name, formerName } = await world.until(client.login('alice', 'secret'));
  assert.deepEqual({ name, formerName }, names);
});

test('a stream ends with its session: with the error where the session was ended, without where it was left', async () => {
  for (const code of ['SESSION_REPLACED', undefined] as const) {
    const world = fakePlatform(1);
    const client = await world.loggedIn();
    const events = eventsOf(client);
    const next = client.messages().next();
    if (code === undefined) {
      await world.until(client.logoff());
      assert.deepEqual(await next, { done: true, value: undefined });
      assert.deepEqual(events, []);
    } else {
      world.group.send(world.group.connection, 'SessionEnded', { code: 302, message: 'Elsewhere.' }, 0);
      await assert.rejects(world.until(next), failsWith(code));
      assert.deepEqual(events, [`sessionEnded ${code}`]);
    }
    assert.throws(() => client.messages(), failsWith('NOT_LOGGED_IN'));
  }
});

test('[C54] a message is done with when the next one is asked for, or the loop is left', async () => {
  const world = fakePlatform(1);
  const { group } = world;
  const client = await world.loggedIn();
  for (const text of ['one', 'two', 'three']) group.deliver(text);
  const messages = client.messages();
  await world.until(messages.next());
  await world.until(messages.next());
  assert.equal(messages.cursor, '25-4', 'the cursor is past what was handed out');
  group.advance(limits.clientMarkEveryMs * 2);
  assert.deepEqual(group.mark, [group.stream[0]!.message.id]);
  await messages.return();
  group.advance(limits.clientMarkEveryMs * 2);
  assert.deepEqual(group.mark, [group.stream[1]!.message.id]);
  const again = client.messages();
  assert.equal((await world.until(again.next())).value?.text, 'three');
});

test('a stream that does not follow ends once everything that waited was handed out', async () => {
  const world = fakePlatform(1);
  for (let count = 0; count < 600; count++) world.group.deliver(`${count}`);
  const client = await world.loggedIn();
  const texts = await textsOf(world.until.bind(world), client.messages({ follow: false }));
  assert.deepEqual(
    texts,
    Array.from({ length: 600 }, (_, index) => `${index}`),
  );
});

test('a stream begins at a cursor, once', async () => {
  const world = fakePlatform(1);
  for (const text of ['one', 'two', 'three']) world.group.deliver(text);
  const client = await world.loggedIn();
  assert.throws(() => client.messages({ cursor: 'nonsense' }), TypeError);
  const texts = await textsOf(world.until.bind(world), client.messages({ cursor: '25-4', follow: false }));
  assert.deepEqual(texts, ['three']);
  assert.throws(() => client.messages({ cursor: '' }), /has begun/);
});

test('a signal ends a stream', async () => {
  const world = fakePlatform(1);
  const client = await world.loggedIn();
  const aborting = new AbortController();
  const next = client.messages({ signal: aborting.signal }).next();
  const reason = new Error('enough');
  const refused = assert.rejects(next, reason);
  await world.turn();
  aborting.abort(reason);
  await refused;
});

test('a listener that stops hears no more', async () => {
  const world = fakePlatform(2);
  const client = await world.connect();
  const heard: number[] = [];
  const stop = client.on('connected', ({ server }) => void heard.push(server.id));
  world.group.end(world.group.connection.id);
  world.group.advance();
  assert.equal(heard.length, 1);
  stop();
  world.group.end(world.group.connection.id);
  world.group.advance(1_000);
  assert.equal(heard.length, 1);
});

type Until = <Value>(promise: Promise<Value>) => Promise<Value>;

async function textsOf(until: Until, messages: MessageStream): Promise<string[]> {
  const texts: string[] = [];
  for (;;) {
    const { value, done } = await until(messages.next());
    if (done === true) return texts;
    texts.push(value.text);
  }
}

test('an argument of the wrong type is told by its name, and the client goes on as before', async () => {
  const world = fakePlatform(1);
  const client = await world.loggedIn();
  const wrong = (value: unknown) => value as never;
  const cases: [string, () => unknown][] = [
    ['to', () => client.send(wrong(5), 'x')],
    ['text', () => client.send('bob', wrong(undefined))],
    ['text', () => client.send('bob', 'half \ud83e')],
    ['sendId', () => client.send('bob', 'x', { sendId: wrong(7) })],
    ['signal', () => client.send('bob', 'x', { signal: wrong('now') })],
    ['name', () => client.createAccount(wrong(null), 'x')],
    ['password', () => client.createAccount('carol', wrong({}))],
    ['password', () => client.login('alice', wrong(1234))],
    ['takeOver', () => client.login('alice', 'x', { takeOver: wrong('yes') })],
    ['pattern', () => client.accounts(wrong(/a/))],
    ['account', () => client.history(wrong(undefined))],
    ['limit', () => client.history('bob', { limit: -1 })],
    ['before.time', () => client.history('bob', { before: wrong({ id: '1-1', time: 'now' }) })],
    ['cursor', () => client.messages({ cursor: wrong(1) })],
    ['follow', () => client.messages({ follow: wrong('no') })],
    ['saved', () => client.resume(wrong(undefined))],
    ['listener', () => client.on('connected', wrong(undefined))],
    ['connectTimeoutMs', () => world.connect({ connectTimeoutMs: wrong('1s') })],
    ['identity.load', () => world.connect({ identity: wrong({}) })],
  ];
  for (const [argument, call] of cases) {
    const told = (error: unknown) => error instanceof TypeError && error.message.startsWith(`${argument} `);
    await assert.rejects(async () => call(), told, argument);
  }
  await assert.rejects(client.resume({ ...client.session!, latestTime: wrong('now') }), TypeError);
  await world.until(client.send('bob', 'hello'));
  assert.deepEqual(
    world.group.received('Send').map(({ message }) => message['text']),
    ['hello'],
  );
});
