import assert from 'node:assert/strict';
import test from 'node:test';

import { limits } from '../../core/model/limits.js';
import { nameChangedLines } from '../output/message-text.js';
import { FakeService } from './fake-chat.testing.js';
import { atTerminal, loggedIn, sitDown, withTwoAccounts } from './menu.testing.js';

test('help lists the commands by number', async () => {
  const person = await sitDown(new FakeService());
  assert.deepEqual(await person.type('help'), [
    '1        Create account',
    '2        Login',
    '3        List accounts',
    '4        Send message',
    '5        Logoff',
    '6        Delete account',
    'history  Show the last 20 messages with someone',
    'search   Find messages in all conversations',
    'more     Show earlier messages of the last history or search',
    'help     Show this',
    'quit     Leave; ctrl-C and ctrl-D do so too',
    'A message may have many lines: end a line with \\ and go on in the next.',
    'A search may have: words, "a phrase", begin*, -without, from:bob, with:bob,',
    'after:2026-11-01, before:"2026-11-01 18:30".',
    'Command:',
  ]);
});

test('a first conversation', async () => {
  const service = new FakeService();
  const alice = await sitDown(service);
  assert.deepEqual(await alice.type('1', 'Alice', 'pa'), [
    'Name:',
    'Password:',
    'Created account alice. Stored on 3 of 3 servers.',
    'Command:',
  ]);
  assert.deepEqual(await alice.type('2', 'alice', 'pa'), [
    'Name:',
    'Password:',
    'Logged in as alice.',
    'No new messages.',
    'Command:',
  ]);
  const bob = await sitDown(service);
  await bob.type('1', 'bob', 'pb');
  await bob.type('2', 'bob', 'pb');
  assert.deepEqual(await alice.type('4', 'bob', 'hello'), [
    'To:',
    'Text:',
    'Sent. Stored on 3 of 3 servers.',
    'Command:',
  ]);
  assert.deepEqual(await bob.type('3', ''), [
    '[2026-11-23 10:01] alice: hello',
    'Regular expression (empty lists all):',
    'alice',
    'bob',
    '2 accounts.',
    'Command:',
  ]);
  assert.deepEqual(await bob.type('5'), ['Logged off.', 'Command:']);
  assert.deepEqual(await alice.end(), []);
});

test('login tells how many messages are new, from whom and when, and then shows them', async () => {
  const service = await withTwoAccounts();
  const alice = await loggedIn(service);
  await alice.type('4', 'bob', 'one');
  await alice.type('4', 'bob', 'two');
  const bob = await sitDown(service);
  assert.deepEqual(await bob.type('2', 'bob', 'pb'), [
    'Name:',
    'Password:',
    'Logged in as bob.',
    '2 new messages:',
    '  2 from alice, 2026-11-23 10:01 to 2026-11-23 10:02',
    '[2026-11-23 10:01] alice: one',
    '[2026-11-23 10:02] alice: two',
    'Command:',
  ]);
});

test('a text may have many lines', async () => {
  const service = await withTwoAccounts();
  const alice = await loggedIn(service);
  const bob = await loggedIn(service, 'bob');
  assert.deepEqual(await alice.type('4', 'bob', 'one\\', '\\', 'three'), [
    'To:',
    'Text:',
    '...',
    '...',
    'Sent. Stored on 3 of 3 servers.',
    'Command:',
  ]);
  assert.deepEqual((await bob.type('')).slice(0, 3), ['[2026-11-23 10:01] alice: one', '', '    three']);
});

test('deleting asks first, and then deletes', async () => {
  const service = await withTwoAccounts();
  const alice = await loggedIn(service);
  const question = 'Delete account alice and what waits for it? Type yes to do so:';
  assert.deepEqual(await alice.type('6', 'no'), [question, 'Nothing was deleted.', 'Command:']);
  assert.ok(service.accounts.has('alice'));
  assert.deepEqual(await alice.type('6', 'yes'), [question, 'Deleted account alice.', 'Command:']);
  assert.ok(!service.accounts.has('alice'));
  assert.ok(!alice.menu.isLoggedIn);
});

test('create: error if the account exists', async () => {
  const person = await sitDown(await withTwoAccounts());
  assert.deepEqual((await person.type('1', 'ALICE', 'x')).at(-2), 'An account of that name exists.');
});

test('create: error if already logged in, before anything is asked', async () => {
  const alice = await loggedIn(await withTwoAccounts());
  assert.deepEqual(await alice.type('1'), ['You are already logged in. Log off first.', 'Command:']);
});

