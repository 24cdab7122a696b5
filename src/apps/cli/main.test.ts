import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';

import { exitCodeByClass } from '../../core/model/errors.js';
import { interruptedExitCode } from '../input/ending-signals.js';
import { program, runProgram as run } from './run-program.testing.js';
import { exitCodeByHealth } from './status-report.js';

let folder: string;
/** Accepts connections and never says anything. */
let silent: Server;
let silentConfig: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-cli-'));
  silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  silentConfig = join(folder, 'silent.json');
  await writeFile(silentConfig, JSON.stringify({ servers: [{ id: 1, host: '127.0.0.1', port }] }));
});
after(async () => {
  silent.close();
  await rm(folder, { recursive: true });
});

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('help goes to stdout and says what each command takes, with examples', async () => {
  const { exitCode, stdout, stderr } = await run(['--help']);
  assert.deepEqual([exitCode, stderr], [0, '']);
  for (const name of ['server', 'chat', 'create', 'accounts', 'send', 'tail', 'history', 'delete', 'status']) {
    assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
    const help = await run([name, '--help']);
    assert.deepEqual([help.exitCode, help.stderr], [0, '']);
    assert.match(help.stdout, new RegExp(`Examples:\n.*holdfast ${name} config\\.json`));
  }
});

test('the help of a command can be asked for in two ways', async () => {
  for (const name of ['accounts', 'help']) {
    const { exitCode, stdout, stderr } = await run(['help', name]);
    assert.deepEqual([exitCode, stderr], [0, '']);
    assert.deepEqual(stdout, (await run([name, '--help'])).stdout);
    assert.doesNotMatch(stdout, /default: ""/);
  }
  assert.deepEqual(await run(['help']), await run(['--help']));
});

test('adding, moving and removing servers are commands below that which runs one', async () => {
  for (const name of ['add', 'move', 'remove']) {
    const help = await run(['server', name, '--help']);
    assert.deepEqual([help.exitCode, help.stderr], [0, '']);
    assert.match(help.stdout, new RegExp(`Examples:\n.*holdfast server ${name} config\\.json`));
    assert.deepEqual(await run(['help', 'server', name]), help);
    assert.match((await run(['help', 'server'])).stdout, new RegExp(`^  ${name} `, 'm'));
  }
  const cases: [string[], RegExp][] = [
    [['server', 'add', silentConfig, 'x', 'host:1'], /"x" is no id of a server/],
    [['server', 'remove', silentConfig, '0'], /"0" is no id of a server; an id is a whole number from 1 to 65535\.\n/],
    [['server', 'add', silentConfig, '4', 'host'], /"host" is no address; give host:port/],
    [['server', 'add', silentConfig, '4', '::1:6000'], /"::1:6000" is no address/],
    [['server', 'move', silentConfig, '4', 'host:1', '--peer', 'host'], /"host" is no address/],
    [['server', 'remove', silentConfig], /missing required argument 'id'\nSee "holdfast help server remove"/],
    [['server', silentConfig, 'one'], /An id is a whole number/],
  ];
  for (const [parameters, problem] of cases) {
    const { exitCode, stderr } = await run(parameters);
    assert.equal(exitCode, 2, parameters.join(' '));
    assert.match(stderr, problem);
  }
});

test('a change of members that no server can be asked for says what happened at each', async () => {
  const { exitCode, stderr } = await run(['server', 'remove', silentConfig, '1']);
  assert.equal(exitCode, exitCodeByClass.unavailable);
  assert.match(stderr, /^Server 1 \(127\.0\.0\.1:\d+\) did not answer in time\.\n$/);
});

test('the exit codes of the overview are those that there are', async () => {
  const { stdout } = await run(['--help']);
  const codes = [0, 1, ...Object.values(exitCodeByClass), exitCodeByHealth.degraded, interruptedExitCode];
  for (const code of codes) assert.match(stdout, new RegExp(`[:,]\\s${code} \\S`));
});

