/** Classes of bugs that show when those who connect do not mean well, on a real server. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { encode } from '#src/core/wire/codec.js';
import { typeOf } from '#src/core/wire/frame.js';
import type { FrameName, MessageOf } from '#src/core/wire/message-types.js';

import { frameOf, messageFrame, transports } from '../conformance/raw-client.js';
import { freshOperation, loginOf, PASSWORD, resumeOf, Service, type Person } from '../conformance/service.js';

const codeOf = ({ code }: { code: string }): string => code;

/** A frame whose body has another field behind its own: number 99, a string. */
function withField<N extends FrameName>(name: N, value: MessageOf<N>, text: string, correlation: number): Uint8Array {
  const extra = new TextEncoder().encode(text);
  const tag = [(((99 << 3) | 2) & 0x7f) | 0x80, 99 >> 4];
  return frameOf(typeOf(name), Buffer.concat([encode(name, value), Buffer.from([...tag, extra.length]), extra]), {
    correlation,
  });
}

async function accountsOf({ client }: Person): Promise<readonly string[]> {
  const { names } = await client.ask('ListAccounts', { pattern: '', after: '', limit: 500 }, 'AccountList');
  return names;
}

describe('what strangers try', () => {
  const service = Service.shared({ servers: 1 });

  test('no framing, separators in text: any text comes out as it went in, in whatever pieces it came', async (t) => {
    const bob = await service.person(t, 'bob');
    const texts = [
      'two\nlines\r\nand\0more\n\n',
      'HF\u0000\u0001 preface, {"json": "yes"}, <xml/>, a|b;c,d\t"e\'',
      '\u001b[2Jterminal\u0007',
      '|'.repeat(3000),
      '\n',
    ];
    bob.client.send('Receive', { cursor: [], credit: 100 });
    for (const transport of transports) {
      const alice = await service.person(t, 'alice', { transport });
      const frames = texts.map((text, index) =>
        messageFrame('Send', { to: bob.name, text, counter: index + 2 }, 1000 + index),
      );
      // All of them glued together, and cut where no frame ends.
      const bytes = Buffer.concat(frames);
      for (let at = 0; at < bytes.length; at += 7) alice.client.write(bytes.subarray(at, at + 7));
      for (const [index, text] of texts.entries()) {
        await alice.client.answer(1000 + index, 'Sent');
        assert.equal((await bob.client.push('Deliver')).message.text, text);
      }
    }
  });

  test('no auth: without a login, or with a guessed token, nothing is read, written or deleted', async (t) => {
    const alice = await service.person(t, 'alice');
    const stranger = await service.greet(t);
    for (const [name, message] of [
      ['Send', { to: alice.name, text: 'spam', counter: 1 }],
      ['Receive', { cursor: [], credit: 10 }],
      ['MarkDelivered', { cursor: [] }],
      ['ReadHistory', { with: alice.name, beforeTime: 0, limit: 0 }],
      ['LogOff', {}],
      ['DeleteAccount', {}],
    ] as const) {
      assert.equal(codeOf(await stranger.refusal(name, message)), 'NOT_LOGGED_IN', name);
    }
    const token = alice.loggedIn.token.slice();
    token[31]! ^= 1;
    for (const guess of [token, new Uint8Array(0), new Uint8Array(32), randomBytes(32)]) {
      const resume = { ...resumeOf(alice), token: guess };
      assert.equal(codeOf(await stranger.refusal('Resume', resume)), 'SESSION_UNKNOWN');
    }
    for (const password of ['', PASSWORD.toUpperCase(), `${PASSWORD} `, '\0']) {
      const code = codeOf(await stranger.refusal('Login', loginOf(alice.name, { password })));
      assert.match(code, /^(WRONG_PASSWORD|PASSWORD_INVALID)$/);
    }
    assert.ok((await accountsOf(alice)).includes(alice.name));
  });

  test('clear or unsalted passwords: no file has a password, and one password is kept in two ways', async (t) => {
    const password = `not to be found ${randomBytes(8).toString('hex')}`;
    const client = await service.greet(t);
    for (const name of [service.freshName('twin'), service.freshName('twin')]) {
      await client.ask('CreateAccount', { name, password, operation: freshOperation() }, 'AccountCreated');
    }
    const directory = service.group.dataDirectory(1);
    const files = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
    const contents = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')));
    assert.ok(
      contents.some((content) => content.includes('twin.')),
      'the accounts are in them',
    );
    for (const secret of [password, Buffer.from(password).toString('base64'), Buffer.from(password).toString('hex')]) {
      assert.ok(!contents.some((content) => content.includes(secret)));
    }
    const log = contents[files.findIndex(({ name }) => name.includes('segment') || name.endsWith('.log'))]!;
    const hashes = [...log.matchAll(/twin\.\d+.{2,3}(\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[^$]+\$[A-Za-z0-9+/]+)/gs)];
    assert.equal(hashes.length, 2, 'argon2id, each with its salt');
    assert.notEqual(hashes[0]![1], hashes[1]![1]);
  });

  test('delete by anyone: an account is deleted by its own session and by nothing else', async (t) => {
    const [alice, mallory] = [await service.person(t, 'alice'), await service.person(t, 'mallory')];
    const stranger = await service.greet(t);
    assert.equal(codeOf(await stranger.refusal('DeleteAccount', {})), 'NOT_LOGGED_IN');
    stranger.write(withField('DeleteAccount', {}, alice.name, 500));
    assert.equal(codeOf(await stranger.refused(500)), 'NOT_LOGGED_IN');
    // Whoever is named in it, the request deletes the account of its own session.
    mallory.client.write(withField('DeleteAccount', {}, alice.name, 500));
    await mallory.client.answer(500, 'AccountDeleted');
    const names = await accountsOf(alice);
    assert.ok(names.includes(alice.name) && !names.includes(mallory.name));
    assert.equal(codeOf(await mallory.client.refusal('DeleteAccount', {})), 'NOT_LOGGED_IN');
  });

  test('user name trusted from the client: a message is from whoever is logged in, whatever it says', async (t) => {
    const [alice, mallory, bob] = await Promise.all(['alice', 'mallory', 'bob'].map((like) => service.person(t, like)));
    bob!.client.send('Receive', { cursor: [], credit: 10 });
    const send = { to: bob!.name, text: `from: ${alice!.name}`, counter: 2 };
    mallory!.client.write(withField('Send', send, alice!.name, 500));
    await mallory!.client.answer(500, 'Sent');
    const { message, sender } = await bob!.client.push('Deliver');
    assert.equal(message.from, mallory!.name);
    assert.deepEqual(sender, mallory!.loggedIn.account);
    const { messages } = await bob!.client.ask(
      'ReadHistory',
      { with: alice!.name, beforeTime: 0, limit: 0 },
      'History',
    );
    assert.deepEqual(messages, []);
  });

  test('code, query or regex injection: what people type is only ever what it says', async (t) => {
    const alice = await service.person(t, 'alice');
    const { client, name } = alice;
    const before = await accountsOf(alice);
    const nasty = [
      "'; DROP TABLE messages; --",
      `${name}' OR '1'='1`,
      '%',
      '_____',
      '$(reboot) `reboot` ${process.exit(1)}',
      '__proto__',
      '../../etc/passwd',
    ];
    for (const [index, text] of nasty.entries()) {
      const creation = { name: text, password: PASSWORD, operation: freshOperation() };
      assert.equal(codeOf(await (await service.greet(t)).refusal('CreateAccount', creation)), 'NAME_INVALID');
      const send = { to: text, text: 'hello', counter: 100 };
      assert.equal(codeOf(await client.refusal('Send', send)), 'RECIPIENT_NOT_FOUND');
      const history = { with: text, beforeTime: 0, limit: 0 };
      assert.equal(codeOf(await client.refusal('ReadHistory', history)), 'ACCOUNT_NOT_FOUND');
      await client.ask('Send', { to: name, text, counter: index + 2 }, 'Sent');
    }
    const { messages } = await client.ask('ReadHistory', { with: name, beforeTime: 0, limit: 0 }, 'History');
    assert.deepEqual(messages.map(({ text }) => text).toReversed(), nasty);
    // A pattern is RE2 and no more: what other engines would run, or look back with, is refused or means nothing special.
    for (const pattern of ['(?{ code })', '(?<=a)b', '(a)\\1', '(?', '[', '*']) {
      const code = codeOf(await client.refusal('ListAccounts', { pattern, after: '', limit: 0 }));
      assert.equal(code, 'PATTERN_INVALID', pattern);
    }
    const { names } = await client.ask('ListAccounts', { pattern: "'|--", after: "' OR 1=1", limit: 0 }, 'AccountList');
    assert.deepEqual(names, []);
    assert.deepEqual(await accountsOf(alice), before);
    await service.checkAlive(t);
  });

  test('catastrophic regex: a pattern that takes other engines for ever is answered', async (t) => {
    const client = await service.greet(t);
    // An engine that goes back over its steps takes 2^30 of them for each of these names.
    for (let index = 0; index < 9; index += 1) {
      const operation = freshOperation();
      const name = `${'a'.repeat(30)}.${index}`;
      await client.ask('CreateAccount', { name, password: PASSWORD, operation }, 'AccountCreated');
    }
    for (const pattern of ['^(a+)+$', '^(a|aa)+$', '^(a*)*b$', '(.*a){20}$', '^(([a-z])+.)+[A-Z]([a-z])+$']) {
      const { names } = await client.ask('ListAccounts', { pattern, after: 'aaaa', limit: 0 }, 'AccountList');
      assert.deepEqual(
        names.filter((name) => !name.startsWith('a')),
        [],
      );
    }
    await service.checkAlive(t);
  });
});
