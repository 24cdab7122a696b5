import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { runProgram } from '#src/apps/cli/run-program.testing.js';
import { limits } from '#src/core/model/limits.js';
import { anna, askSearch, DraftLog, term } from '#src/core/wire/search-drafts.testing.js';
import { ask, commit } from '#src/core/wire/view-drafts.testing.js';
import { openSearch } from '#src/io/node/search.js';
import { openView } from '#src/io/node/view.js';

import { makePlace } from '../support/server-group.js';
import { emptyDisk, fillDisk, mountSmallDisk, unmount } from '../support/small-disk.js';
import { Cluster } from './cluster.js';

/** No disk has so much room, so a server with this reserve takes its disk for full. */
const ALL_OF_IT = ['--disk-reserve', '999999999'];

test('[S22] [S23] with one disk full everything goes on through the others, and status says so', async (t) => {
  const cluster = await Cluster.start(t);
  const alice = await cluster.client(t);
  await alice.createAccount('alice', 'secret a');
  await alice.createAccount('bob', 'secret b');
  await cluster.stop(1);
  await cluster.start(1, ...ALL_OF_IT);
  await alice.login('alice', 'secret a');
  const { storedOn } = await alice.send('bob', 'there is room elsewhere');
  assert.deepEqual(storedOn, { copies: 2, members: 3 });
  const { exitCode, stdout } = await runProgram(['status', cluster.configPath]);
  assert.equal(exitCode, 8);
  assert.match(stdout, /The disk of server 1 is full: it stores nothing with less than/);
  await cluster.stop(1);
  await cluster.start(1);
  await cluster.converged();
});

test('[S23] with the only disk full what is stored can be read, and sending fails in so many words', async (t) => {
  const cluster = await Cluster.start(t, { servers: 1 });
  const alice = await cluster.aliceWhoWrote(t);
  await cluster.stop(1);
  await cluster.start(1, ...ALL_OF_IT);
  const { messages } = await alice.history('bob');
  assert.deepEqual(
    messages.map(({ text }) => text),
    ['before'],
  );
  await assert.rejects(alice.send('bob', 'no room'), {
    code: 'DISK_FULL',
    message: 'The disk of this server is full, so it stores nothing now.',
  });
  const { exitCode, stderr } = await runProgram(['create', cluster.configPath, 'carol'], {
    password: 'secret c',
  });
  assert.equal(exitCode, 6);
  assert.match(stderr, /disk of this server is full/);
});

test('a reserve that is no number is refused', async (t) => {
  const cluster = await Cluster.start(t, { servers: 1 });
  const { exitCode, stderr } = await runProgram(['server', cluster.configPath, '1', '--disk-reserve', '1G']);
  assert.equal(exitCode, 2);
  assert.equal(stderr, '--disk-reserve is "1G"; it is a whole number of MiB.\n');
});

/** Undefined, and the test is skipped, where there can be none. */
async function smallDisk(t: TestContext, directory: string, before: () => Promise<void>): Promise<string | undefined> {
  await mkdir(directory, { recursive: true });
  const trouble = await mountSmallDisk(directory, '32m');
  t.after(async () => {
    await before();
    if (trouble === undefined) await unmount(directory);
  });
  if (trouble === undefined) return directory;
  t.skip(trouble);
  return undefined;
}

/** The same for a directory of nobody's. */
async function smallDirectory(t: TestContext): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-full-'));
  const directory = await smallDisk(t, join(folder, 'disk'), () => Promise.resolve());
  t.after(() => rm(folder, { recursive: true }));
  return directory;
}

test('[S24] a server starts without a byte of room and shows what it holds, but makes no view database', async (t) => {
  const cluster = new Cluster(await makePlace({ servers: 1 }));
  const disk = await smallDisk(t, cluster.dataDirectory(1), () => cluster.kill(1));
  t.after(() => cluster.end());
  if (disk === undefined) return;
  await cluster.start(1);
  const alice = await cluster.aliceWhoWrote(t);
  await cluster.stop(1);
  await fillDisk(disk);
  await cluster.start(1);
  const { messages } = await alice.history('bob');
  assert.deepEqual(
    messages.map(({ text }) => text),
    ['before'],
  );
  await cluster.stop(1);
  await emptyDisk(disk);
  for (const end of ['', '-wal']) await rm(join(disk, `view.db${end}`), { force: true });
  await fillDisk(disk);
  const { exitCode, stderr } = await runProgram(['server', cluster.configPath, '1', '--data', disk]);
  assert.equal(exitCode, 6);
  assert.equal(stderr, `The disk of ${disk} is full. Make room and start the server again.\n`);
});