test('the version is that of the package', async () => {
  const { exitCode, stdout } = await run(['--version']);
  assert.equal(exitCode, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

test('a wrong command line is told on stderr and exits with 2', async () => {
  const cases: [string[], RegExp][] = [
    [[], /^Usage: holdfast/],
    [['snd'], /unknown command 'snd'\n\(Did you mean send\?\)/],
    [['send', 'config.json'], /missing required argument 'to'|required option '--as <name>'/],
    [['tail', 'config.json'], /required option '--as <name>' not specified/],
    [['accounts', 'config.json', '.', '--jsn'], /unknown option '--jsn'\n\(Did you mean --json\?\)/],
    [['accounts', 'config.json', 'a', 'b'], /too many arguments.*\nSee "holdfast help accounts"\.\n$/],
    [['help', 'nonsense'], /^error: unknown command 'nonsense'\nSee "holdfast help"\.\n$/],
    [['help', 'acounts'], /^error: unknown command 'acounts'\n\(Did you mean accounts\?\)/],
    [['drill', '--data', '/no/such'], /^\/no\/such does not exist\.\n$/],
    [['help', 'server', 'remov'], /^error: unknown command 'remov'\n\(Did you mean remove\?\)/],
    [['help', 'status', 'x'], /^error: unknown command 'x'\nSee "holdfast help status"\.\n$/],
  ];
  for (const [parameters, expected] of cases) {
    const { exitCode, stdout, stderr } = await run(parameters);
    assert.deepEqual([exitCode, stdout], [2, ''], parameters.join(' '));
    assert.match(stderr, expected);
  }
});

test('every problem of a config is told, and nothing starts', async () => {
  const path = join(folder, 'bad.json');
  await writeFile(path, '{\n  "servers": [{ "id": 1, "host": "a", "port": 70000 }],\n  "grup": "x"\n}\n');
  for (const parameters of [
    ['server', path, '1'],
    ['chat', path],
    ['accounts', path],
    ['status', path],
  ]) {
    const { exitCode, stdout, stderr } = await run(parameters);
    assert.deepEqual([exitCode, stdout], [2, '']);
    assert.deepEqual(stderr.split('\n'), [
      `${path}:2:47: "port" is 70000; a port is a whole number from 1 to 65535`,
      `${path}:3:3: unknown key "grup"; did you mean "group"?`,
      '',
    ]);
  }
});

test('a server starts only if it is in the config, and others cannot pose as it', async () => {
  const path = join(folder, 'far.json');
  await writeFile(path, JSON.stringify({ servers: [{ id: 7, host: '192.0.2.1', port: 6000 }] }));
  const unknown = await run(['server', path, '1']);
  assert.deepEqual(unknown, { exitCode: 2, stdout: '', stderr: `${path} has no server "1". It has 7.\n` });
  const noId = await run(['server', path, 'abc']);
  assert.deepEqual(noId, { exitCode: 2, stdout: '', stderr: `An id is a whole number; ${path} has 7.\n` });
  const { exitCode, stderr } = await run(['server', path, '7']);
  assert.equal(exitCode, 2);
  assert.match(stderr, /^.*far\.json:1:28: the host "192\.0\.2\.1" can be reached from other machines/);
});

test('a name that can be none is told before anything is asked for', async () => {
  const cases = [
    ['tail', silentConfig, '--as', 'bad name'],
    ['create', silentConfig, '..'],
    ['send', silentConfig, '_bob', 'hi', '--as', 'alice'],
    ['history', silentConfig, 'b', '--as', 'alice'],
  ];
  for (const parameters of cases) {
    const { exitCode, stdout, stderr } = await run(parameters);
    assert.deepEqual([exitCode, stdout], [2, ''], parameters.join(' '));
    assert.match(stderr, /^".+" is no name\. A name has 2 to 32 .* begins with a letter or digit\.\n$/);
  }
});

test('deleting without a terminal has to be meant', async () => {
  const { exitCode, stderr } = await run(['delete', silentConfig, '--as', 'alice'], { password: 'secret' });
  assert.equal(exitCode, 2);
  assert.equal(stderr, 'This deletes the account for good. Without a terminal, say so with --yes.\n');
});

test('without a terminal a password comes from the environment or a file', async () => {
  const { exitCode, stderr } = await run(['tail', silentConfig, '--as', 'alice']);
  assert.equal(exitCode, 2);
  assert.match(stderr, /set HOLDFAST_PASSWORD, give --password-file FILE/);
  const absent = await run(['tail', silentConfig, '--as', 'alice', '--password-file', join(folder, 'absent')]);
  assert.equal(absent.exitCode, 2);
  assert.match(absent.stderr, /^The password file .*absent does not exist\.\n$/);
});

test('where no connection is taken, commands say so for each address', async () => {
  const servers = await Promise.all([freePort(), freePort()]);
  const path = join(folder, 'nobody.json');
  const addresses = servers.map((port, index) => ({ id: index + 1, host: '127.0.0.1', port }));
  await writeFile(path, JSON.stringify({ servers: addresses }));
  const status = await run(['status', path, '--json']);
  const report = JSON.parse(status.stdout) as { servers: { reason: string }[] };
  assert.deepEqual(
    report.servers.map(({ reason }) => reason),
    ['Connection refused.', 'Connection refused.'],
  );
  const { exitCode, stdout, stderr } = await run(['accounts', path]);
  assert.deepEqual([exitCode, stdout], [6, '']);
  const [first, ...lines] = stderr.trimEnd().split('\n');
  assert.equal(first, 'No server can be reached.');
  assert.deepEqual(new Set(lines), new Set(servers.map((port) => `127.0.0.1:${port}: Connection refused.`)));
});

test('a server that does not answer is unreachable, and the group is down', async () => {
  const { exitCode, stdout } = await run(['status', silentConfig, '--json']);
  assert.equal(exitCode, 6);
  const report = JSON.parse(stdout) as { servers: { id: number; state: string; stateHash: null }[]; verdict: string };
  assert.equal(report.verdict, 'Down: 0 of 1 up.');
  assert.deepEqual([report.servers[0]!.state, report.servers[0]!.stateHash], ['unreachable', null]);
});

test('an output that cannot be written is said, and is no defect', { skip: !existsSync('/dev/full') }, async (t) => {
  const full = openSync('/dev/full', 'w');
  t.after(() => closeSync(full));
  const child = spawn(process.execPath, [program, 'help'], { stdio: ['ignore', full, 'pipe'] });
  const stderr = child.stderr!.toArray();
  const [exitCode] = (await once(child, 'close')) as [number | null];
  assert.equal(exitCode, exitCodeByClass.unavailable);
  assert.match((await stderr).join(''), /^The output cannot be written: .*ENOSPC.*\n$/);
});
