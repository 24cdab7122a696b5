import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('main.js', import.meta.url));

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(parameters: readonly string[], input = '', environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const env = { ...process.env, HOLDFAST_PASSWORD: undefined, ...environment };
  const child = spawn(process.execPath, [program, ...parameters], { env });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A program that reads no input may be gone before it is written.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, stdout, stderr };
}

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

test('help goes to stdout and says what each command takes, with examples', async () => {
  const { exitCode, stdout, stderr } = await run(['--help']);
  assert.deepEqual([exitCode, stderr], [0, '']);
  for (const name of ['chat', 'create', 'accounts', 'send', 'tail', 'history', 'delete', 'status']) {
    assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
    const help = await run([name, '--help']);
    assert.deepEqual([help.exitCode, help.stderr], [0, '']);
    assert.match(help.stdout, new RegExp(`Examples:\n.*holdfast ${name} config\\.json`));
  }
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
    [['accounts', 'config.json', 'a', 'b'], /too many arguments/],
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

test('without a terminal a password comes from the environment or a file', async () => {
  const { exitCode, stderr } = await run(['tail', silentConfig, '--as', 'alice']);
  assert.equal(exitCode, 2);
  assert.match(stderr, /set HOLDFAST_PASSWORD, give --password-file FILE/);
  const absent = await run(['tail', silentConfig, '--as', 'alice', '--password-file', join(folder, 'absent')]);
  assert.equal(absent.exitCode, 2);
  assert.match(absent.stderr, /^The password file .*absent does not exist\.\n$/);
});

test('a server that does not answer is unreachable, and the group is down', async () => {
  const { exitCode, stdout } = await run(['status', silentConfig, '--json']);
  assert.equal(exitCode, 6);
  const report = JSON.parse(stdout) as { servers: { id: number; state: string; stateHash: null }[]; verdict: string };
  assert.equal(report.verdict, 'Down: 0 of 1 up.');
  assert.deepEqual([report.servers[0]!.state, report.servers[0]!.stateHash], ['unreachable', null]);
});