test('create: error if the name or the password cannot be one', async () => {
  const person = await sitDown(new FakeService());
  const name = 'A name has 2 to 32 of a-z, 0-9, "_", "." and "-", and begins with a letter or digit.';
  assert.deepEqual((await person.type('1', 'a b', 'x')).at(-2), name);
  assert.deepEqual((await person.type('1', 'carol', '')).at(-2), 'A password has 1 to 1,024 bytes.');
});

test('login: error if already logged in, before anything is asked', async () => {
  const alice = await loggedIn(await withTwoAccounts());
  assert.deepEqual(await alice.type('2'), ['You are already logged in. Log off first.', 'Command:']);
});

test('login: error if the account is logged in elsewhere', async () => {
  const service = await withTwoAccounts();
  await loggedIn(service);
  const other = await sitDown(service);
  assert.deepEqual((await other.type('2', 'alice', 'pa')).at(-2), 'The account is logged in elsewhere.');
  assert.ok(!other.menu.isLoggedIn);
});

test('login: error if the account does not exist or the password is wrong', async () => {
  const person = await sitDown(await withTwoAccounts());
  assert.deepEqual((await person.type('2', 'carol', 'x')).at(-2), 'There is no account of that name.');
  assert.deepEqual((await person.type('2', 'alice', 'x')).at(-2), 'The password is wrong.');
});

test('list: error if the regular expression is malformed', async () => {
  const person = await sitDown(new FakeService());
  assert.deepEqual((await person.type('3', '(')).at(-2), 'The regular expression is malformed at character 1: (');
});

test('send: error if not logged in, before anything is asked', async () => {
  const person = await sitDown(await withTwoAccounts());
  assert.deepEqual(await person.type('4'), ['You are not logged in.', 'Command:']);
});

test('send: error if the recipient does not exist, or there is no text', async () => {
  const alice = await loggedIn(await withTwoAccounts());
  assert.deepEqual((await alice.type('4', 'carol', 'hi')).at(-2), 'There is no account of that name to send to.');
  assert.deepEqual((await alice.type('4', 'bob', '')).at(-2), 'The message is empty.');
  const long = 'x'.repeat(limits.textBytesMax + 1);
  assert.deepEqual((await alice.type('4', 'bob', long)).at(-2), 'The message is longer than 16 KiB.');
});

test('log off and delete: error if not logged in', async () => {
  const person = await sitDown(await withTwoAccounts());
  for (const key of ['5', '6']) assert.deepEqual(await person.type(key), ['You are not logged in.', 'Command:']);
});

test('what is no command is told', async () => {
  const person = await sitDown(new FakeService());
  const told = 'There is no command "7␛[2J". Type help to see all.';
  assert.deepEqual(await person.type('7\u001b[2J'), [told, 'Command:']);
  assert.deepEqual(await person.type('  '), ['Command:']);
});

test('a failure leaves the session as it is', async () => {
  const alice = await loggedIn(await withTwoAccounts());
  alice.client.failNext('BUSY');
  assert.deepEqual(await alice.type('5'), ['The server has too much to do.', 'Command:']);
  assert.ok(alice.menu.isLoggedIn);
  alice.client.failNext('TEXT_TOO_LONG', 'Too long.\u001b[31m');
  assert.deepEqual((await alice.type('4', 'bob', 'x')).at(-2), 'Too long.␛[31m');
});

test('a session that ends by itself is told, and another login is possible', async () => {
  const alice = await loggedIn(await withTwoAccounts());
  alice.client.endSession();
  alice.menu.sessionEnded('The account logged in elsewhere.');
  assert.deepEqual(await alice.type('4'), [
    'You are logged off. The account logged in elsewhere.',
    'You are not logged in.',
    'Command:',
  ]);
  assert.equal((await alice.type('2', 'alice', 'pa')).at(2), 'Logged in as alice.');
});

test('who lost a name in a split is told so, at once and at every login', async () => {
  const service = await withTwoAccounts();
  const alice = await loggedIn(service);
  const lines = nameChangedLines({ name: 'alice~1a2b', formerName: 'alice' });
  alice.menu.nameChanged({ name: 'alice~1a2b', formerName: 'alice' });
  const printed = await alice.type('6', 'no');
  assert.deepEqual(printed.slice(0, lines.length), lines);
  assert.ok(printed.includes('Delete account alice~1a2b and what waits for it? Type yes to do so:'));
  await alice.type('5');
  const account = service.accounts.get('alice')!;
  service.accounts.set('alice', { ...account, name: 'alice~1a2b', formerName: 'alice' });
  const again = await alice.type('2', 'alice', 'pa');
  assert.deepEqual(again.slice(3, 3 + lines.length), lines);
});

