/** What people are refused and why: every error of creating, logging in, listing, sending, logging off and deleting. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { limits } from '#src/core/model/limits.js';

import { freshOperation, loginOf, PASSWORD, resumeOf, Service } from './service.js';

const codeOf = ({ code }: { code: string }): string => code;

function createOf(name: string, { password = PASSWORD, operation = freshOperation() } = {}) {
  return { name, password, operation };
}

describe('accounts and sessions', () => {
  const service = Service.shared({ servers: 1 });

  test('[W50] an account is created once, under a name without capitals', async (t) => {
    const client = await service.greet(t);
    const name = service.freshName('first');
    const created = await client.ask('CreateAccount', createOf(name.toUpperCase()), 'AccountCreated');
    assert.equal(created.name, name);
    for (const again of [name, name.toUpperCase(), `F${name.slice(1)}`]) {
      assert.equal(codeOf(await client.refusal('CreateAccount', createOf(again))), 'NAME_TAKEN');
    }
  });

  test('[W50] names and passwords that are not allowed are refused', async (t) => {
    const client = await service.greet(t);
    const names = [
      '',
      'a',
      'a'.repeat(33),
      'two words',
      '..',
      '-x',
      '_name',
      'a~b',
      'zoë',
      'a/b',
      "a'b",
      'a\u0000b',
      '\u212Aelvin',
      'ﬀ',
      '😀😀',
    ];
    for (const name of names) {
      assert.equal(codeOf(await client.refusal('CreateAccount', createOf(name))), 'NAME_INVALID', name);
    }
    for (const password of ['', 'x'.repeat(limits.passwordBytesMax + 1), 'ü'.repeat(limits.passwordBytesMax / 2 + 1)]) {
      const create = createOf(service.freshName(), { password });
      assert.equal(codeOf(await client.refusal('CreateAccount', create)), 'PASSWORD_INVALID');
    }
    const shortest = await client.ask('CreateAccount', createOf('zz', { password: 'x' }), 'AccountCreated');
    assert.equal(shortest.name, 'zz');
    const longest = createOf('a.b-c_9'.padEnd(32, 'z'), { password: 'x'.repeat(limits.passwordBytesMax) });
    assert.equal((await client.ask('CreateAccount', longest, 'AccountCreated')).name, longest.name);
  });

  test('[W45] who is logged in does not create, log in or resume', async (t) => {
    const person = await service.person(t);
    const { client, name } = person;
    assert.equal(codeOf(await client.refusal('CreateAccount', createOf(service.freshName()))), 'ALREADY_LOGGED_IN');
    assert.equal(codeOf(await client.refusal('Login', loginOf(name))), 'ALREADY_LOGGED_IN');
    assert.equal(codeOf(await client.refusal('Resume', resumeOf(person))), 'ALREADY_LOGGED_IN');
  });

  test('[W45] who is not logged in does not send, receive, mark, read, log off or delete', async (t) => {
    const client = await service.greet(t);
    const { name } = await service.person(t);
    const refusals = [
      client.refusal('Send', { to: name, text: 'x', counter: 1 }),
      client.refusal('Receive', { cursor: [], credit: 1 }),
      client.refusal('MarkDelivered', { cursor: [] }),
      client.refusal('ReadHistory', { with: name, beforeTime: 0, limit: 0 }),
      client.refusal('LogOff', {}),
      client.refusal('DeleteAccount', {}),
    ];
    for (const refusal of refusals) assert.equal(codeOf(await refusal), 'NOT_LOGGED_IN');
  });

  test('[W51] a login needs an account, its password and room for a session', async (t) => {
    const client = await service.greet(t);
    const { name } = await service.person(t);
    assert.equal(codeOf(await client.refusal('Login', loginOf(service.freshName()))), 'ACCOUNT_NOT_FOUND');
    assert.equal(codeOf(await client.refusal('Login', loginOf('not a name'))), 'ACCOUNT_NOT_FOUND');
    assert.equal(codeOf(await client.refusal('Login', loginOf(name, { password: 'guess' }))), 'WRONG_PASSWORD');
    assert.equal(codeOf(await client.refusal('Login', loginOf(name, { password: '' }))), 'WRONG_PASSWORD');
    assert.equal(codeOf(await client.refusal('Login', loginOf(name))), 'LOGGED_IN_ELSEWHERE');
  });

  test('[W51] [W55] a session outlives its connection, and makes room for another once that has gone', async (t) => {
    const person = await service.person(t);
    const client = await service.greet(t);
    person.client.close();
    assert.equal((await client.ask('Resume', resumeOf(person), 'Resumed')).name, person.name);
    client.close();

    const next = await service.greet(t);
    const loggedIn = await next.ask('Login', loginOf(person.name.toUpperCase(), { takeOver: true }), 'LoggedIn');
    assert.notDeepEqual(loggedIn.session, person.loggedIn.session);
    const late = await service.greet(t);
    assert.equal(codeOf(await late.refusal('Resume', resumeOf(person))), 'SESSION_UNKNOWN');
  });

  test('[W52] [W58] a login that takes over ends the session elsewhere, and that connection goes on without', async (t) => {
    const { client: first, name } = await service.person(t);
    const second = await service.greet(t);
    await second.ask('Login', loginOf(name, { takeOver: true }), 'LoggedIn');
    assert.equal((await first.push('SessionEnded')).code, 302);
    assert.equal(codeOf(await first.refusal('Send', { to: name, text: 'x', counter: 9 })), 'NOT_LOGGED_IN');
    assert.equal(codeOf(await first.refusal('Login', loginOf(name))), 'LOGGED_IN_ELSEWHERE');
  });

  test('[W54] a session that is resumed elsewhere is no longer attached where it was', async (t) => {
    const person = await service.person(t);
    const second = await service.greet(t);
    await second.ask('Resume', resumeOf(person), 'Resumed');
    assert.equal((await person.client.push('SessionEnded')).code, 302);
    await second.ask('Send', { to: person.name, text: 'x', counter: 2 }, 'Sent');
  });

  test('[W54] nobody resumes without the right token, session and account', async (t) => {
    const [victim, attacker] = [await service.person(t), await service.person(t)];
    const client = await service.greet(t);
    const right = resumeOf(victim);
    const own = resumeOf(attacker);
    const flipped = right.token.map((byte, index) => (index === 31 ? byte ^ 1 : byte));
    for (const wrong of [
      { ...right, token: flipped },
      { ...right, token: right.token.subarray(0, 31) },
      { ...right, token: new Uint8Array(0) },
      { ...right, token: own.token },
      { ...right, session: own.session, token: own.token },
      { ...right, account: own.account },
      { ...own, account: right.account },
      { ...right, session: right.account },
    ]) {
      assert.equal(codeOf(await client.refusal('Resume', wrong)), 'SESSION_UNKNOWN');
    }
    const unborn = { ...right, session: { origin: right.session.origin, seq: right.session.seq + 1_000_000 } };
    assert.equal(codeOf(await client.refusal('Resume', unborn)), 'BEHIND');
    await victim.client.ask('Send', { to: attacker.name, text: 'still me', counter: 2 }, 'Sent');
  });

  test('[W56] logging off ends the session for good, and the connection stays', async (t) => {
    const person = await service.person(t);
    await person.client.ask('LogOff', {}, 'LoggedOff');
    assert.equal(codeOf(await person.client.refusal('LogOff', {})), 'NOT_LOGGED_IN');
    assert.equal(codeOf(await person.client.refusal('Resume', resumeOf(person))), 'SESSION_UNKNOWN');
    await person.client.ask('Login', loginOf(person.name), 'LoggedIn');
  });

  test('[W57] an account that is deleted is gone with what waits for it, and its name is free', async (t) => {
    const [gone, friend] = [await service.person(t), await service.person(t)];
    await gone.client.ask('Send', { to: friend.name, text: 'farewell', counter: 2 }, 'Sent');
    await friend.client.ask('Send', { to: gone.name, text: 'too late', counter: 2 }, 'Sent');
    await gone.client.ask('DeleteAccount', {}, 'AccountDeleted');
    assert.equal(codeOf(await gone.client.refusal('DeleteAccount', {})), 'NOT_LOGGED_IN');
    assert.equal(codeOf(await gone.client.refusal('Login', loginOf(gone.name))), 'ACCOUNT_NOT_FOUND');
    assert.equal(codeOf(await gone.client.refusal('Resume', resumeOf(gone))), 'ACCOUNT_DELETED');
    const send = { to: gone.name, text: 'x', counter: 3 };
    assert.equal(codeOf(await friend.client.refusal('Send', send)), 'RECIPIENT_NOT_FOUND');

    friend.client.send('Receive', { cursor: [], credit: 9 });
    const { message } = await friend.client.push('Deliver');
    assert.deepEqual([message.from, message.text, message.fromDeleted], [gone.name, 'farewell', true]);
    const history = { with: gone.name, beforeTime: 0, limit: 0 };
    const { messages } = await friend.client.ask('ReadHistory', history, 'History');
    assert.deepEqual(
      messages.map(({ text, fromDeleted, toDeleted }) => [text, fromDeleted, toDeleted]),
      [
        ['too late', false, true],
        ['farewell', true, false],
      ],
    );

    const heir = await service.greet(t);
    await heir.ask('CreateAccount', createOf(gone.name), 'AccountCreated');
    const { waiting } = await heir.ask('Login', loginOf(gone.name), 'LoggedIn');
    assert.deepEqual(waiting, []);
    heir.send('Receive', { cursor: [], credit: 9 });
    await heir.push('Live');
    assert.deepEqual(heir.left().includes('Deliver'), false);
    const inherited = await heir.ask('ReadHistory', { with: friend.name, beforeTime: 0, limit: 0 }, 'History');
    assert.deepEqual(inherited, { messages: [], more: false });
  });

  test('[W58] deleting an account tells its other sessions', async (t) => {
    const person = await service.person(t);
    const { name } = person;
    const second = await service.greet(t);
    await second.ask('Login', loginOf(name, { takeOver: true }), 'LoggedIn');
    await second.ask('DeleteAccount', {}, 'AccountDeleted');
    assert.equal((await person.client.push('SessionEnded')).code, 302);
    assert.equal(codeOf(await person.client.refusal('Resume', resumeOf(person))), 'ACCOUNT_DELETED');
  });

  test('[W46] [W48] a create that is repeated is answered as the first time', async (t) => {
    const client = await service.greet(t);
    const create = createOf(service.freshName());
    const first = await client.ask('CreateAccount', create, 'AccountCreated');
    assert.deepEqual(await client.ask('CreateAccount', create, 'AccountCreated'), first);
    assert.deepEqual(first.storedOn, { copies: 1, members: 1 });
    const [once, twice] = [client.send('CreateAccount', create), client.send('CreateAccount', create)];
    assert.deepEqual(await client.answer(once, 'AccountCreated'), await client.answer(twice, 'AccountCreated'));
  });

  test('[W50] of many who ask for one name at the same moment, one gets it', async (t) => {
    const name = service.freshName('wanted');
    const clients = await Promise.all(Array.from({ length: 8 }, () => service.greet(t)));
    const codes = await Promise.all(
      clients.map(async (client) => {
        const correlation = client.send('CreateAccount', createOf(name));
        return Promise.race([
          client.answer(correlation, 'AccountCreated').then(() => 'created'),
          client.refused(correlation).then(codeOf),
        ]).catch(() => 'neither');
      }),
    );
    assert.equal(codes.filter((code) => code === 'created').length, 1, codes.join());
  });

  test('[W59] accounts are listed by pattern, in order, in pages', async (t) => {
    const client = await service.greet(t);
    const tag = service.freshName('page');
    const names = ['a', 'b', 'c'].map((end) => `${tag}.${end}`);
    for (const name of names.toReversed()) await client.ask('CreateAccount', createOf(name), 'AccountCreated');
    const pattern = `^${tag.replace('.', '\\.')}\\.[a-c]$`;
    const list = (after: string, limit: number) => client.ask('ListAccounts', { pattern, after, limit }, 'AccountList');
    assert.deepEqual(await list('', 0), { names, more: false });
    assert.deepEqual(await list('', 2), { names: names.slice(0, 2), more: true });
    assert.deepEqual(await list(names[1]!, 2), { names: names.slice(2), more: false });
    const all = await client.ask('ListAccounts', { pattern: '', after: '', limit: 0 }, 'AccountList');
    assert.ok(names.every((name) => all.names.includes(name)));
  });

  test('[W59] a malformed pattern is refused, and the message says where', async (t) => {
    const client = await service.greet(t);
    for (const [pattern, where] of [
      ['ab[z', /at character 3/],
      ['a**', /\*\*/],
      ['(', /\(/],
      ['a(?=b)', /at character 2|\(\?=/],
    ] as const) {
      const { code, message } = await client.refusal('ListAccounts', { pattern, after: '', limit: 0 });
      assert.equal(code, 'PATTERN_INVALID');
      assert.match(message, where);
    }
    const tooLong = { pattern: 'x'.repeat(limits.patternCharactersMax + 1), after: '', limit: 0 };
    assert.equal(codeOf(await client.refusal('ListAccounts', tooLong)), 'PATTERN_TOO_LONG');
  });

  test('text that means something to a database is a name, a pattern or a message like any other', async (t) => {
    const { client, name } = await service.person(t);
    const hostile = `x'; DROP TABLE name; --`;
    assert.equal(codeOf(await client.refusal('CreateAccount', createOf(hostile))), 'ALREADY_LOGGED_IN');
    assert.equal(codeOf(await client.refusal('Send', { to: hostile, text: 'x', counter: 2 })), 'RECIPIENT_NOT_FOUND');
    assert.equal(
      codeOf(await client.refusal('ReadHistory', { with: hostile, beforeTime: 0, limit: 0 })),
      'ACCOUNT_NOT_FOUND',
    );
    const list = { pattern: hostile, after: `' OR 1=1 --`, limit: 0 };
    assert.deepEqual((await client.ask('ListAccounts', list, 'AccountList')).names, []);
    await client.ask('Send', { to: name, text: `${hostile}\u0000\u{1F600}\uFEFF`, counter: 2 }, 'Sent');
    const { messages } = await client.ask('ReadHistory', { with: name, beforeTime: 0, limit: 0 }, 'History');
    assert.deepEqual(
      messages.map(({ text }) => text),
      [`${hostile}\u0000\u{1F600}\uFEFF`],
    );
  });
});

