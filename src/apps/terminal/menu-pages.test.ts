/** The commands of the menu that show messages which were shown before, page by page. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { errorDefinitions } from '../../core/model/errors.js';
import { atTerminal, loggedIn, sitDown, withTwoAccounts } from './menu.testing.js';

const thereAreEarlier = 'There are earlier ones. To see them, type more.';

test('history shows the latest messages with someone, in order', async () => {
  const service = await withTwoAccounts();
  const alice = await loggedIn(service);
  const bob = await loggedIn(service, 'bob');
  assert.deepEqual(await alice.type('history', 'bob'), ['With:', 'No messages.', 'Command:']);
  for (let index = 1; index <= 20; index++) await alice.type('4', 'bob', `${index}`);
  await bob.type('4', 'alice', 'enough');
  const shown = await bob.type('history', 'alice');
  assert.deepEqual(
    [shown[0], shown[1], ...shown.slice(-4), shown.length],
    [
      'With:',
      '[2026-11-23 10:02] alice: 2',
      '[2026-11-23 10:20] alice: 20',
      '[2026-11-23 10:21] bob: enough',
      thereAreEarlier,
      'Command:',
      23,
    ],
  );
  assert.deepEqual(await bob.type('more'), ['[2026-11-23 10:01] alice: 1', 'Command:']);
  assert.deepEqual((await bob.type('history', 'carol')).at(-2), 'There is no account of that name.');
});

test('search shows what it found in all conversations, in order, with who wrote to whom', async () => {
  const service = await withTwoAccounts();
  await service.client().createAccount('carol', 'pc');
  const alice = await loggedIn(service);
  const bob = await loggedIn(service, 'bob');
  await alice.type('4', 'bob', 'lunch at noon?');
  await bob.type('4', 'alice', 'no lunch\\', 'today\u001b[2J');
  await alice.type('4', 'carol', 'lunch at one?');
  await alice.type('4', 'carol', 'or six?');
  assert.deepEqual(await alice.type('search', 'lunch'), [
    'Search for:',
    '[2026-11-23 10:01] alice to bob: lunch at noon?',
    '[2026-11-23 10:02] bob to alice: no lunch',
    '    today␛[2J',
    '[2026-11-23 10:03] alice to carol: lunch at one?',
    'Command:',
  ]);
  assert.deepEqual((await bob.type('search', 'one')).slice(-3), ['Search for:', 'No messages found.', 'Command:']);
});

test('more shows what was found before, page by page', async () => {
  const service = await withTwoAccounts();
  const alice = await loggedIn(service);
  const nothing = ['There is nothing more to show.', 'Command:'];
  assert.deepEqual(await alice.type('more'), nothing);
  for (let index = 1; index <= 41; index++) await alice.type('4', 'bob', `note ${index}`);
  const pages = [await alice.type('search', 'note'), await alice.type('more')];
  // What was sent since does not move the pages.
  await alice.type('4', 'bob', 'note 42');
  pages.push(await alice.type('more'));
  assert.deepEqual(
    pages.map((lines) => lines.filter((line) => line.startsWith('[')).map((line) => Number(line.split(' ').at(-1)))),
    [numbers(22, 41), numbers(2, 21), [1]],
  );
  assert.deepEqual(
    pages.map((lines) => lines.includes(thereAreEarlier)),
    [true, true, false],
  );
  assert.deepEqual(await alice.type('more'), nothing);
});

test('more tries again where it failed, and ends with a later search and with the session', async () => {
  const service = await withTwoAccounts();
  const alice = await loggedIn(service);
  for (let index = 1; index <= 21; index++) await alice.type('4', 'bob', `note ${index}`);
  await alice.type('search', 'note');
  const behind = 'The search index is 7 messages behind. Try again in a moment.';
  alice.client.failNext('SEARCH_BEHIND', behind);
  assert.deepEqual(await alice.type('more'), [behind, 'Command:']);
  assert.deepEqual(await alice.type('more'), ['[2026-11-23 10:01] alice to bob: note 1', 'Command:']);

  await alice.type('search', 'note');
  await alice.type('search', '"no end');
  assert.equal((await alice.type('more')).at(0), 'There is nothing more to show.');

  await alice.type('search', 'note');
  await alice.type('5');
  assert.equal((await alice.type('more')).at(0), 'You are not logged in.');
  await alice.type('2', 'alice', 'pa');
  assert.equal((await alice.type('more')).at(0), 'There is nothing more to show.');
});

test('search: error if not logged in, if the query is malformed, or if the server cannot search now', async () => {
  const service = await withTwoAccounts();
  const person = await sitDown(service);
  for (const key of ['search', 'more'])
    assert.deepEqual(await person.type(key), ['You are not logged in.', 'Command:']);
  const alice = await loggedIn(service);
  const cases = [
    ['', 'There is nothing to search for.'],
    ['"no end', 'A quotation mark is missing: a phrase stands between two of them.'],
    ['before:\u001b', 'before:"␛" is no date: write 2026-11-01, or "2026-11-01 18:30" in quotation marks.'],
  ] as const;
  for (const [query, told] of cases)
    assert.deepEqual(await alice.type('search', query), ['Search for:', told, 'Command:']);
  for (const code of ['SEARCH_BEHIND', 'SEARCH_UNAVAILABLE'] as const) {
    alice.client.failNext(code);
    const told = errorDefinitions[code].text;
    assert.deepEqual(await alice.type('search', 'lunch'), ['Search for:', told, 'Command:']);
  }
  assert.ok(alice.menu.isLoggedIn);
});

test('in a terminal a message arrives while a search is typed without tearing it', async () => {
  const service = await withTwoAccounts();
  const bob = await loggedIn(service, 'bob');
  const { terminal, leave } = atTerminal(service);
  await terminal.type('2\ralice\rpa\r');
  await terminal.type('search\rlun');
  await bob.type('4', 'alice', 'lunch?');
  await terminal.type('ch\r');
  await leave();
  assert.deepEqual(terminal.text.split('\n').slice(-5), [
    'Command: search',
    '[2026-11-23 10:01] bob: lunch?',
    'Search for: lunch',
    '[2026-11-23 10:01] bob to alice: lunch?',
    'Command:',
  ]);
});

/** From the first to the last, both included. */
function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
