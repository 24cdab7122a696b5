import assert from 'node:assert/strict';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { runProgram } from '#src/apps/cli/run-program.testing.js';
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
  const alice = await cluster.client(t);
  await alice.createAccount('alice', 'secret a');
  await alice.createAccount('bob', 'secret b');
  await alice.login('alice', 'secret a');
  await alice.send('bob', 'before');
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

test('[S24] a server starts without a byte of room and shows what it holds, but makes no view database', async (t) => {
  const cluster = new Cluster(await makePlace({ servers: 1 }));
  const disk = cluster.dataDirectory(1);
  await mkdir(disk);
  const trouble = await mountSmallDisk(disk, '32m');
  t.after(async () => {
    await cluster.kill(1);
    if (trouble === undefined) await unmount(disk);
    await cluster.end();
  });
  if (trouble !== undefined) {
    t.skip(trouble);
    return;
  }
  await cluster.start(1);
  const alice = await cluster.client(t);
  await alice.createAccount('alice', 'secret a');
  await alice.createAccount('bob', 'secret b');
  await alice.login('alice', 'secret a');
  await alice.send('bob', 'before');
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
