import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

import { crc32c } from '#src/core/lib/crc32c.js';
import { segmentFileName } from '#src/core/model/position.js';
import { Heads } from '#src/core/store/heads.js';
import { encodeSegmentHeader } from '#src/core/store/segment.js';
import { runProgram } from '#src/apps/cli/run-program.testing.js';

import { Cluster } from './cluster.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const program = join(root, 'holdfast');

/** Begins a drill whose temporary folder is in one of the test's own. */
async function begin(t: TestContext, parameters: readonly string[], run = program) {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-drilled-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const child = spawn(process.execPath, [run, 'drill', ...parameters], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number, stdout, stderr }));
  return { child, folder, ended, stderr: () => stderr };
}

/** A copy of the program in which one piece of the built code is another. */
async function plant(t: TestContext, file: string, right: string, wrong: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-wrong-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const name of ['holdfast', 'package.json']) await copyFile(join(root, name), join(folder, name));
  const isNeeded = (path: string): boolean => !path.startsWith(join(root, 'dist', 'test'));
  await cp(join(root, 'dist'), join(folder, 'dist'), { recursive: true, filter: isNeeded });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const path = join(folder, 'dist', file);
  const text = await readFile(path, 'utf8');
  assert.equal(text.split(right).length, 2, `${file} has the piece once`);
  await writeFile(path, text.replace(right, wrong));
  return join(folder, 'holdfast');
}

/** Processes whose command line names the folder. */
async function processesOf(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(folder));
}

test('a drill with crashes, frozen servers and splits finds that all is well, and leaves nothing behind', async (t) => {
  const { ended, folder } = await begin(t, ['--minutes', '0.4', '--every', '2.5', '--seed', '2', '--json']);
  const { exitCode, stdout, stderr } = await ended;
  assert.equal(exitCode, 0, stdout + stderr);
  const report = JSON.parse(stdout) as Record<string, unknown>;
  const { acked, lost, duplicated, outOfOrder, misplaced, neverSent, statesEqual, faults } = report;
  assert.deepEqual(
    { lost, duplicated, outOfOrder, misplaced, neverSent, statesEqual },
    { lost: 0, duplicated: 0, outOfOrder: 0, misplaced: 0, neverSent: 0, statesEqual: true },
  );
  assert.ok(Number(acked) > 100, stdout);
  for (const count of Object.values(faults as object)) assert.ok(count > 0, stdout);
  assert.deepEqual(await readdir(folder), []);
});

test('a drill finds out where a send that was taken twice is shown twice, and keeps what shows it', async (t) => {
  const known = 'return isNext ? undefined : { conversation, client, counter };';
  const forgotten = 'return isNext ? undefined : undefined;';
  const wrong = await plant(t, 'io/node/view-indexer.js', known, forgotten);
  // A server that hangs has sends in its hands, which it takes when it goes on.
  const parameters = ['--minutes', '0.4', '--every', '3', '--faults', 'freeze', '--seed', '9', '--json'];
  const { ended, folder } = await begin(t, parameters, wrong);
  const { exitCode, stdout, stderr } = await ended;
  assert.equal(exitCode, 1, stdout + stderr);
  const { duplicated, isWell } = JSON.parse(stdout) as { duplicated: number; isWell: boolean };
  assert.ok(duplicated > 0 && !isWell, stdout);
  const [kept] = await readdir(folder);
  assert.deepEqual((await readdir(join(folder, kept!, 'data'))).toSorted(), ['1', '2', '3']);
});

test(
  'ctrl-C ends a drill in good order with what was found so far',
  { skip: process.platform !== 'linux' && 'looks for processes in /proc' },
  async (t) => {
    const { child, ended, folder, stderr } = await begin(t, ['--minutes', '10', '--every', '2', '--faults', 'freeze']);
    while (!stderr().includes('frozen')) await once(child.stderr, 'data');
    assert.equal((await processesOf(folder)).length, 3);
    child.kill('SIGINT');
    const { exitCode, stdout } = await ended;
    assert.equal(exitCode, 130, stdout + stderr());
    assert.match(stdout, /^lost +0\n/m);
    assert.match(stdout, /All is well: .*; interrupted\.\n$/);
    assert.deepEqual(await processesOf(folder), []);
    assert.deepEqual(await readdir(folder), []);
  },
);

test('a drill on the data of servers that run begins with a copy and leaves them alone', async (t) => {
  const cluster = await Cluster.start(t);
  const client = await cluster.client(t);
  await client.createAccount('alice', 'secret');
  // From here on the log says where the servers are.
  const home = join(cluster.directory, 'home');
  for (const change of [
    ['add', cluster.configPath, '4', '127.0.0.1:1'],
    ['remove', cluster.configPath, '4'],
  ]) {
    const { exitCode, stderr } = await runProgram(['server', ...change], { home });
    assert.equal(exitCode, 0, stderr);
  }
  const [before] = await cluster.converged();
  const { ended, stderr } = await begin(t, ['--minutes', '0.1', '--every', '2', '--data', cluster.directory, '--json']);
  const { exitCode, stdout } = await ended;
  assert.equal(exitCode, 0, stdout + stderr());
  const report = JSON.parse(stdout) as { opsBefore: number; acked: number };
  assert.equal(report.opsBefore, before!.ops);
  const [after] = await cluster.converged();
  assert.deepEqual(after!.vector, before!.vector);
  assert.deepEqual(await client.accounts(), ['alice']);
});

test('a drill whose servers do not start says why, and keeps what they said', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'holdfast-data-'));
  t.after(() => rm(data, { recursive: true }));
  // A log of a version that is yet to come.
  await mkdir(join(data, 'log'));
  await writeFile(join(data, 'server.json'), '{"group": "club", "server": 2}');
  const header = encodeSegmentHeader(1, 1, new Heads());
  const fields = new DataView(header.buffer);
  fields.setUint16(16, 99);
  fields.setUint32(12, crc32c(header, 16));
  await writeFile(join(data, 'log', segmentFileName(1)), header);
  const { ended, folder } = await begin(t, ['--minutes', '0.1', '--data', data]);
  const { exitCode, stderr } = await ended;
  assert.equal(exitCode, 6);
  assert.match(stderr, /The servers did not come up\.\nServer 2 ended by itself/);
  const [kept] = await readdir(folder);
  assert.match(stderr, new RegExp(`are kept in ${join(folder, kept!)}\n$`));
});

test('a drill is not begun with options that make no sense', async (t) => {
  const cases: [string[], RegExp][] = [
    [['--minutes', '0'], /--minutes is "0"; it is a number above 0/],
    [['--clients', '1'], /--clients is "1"; it is a whole number from 2 to 200/],
    [['--faults', ''], /--faults has ""; give some of crash,freeze,split/],
    [['--faults', 'crash,flood'], /--faults has "flood"; give some of crash,freeze,split/],
    [['--data', 'no-such-folder'], /no-such-folder does not exist/],
    [['--data', 'docs'], /docs is no data directory, and there is none in it/],
  ];
  for (const [parameters, expected] of cases) {
    const { exitCode, stdout, stderr } = await (await begin(t, parameters)).ended;
    assert.deepEqual([exitCode, stdout], [2, '']);
    assert.match(stderr, expected);
  }
});