test('the input may end anywhere', async () => {
  const service = await withTwoAccounts();
  const cases = [
    [],
    ['Name:'],
    ['Name:', 'Password:'],
    ['Name:', 'Password:', 'Logged in as alice.', 'No new messages.', 'Command:'],
  ];
  for (const [count, printed] of cases.entries()) {
    const person = await sitDown(service);
    person.write(...['2', 'alice', 'pa'].slice(0, count));
    assert.deepEqual(await person.end(), printed);
  }
});

test('quit leaves', async () => {
  const person = await sitDown(new FakeService());
  person.write('quit', 'help');
  assert.deepEqual(await person.end(), []);
});

test('in a terminal a person may end the session that is in the way', async () => {
  const service = await withTwoAccounts();
  const elsewhere = await loggedIn(service);
  const { terminal, menu, leave } = atTerminal(service);
  await terminal.type('2\ralice\rpa\r');
  const question = 'Log in here and end the other session? (yes/no)';
  assert.deepEqual(terminal.text.split('\n').slice(-2), ['The account is logged in elsewhere.', question]);
  await terminal.type('no\r');
  assert.ok(!menu.isLoggedIn);
  await terminal.type('2\ralice\rpa\ryes\r');
  assert.ok(menu.isLoggedIn);
  assert.equal(terminal.text.split('\n').at(-3), 'Logged in as alice.');
  assert.deepEqual(await elsewhere.type('5'), ['You are not logged in.', 'Command:']);
  await leave();
});

test('in a terminal a missing recipient is told before the text is typed', async () => {
  const { terminal, client, leave } = atTerminal(await withTwoAccounts());
  await terminal.type('2\ralice\rpa\r');
  for (const missing of ['carol', 'bo', 'bo.', '..', '']) {
    await terminal.type(`4\r${missing}\r`);
    const told = [`To: ${missing}`.trim(), 'There is no account of that name to send to.', 'Command:'];
    assert.deepEqual(terminal.text.split('\n').slice(-3), told);
  }
  await terminal.type('4\rBob\r');
  assert.equal(terminal.text.split('\n').at(-1), 'Text:');
  await terminal.type('x\r');
  client.failNext('BUSY');
  await terminal.type('4\rcarol\r');
  assert.equal(terminal.text.split('\n').at(-1), 'Text:', 'where it cannot be known, the send will tell');
  await leave();
});

test('in a terminal a message arrives in the middle of a question without tearing it', async () => {
  const service = await withTwoAccounts();
  const bob = await loggedIn(service, 'bob');
  const { terminal, leave } = atTerminal(service);
  await terminal.type('2\ralice\rpa\r');
  await terminal.type('4\rbob\rI am wri');
  await bob.type('4', 'alice', 'are you\\', 'there?');
  await terminal.type('ting\r');
  await leave();
  assert.deepEqual(terminal.text.split('\n'), [
    'Type a command, or help.',
    'Command: 2',
    'Name: alice',
    'Password:',
    'Logged in as alice.',
    'No new messages.',
    'Command: 4',
    'To: bob',
    '[2026-11-23 10:01] bob: are you',
    '    there?',
    'Text: I am writing',
    'Sent. Stored on 3 of 3 servers.',
    'Command:',
  ]);
});

test('who leaves before a change was answered is told that it may not have been made', async () => {
  const never = () => new Promise<never>(() => {});
  const cases = [
    { login: '', keys: '1\rcarol\rpc\r', doubt: 'The account may not have been created.' },
    { login: '2\ralice\rpa\r', keys: '4\rbob\rhello\r', doubt: 'The message may not have been sent.' },
    { login: '2\ralice\rpa\r', keys: '6\ryes\r', doubt: 'The account may not have been deleted.' },
    { login: '2\ralice\rpa\r', keys: '4\rbob\rhel', doubt: undefined },
  ];
  for (const { login, keys, doubt } of cases) {
    const { terminal, client, menu } = atTerminal(await withTwoAccounts());
    for (const method of ['createAccount', 'send', 'deleteAccount'] as const) client[method] = never;
    for (const key of login + keys) await terminal.type(key);
    menu.leave();
    if (doubt === undefined) assert.doesNotMatch(terminal.text, /may not/);
    else assert.ok(terminal.text.trimEnd().endsWith(doubt), terminal.text);
  }
});

test('who leaves after the answer is left in no doubt', async () => {
  const { terminal, menu } = atTerminal(await withTwoAccounts());
  for (const key of '2\ralice\rpa\r4\rbob\rhello\r') await terminal.type(key);
  menu.leave();
  assert.match(terminal.text, /Sent\. Stored on 3 of 3 servers\./);
  assert.doesNotMatch(terminal.text, /may not/);
});
