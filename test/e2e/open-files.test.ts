/** Strangers who hold connections, against servers whose process may have few files and connections open. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';

import { ServerProcess } from '#src/apps/drill/server-process.js';
import { makePlace } from '../support/server-group.js';
import { Cluster } from './cluster.js';

const skip = process.platform !== 'linux' && 'the limit is known on Linux only';

function withOpenFiles(count: number): string[] {
  return ['sh', '-c', `ulimit -n ${count} && exec "$@"`, 'sh'];
}

test('strangers who connect as often as they can leave the server the files that it needs', { skip }, async (t) => {
  const openFilesMax = 256;
  const cluster = await Cluster.start(t, { servers: 1, prefix: withOpenFiles(openFilesMax) });
  const alice = await cluster.aliceWhoWrote(t);
  // A server that has just started has no file of its log open to append to.
  await cluster.stop(1);
  await cluster.start(1);
  await alice.history('bob');
  const { host, port } = cluster.config.servers[0]!;
  const strangers = Array.from({ length: openFilesMax + 50 }, () => connect({ host, port }));
  t.after(() => strangers.forEach((stranger) => stranger.destroy()));
  for (const stranger of strangers) stranger.on('error', () => undefined);
  await Promise.race(strangers.map((stranger) => once(stranger, 'close')));
  const ended = cluster.ended(1).then(() => assert.fail('the server has ended'));
  await Promise.race([alice.send('bob', 'while they are there'), ended]);
  const { messages } = await alice.history('bob');
  assert.deepEqual(
    messages.map(({ text }) => text),
    ['while they are there', 'before'],
  );
  const warnings = cluster.stderr(1).match(/Connections are refused: .*/g);
  assert.equal(warnings?.length, 1);
  assert.match(warnings[0], / connectionsMax=64 openFilesMax=256 /);
});

test('a server that may have too few files open does not start, and says what to do', { skip }, async (t) => {
  const { configPath, directory } = await makePlace({ servers: 1 });
  const server = new ServerProcess({ configPath, id: 1, dataDirectory: directory, prefix: withOpenFiles(200) });
  t.after(() => server.end('SIGKILL'));
  assert.deepEqual(await server.ended, { exitCode: 6 });
  assert.match(server.stderr, /may have 200 files and connections open, and a server needs 256 at least/);
});