describe('two sessions for each account', () => {
  const service = Service.shared({ servers: 1, sessionsPerAccount: 2 });

  test('[W52] [W54] taking over ends the oldest session, and the others stay', async (t) => {
    const first = await service.person(t);
    const { name } = first;
    const [second, third] = [await service.greet(t), await service.greet(t)];
    await second.ask('Login', loginOf(name), 'LoggedIn');
    assert.equal(codeOf(await third.refusal('Login', loginOf(name))), 'LOGGED_IN_ELSEWHERE');
    await third.ask('Login', loginOf(name, { takeOver: true }), 'LoggedIn');
    assert.equal((await first.client.push('SessionEnded')).code, 302);
    for (const client of [second, third]) client.send('Receive', { cursor: [], credit: 2 });
    await second.ask('Send', { to: name, text: 'both', counter: 2 }, 'Sent');
    for (const client of [second, third]) assert.equal((await client.push('Deliver')).message.text, 'both');
  });

  test('[W54] a session may not be resumed where as many others as allowed are attached', async (t) => {
    const [person, late] = [await service.person(t), await service.greet(t)];
    person.client.close();
    const [second, third] = [await service.greet(t), await service.greet(t)];
    await late.ask('Resume', resumeOf(person), 'Resumed');
    await second.ask('Login', loginOf(person.name), 'LoggedIn');
    await third.ask('Login', loginOf(person.name, { takeOver: true }), 'LoggedIn');
    assert.equal((await late.push('SessionEnded')).code, 302);
    assert.equal(codeOf(await late.refusal('Resume', resumeOf(person))), 'SESSION_UNKNOWN');
  });

  test('[W58] deleting an account tells its other sessions why', async (t) => {
    const person = await service.person(t);
    const second = await service.greet(t);
    await second.ask('Login', loginOf(person.name), 'LoggedIn');
    await second.ask('DeleteAccount', {}, 'AccountDeleted');
    assert.equal((await person.client.push('SessionEnded')).code, 406);
  });
});
