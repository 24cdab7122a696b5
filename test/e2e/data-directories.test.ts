import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';

import { crc32c } from '#src/core/lib/crc32c.js';
import { encodeSegmentHeader } from '#src/core/store/segment.js';
import { Heads } from '#src/core/store/heads.js';
import { program, runProgram } from '#src/apps/cli/run-program.testing.js';

import { makePlace, ServerGroup } from '../support/server-group.js';
import { Cluster } from './cluster.js';

test('a server says what is wrong with its data directory, and does not start', async (t) => {
  const group = new ServerGroup(await makePlace({ servers: 1 }));
  t.after(() => group.end());
  const run = (data: string) => runProgram(['server', group.configPath, '1', '--data', data]);
  assert.deepEqual(await run(''), {
    exitCode: 2,
    stdout: '',
    stderr: '--data is empty; give the path of a directory.\n',
  });
  assert.deepEqual(await run(group.configPath), {
    exitCode: 2,
    stdout: '',
    stderr: `The data directory ${group.configPath} is a file. Give another with --data.\n`,
  });
  const spoiled = join(group.directory, 'spoiled');
  await mkdir(join(spoiled, 'view.db', 'full'), { recursive: true });
  const { exitCode, stdout, stderr } = await run(spoiled);
  assert.deepEqual([exitCode, stdout], [6, '']);
  assert.match(stderr, /^The data directory .*spoiled cannot be used: [^\n]+\n$/);
});

test('[S16] a log that a newer version wrote is left alone', async (t) => {
  const group = new ServerGroup(await makePlace({ servers: 1 }));
  t.after(() => group.end());
  const log = join(group.dataDirectory(1), 'log');
  await mkdir(log, { recursive: true });
  await writeFile(join(log, '00000001.log'), newerSegmentHeader());
  const { exitCode, stderr } = await runProgram(['server', group.configPath, '1', '--data', group.dataDirectory(1)]);
  assert.equal(exitCode, 2);
  assert.match(stderr, /The log was written by a newer version \(format 9\)\. Start that version\.\n$/);
  assert.doesNotMatch(stderr, /^ +at /m);
});

test('[S19] a second server on the same data is refused before it touches any of it', async (t) => {
  const cluster = await Cluster.start(t, { servers: 2 });
  const data = cluster.dataDirectory(1);
  const other = new ServerGroup(await makePlace({ servers: 1 }));
  t.after(() => other.end());
  const start = () => runProgram(['server', other.configPath, '1', '--data', data]);
  assert.deepEqual(await start(), {
    exitCode: 6,
    stdout: '',
    stderr: `The data directory ${data} is used by another server. Each needs its own (--data).\n`,
  });
  await cluster.kill(1);
  assert.deepEqual(await runProgram(['server', cluster.configPath, '1', '--data', cluster.dataDirectory(2)]), {
    exitCode: 6,
    stdout: '',
    stderr: `The data directory ${cluster.dataDirectory(2)} is used by another server. Each needs its own (--data).\n`,
  });
  await cluster.kill(2);
  assert.deepEqual(await runProgram(['server', cluster.configPath, '1', '--data', cluster.dataDirectory(2)]), {
    exitCode: 2,
    stdout: '',
    stderr: `The data directory ${cluster.dataDirectory(2)} is that of server 2 of the group "holdfast". Give another with --data.\n`,
  });
  await cluster.startAll();
});

test('a server whose data is removed stops and says so, and comes back with what the others hold', async (t) => {
  const cluster = await Cluster.start(t, { servers: 2 });
  const server = cluster.process(1);
  let stderr = '';
  server.stderr!.on('data', (data: Buffer) => (stderr += data.toString()));
  await rm(cluster.dataDirectory(1), { recursive: true });
  const [exitCode] = (await once(server, 'close')) as [number | null];
  assert.equal(exitCode, 7);
  assert.match(stderr, /The data directory .* was removed or replaced while the server ran\./);
  await cluster.start(1);
  await cluster.converged();
});

test('a server goes on when nobody reads what it says any more, and stops when it is told to', async (t) => {
  const group = new ServerGroup(await makePlace({ servers: 1 }));
  t.after(() => group.end());
  const server = spawn(process.execPath, [program, 'server', group.configPath, '1', '--data', group.dataDirectory(1)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => server.kill('SIGKILL'));
  const exited = once(server, 'exit');
  for await (const line of createInterface({ input: server.stdout })) if (line === 'Server started') break;
  for (const stream of [server.stdout, server.stderr]) {
    stream.destroy();
    await once(stream, 'close');
  }
  const created = await runProgram(['create', group.configPath, 'alice'], { password: 'secret' });
  assert.deepEqual(created.stderr, '');
  // It says so, to nobody.
  server.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
});

test('a server that is told to stop says that it stops, and when it has', async (t) => {
  const cluster = await Cluster.start(t, { servers: 1 });
  const server = cluster.process(1);
  let stderr = '';
  server.stderr!.on('data', (data: Buffer) => (stderr += data.toString()));
  const closed = once(server, 'close');
  assert.equal(await cluster.stop(1), 0);
  await closed;
  assert.match(stderr, /^\S+ info Stopping\.\n(?:.*\n)*\S+ info Stopped\.\n$/m);
});

/** Sound in every way but its format version. */
function newerSegmentHeader(): Uint8Array {
  const bytes = encodeSegmentHeader(1, 1, new Heads());
  const view = new DataView(bytes.buffer);
  view.setUint16(16, 9);
  view.setUint32(12, crc32c(bytes, 16));
  return bytes;
}
