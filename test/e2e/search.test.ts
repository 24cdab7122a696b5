/** Search on real servers: by the command and by the library, after a failover and after the index was deleted. */
import assert from 'node:assert/strict';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { runProgram } from '#src/apps/cli/run-program.testing.js';
import type { StatusReport } from '#src/apps/cli/status-report.js';
import type { Client } from '#src/library/node.js';

import { Cluster } from './cluster.js';

async function texts(client: Client, query: string, limit = 0): Promise<string[]> {
  return (await client.search(query, { limit })).messages.map(({ text }) => text);
}

test('what was sent is found on every server, after a failover, and after an index was deleted', async (t) => {
  const cluster = await Cluster.start(t);
  const [anna, ben] = [await cluster.client(t), await cluster.client(t)];
  await anna.createAccount('anna', 'secret');
  await ben.createAccount('ben', 'secret');
  await anna.login('anna', 'secret');
  await ben.login('ben', 'secret');
  await anna.send('ben', 'Lunch at noon?');
  await ben.send('anna', 'No lünch today, see you at six');
  for (let index = 1; index <= 5; index += 1) await anna.send('ben', `Note ${index}`);
  assert.deepEqual(await texts(ben, 'LUNCH'), ['No lünch today, see you at six', 'Lunch at noon?']);
  assert.deepEqual(await texts(anna, '"see you" from:ben -noon'), ['No lünch today, see you at six']);
  assert.deepEqual(await texts(anna, 'after:2999-01-01 lunch'), []);
  assert.deepEqual(await texts(anna, 'after:2026-01-01 lun*', 1), ['No lünch today, see you at six']);
  const first = await anna.search('note', { limit: 3 });
  const second = await anna.search('note', { limit: 3, before: first.messages.at(-1)! });
  assert.deepEqual(
    [first, second].map(({ messages, more }) => [messages.map(({ text }) => text).join(), more]),
    [
      ['Note 5,Note 4,Note 3', true],
      ['Note 2,Note 1', false],
    ],
  );
  await assert.rejects(anna.search('"no end'), { code: 'SEARCH_INVALID', message: /quotation mark is missing/ });

  // On another server, with a new message in between.
  await cluster.kill(ben.server!.id);
  await anna.send('ben', 'Lunch is over');
  assert.deepEqual(await texts(ben, 'lunch over'), ['Lunch is over']);

  for (const id of cluster.ids) {
    await cluster.kill(id);
    await rm(join(cluster.dataDirectory(id), 'search.db'));
    await cluster.start(id);
  }
  for (const id of cluster.ids) {
    const one = await cluster.client(t, id);
    await one.login('ben', 'secret', { takeOver: true });
    assert.deepEqual(await texts(one, 'lunch'), ['Lunch is over', 'No lünch today, see you at six', 'Lunch at noon?']);
    const { searchLagOps } = await one.status();
    assert.ok(searchLagOps < 5);
    await one.logoff();
  }
});

test('status names a server that cannot search, and clients search elsewhere', async (t) => {
  const cluster = await Cluster.start(t);
  const anna = await cluster.client(t);
  await anna.createAccount('anna', 'secret');
  await anna.login('anna', 'secret');
  await anna.send('anna', 'Buy apples');
  await cluster.kill(1);
  await rm(join(cluster.dataDirectory(1), 'search.db'));
  // Neither a database nor anything that can be replaced by one.
  await mkdir(join(cluster.dataDirectory(1), 'search.db'));
  await cluster.start(1);
  const { stdout } = await runProgram(['status', cluster.configPath, '--json']);
  const { verdict, servers } = JSON.parse(stdout) as StatusReport;
  assert.match(verdict, /Server 1 cannot search: its index failed/);
  assert.equal(servers[0]?.searchLagOps, null);
  // It is left with the one that cannot, and then there are others again.
  for (const id of [2, 3]) await cluster.kill(id);
  await anna.send('anna', 'And pears');
  assert.equal(anna.server?.id, 1);
  for (const id of [2, 3]) await cluster.start(id);
  assert.deepEqual(await texts(anna, 'apples'), ['Buy apples']);
  assert.notEqual(anna.server?.id, 1);
});