test('what a full disk has no room for is shown all the same, and read from the log again after a restart', async (t) => {
  const failures: Error[] = [];
  const directory = await smallDirectory(t);
  if (directory === undefined) return;
  const openBoth = () => openDatabases(directory, failures);
  const first = await openBoth();
  first.view.reset(1);
  first.search.reset(1);
  await commit(first.view, { appliedTo: 5, names: [{ name: 'anna', visible: true }] });
  const log = new DraftLog();
  const draft = (seq: number) => ({ origin: 5, seq, time: seq, from: anna, to: anna, text: 'word' });
  await log.index(first.search, log.records([draft(1)]));
  await first.view.close();
  await first.search.close();

  await fillDisk(directory);
  const second = await openBoth();
  await commit(second.view, { appliedTo: 6, names: [{ name: 'ben', visible: true }] });
  const names = await ask(second.view, { kind: 'names', pattern: '', after: '', limit: 10 });
  assert.deepEqual('names' in names && names.names, ['anna', 'ben']);
  await log.index(second.search, log.records([draft(2)]));
  assert.equal((await askSearch(second.search, { terms: [term('word')] })).found.length, 2);
  await second.view.close();
  await second.search.close();
  assert.deepEqual(failures, []);

  await emptyDisk(directory);
  const third = await openBoth();
  assert.deepEqual([third.snapshot?.appliedTo, third.start?.heads.map(({ seq }) => seq)], [5, [1]]);
  await commit(third.view, { appliedTo: 6 });
  await third.view.close();
  await third.search.close();
  const fourth = await openBoth();
  assert.equal(fourth.snapshot?.appliedTo, 6);
  await fourth.view.close();
  await fourth.search.close();
});

test('a database for which a full disk has no room takes in no more than fits its memory, and goes on with room', async (t) => {
  const failures: Error[] = [];
  const directory = await smallDirectory(t);
  if (directory === undefined) return;
  const { view, search } = await openDatabases(directory, failures);
  view.reset(1);
  search.reset(1);
  // They are made anew once they answer.
  const askView = () => ask(view, { kind: 'names', pattern: '', after: '', limit: 1 });
  const askIndex = () => askSearch(search, { terms: [term('word')] });
  await Promise.all([askView(), askIndex()]);
  await fillDisk(directory);
  const takes: Promise<unknown>[] = [];
  for (const [sink, max, answered] of [
    [view, limits.viewTransactionMessagesMax, askView],
    [search, limits.searchTransactionMessagesMax, askIndex],
  ] as const) {
    const log = new DraftLog();
    const seqs = Array.from({ length: max + 1 }, (_, index) => index + 1);
    const records = log.records(seqs.map((seq) => ({ origin: 5, seq, time: seq, from: anna, to: anna, text: 'word' })));
    let isTaken = false;
    takes.push(log.index(sink, records.slice(0, max)));
    takes.push(log.index(sink, records.slice(max)).then(() => (isTaken = true)));
    // What was told before is heard before the answers.
    for (let question = 0; question < 50; question += 1) await answered();
    assert.equal(isTaken, false);
  }
  await emptyDisk(directory);
  await Promise.all(takes);
  await view.close();
  await search.close();
  assert.deepEqual(failures, []);
});

test('an index that is closed before it took in all that waited for room keeps what it took in', async (t) => {
  const failures: Error[] = [];
  const directory = await smallDirectory(t);
  if (directory === undefined) return;
  const { view, search } = await openDatabases(directory, failures);
  search.reset(1);
  await askSearch(search, { terms: [term('word')] });
  await fillDisk(directory);
  const log = new DraftLog();
  const max = limits.searchTransactionMessagesMax;
  const seqs = Array.from({ length: max + 1 }, (_, index) => index + 1);
  const records = log.records(seqs.map((seq) => ({ origin: 5, seq, time: seq, from: anna, to: anna, text: 'word' })));
  const taken = log.index(search, records.slice(0, max));
  void log.index(search, records.slice(max));
  await taken;
  await emptyDisk(directory);
  await search.close();
  await view.close();
  assert.deepEqual(failures, []);
  const again = await openDatabases(directory, failures);
  assert.deepEqual(
    again.start?.heads.map(({ seq }) => seq),
    [max],
  );
  await again.search.close();
  await again.view.close();
});

async function openDatabases(directory: string, failures: Error[]) {
  const onFailure = (error: Error) => failures.push(error);
  return {
    ...(await openView({ directory, logDirectory: directory, onFailure, onReport: () => undefined })),
    ...(await openSearch({ directory, onFailure })),
  };
}