test('where no server can search, each is asked, and none is told of as lost', async (t) => {
  const cluster = await Cluster.start(t);
  await runProgram(['create', cluster.configPath, 'anna'], { password: 'secret' });
  for (const id of cluster.ids) {
    await cluster.kill(id);
    await rm(join(cluster.dataDirectory(id), 'search.db'));
    await mkdir(join(cluster.dataDirectory(id), 'search.db'));
    await cluster.start(id);
  }
  const { exitCode, stdout, stderr } = await runProgram(['search', cluster.configPath, 'x', '--as', 'anna'], {
    password: 'secret',
  });
  assert.deepEqual([exitCode, stdout], [6, '']);
  const each =
    /^(Server \d cannot search, asking another\.\nConnected to server \d\.\n){2,}No server can search now\. /;
  assert.match(stderr, each);
});

test('a message to an account that was deleted is not shown as one to who has the name now', async (t) => {
  const { configPath } = await Cluster.start(t, { servers: 1 });
  const run = ([command = '', ...rest]: readonly string[]) =>
    runProgram([command, configPath, ...rest], { password: 'secret' });
  for (const name of ['alice', 'carol']) await run(['create', name]);
  await run(['send', 'carol', 'hi', '--as', 'alice']);
  await run(['delete', '--as', 'carol', '--yes']);
  await run(['create', 'carol']);
  await run(['send', 'carol', 'hi anew', '--as', 'alice']);
  const { stdout } = await run(['search', 'hi', '--as', 'alice']);
  assert.match(stdout, /^\[.{16}\] alice to carol: hi anew\n\[.{16}\] alice to carol \(deleted\): hi\n$/);
  const { stdout: json } = await run(['search', 'hi -anew', '--as', 'alice', '--json']);
  assert.equal((JSON.parse(json) as { toDeleted: boolean }).toDeleted, true);
});

test('the command prints pages and says how to go on, and what is wrong with a query', async (t) => {
  const { configPath } = await Cluster.start(t, { servers: 1 });
  const run = ([command = '', ...rest]: readonly string[]) =>
    runProgram([command, configPath, ...rest], { password: 'secret' });
  await run(['create', 'alice']);
  for (const text of ['one apple', 'two apples', 'Three Äpples']) await run(['send', 'alice', text, '--as', 'alice']);
  const page = await run(['search', 'appl*', 'with:alice', '--as', 'alice', '--limit', '2']);
  assert.match(page.stdout, /^\[.{16}\] alice to alice: Three Äpples\n\[.{16}\] alice to alice: two apples\n$/);
  const place = /^There are more\. To go on, add: --before (\S+)\n$/.exec(page.stderr)![1]!;
  const next = await run(['search', 'appl*', '--as', 'alice', '--before', place, '--json']);
  assert.deepEqual([(JSON.parse(next.stdout) as { text: string }).text, next.stderr], ['one apple', '']);
  const none = await run(['search', 'pear', '--as', 'alice']);
  assert.deepEqual([none.exitCode, none.stdout, none.stderr], [0, '', 'No messages found.\n']);
  const cases: [string[], number, RegExp][] = [
    [['"no end'], 2, /quotation mark is missing/],
    [['before:soon'], 2, /before:"soon" is no date.* in quotation marks\.\n$/],
    [['x', 'after:2026-11-26 22:00'], 2, /: after:"2026-11-26 22:00"\. .* Write single quotes around the query/],
    [['x', '--limit', 'many'], 2, /--limit is a whole number/],
    [['x', '--before', 'there'], 2, /--before takes what the page before said/],
    [['from:nobody'], 4, /There is no account "nobody"/],
  ];
  for (const [words, exitCode, reason] of cases) {
    const failed = await run(['search', ...words, '--as', 'alice']);
    assert.deepEqual([failed.exitCode, failed.stdout], [exitCode, ''], words.join(' '));
    assert.match(failed.stderr, reason);
  }
});
