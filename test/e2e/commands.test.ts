import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { runProgram } from '#src/apps/cli/run-program.testing.js';

import { Cluster } from './cluster.js';

interface MessageLine {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly sentAt: string;
}

function linesOf(stdout: string): MessageLine[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as MessageLine);
}

test('every command does what its help says, and scripts can read what it prints', async (t) => {
  const { configPath, directory } = await Cluster.start(t);
  const run = async (parameters: readonly string[], input = '') => {
    const [command = '', ...rest] = parameters;
    const { exitCode, stdout, stderr } = await runProgram([command, configPath, ...rest], {
      input,
      password: 'secret',
    });
    assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' }, parameters.join(' '));
    return stdout;
  };
  assert.equal(await run(['create', 'Alice']), 'Created account alice. Stored on 3 of 3 servers.\n');
  await run(['create', 'bob']);
  assert.equal(await run(['accounts', '^al']), 'alice\n');
  assert.equal(await run(['accounts', '--json']), '{"name":"alice"}\n{"name":"bob"}\n');

  const sent = JSON.parse(await run(['send', 'bob', 'one', '--as', 'alice', '--json'])) as { id: string };
  assert.deepEqual(sent, { id: sent.id, copies: 3, members: 3 });
  const many = 'two\nlines \u001b[2J\u009b2J';
  assert.equal(await run(['send', 'bob', '-', '--as', 'alice'], `${many}\n`), 'Sent. Stored on 3 of 3 servers.\n');

  const waited = await run(['tail', '--as', 'bob', '--once', '--json']);
  assert.doesNotMatch(waited, /\p{Cc}(?<!\n)/u);
  const messages = linesOf(waited);
  assert.deepEqual(
    messages.map(({ from, to, text }) => ({ from, to, text })),
    [
      { from: 'alice', to: 'bob', text: 'one' },
      { from: 'alice', to: 'bob', text: many },
    ],
  );
  assert.equal(messages[0]!.id, sent.id);
  assert.equal(new Date(messages[0]!.sentAt).toISOString(), messages[0]!.sentAt);
  assert.equal(await run(['tail', '--as', 'bob', '--once', '--json']), '');

  assert.deepEqual(linesOf(await run(['history', 'bob', '--as', 'alice', '--json'])), messages);
  const shown = await run(['history', 'alice', '--as', 'bob']);
  assert.match(shown, /^\[.{16}\] alice: one\n\[.{16}\] alice: two\n {4}lines ␛\[2J\ufffd2J\n$/);

  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, 'secret\nand more\n');
  assert.equal(
    await run(['delete', '--as', 'bob', '--yes', '--password-file', passwordFile]),
    'Deleted account bob.\n',
  );
  assert.equal(await run(['accounts']), 'alice\n');
});

test('a refused command says why on stderr, and its exit code says of what kind', async (t) => {
  const { configPath } = await Cluster.start(t, { servers: 1 });
  const run = ([command = '', ...rest]: readonly string[], password = 'secret') =>
    runProgram([command, configPath, ...rest], { password });
  await run(['create', 'alice']);
  const cases: [string[], number, string][] = [
    [['create', 'alice'], 4, 'An account of that name exists.\n'],
    [['send', 'bob', 'hi', '--as', 'alice'], 4, 'There is no account of that name to send to.\n'],
    [['send', 'alice', '', '--as', 'alice'], 2, 'The message is empty.\n'],
    [['tail', '--once', '--as', 'bob'], 4, 'There is no account of that name.\n'],
  ];
  for (const [parameters, expectedCode, expectedText] of cases) {
    assert.deepEqual(await run(parameters), { exitCode: expectedCode, stdout: '', stderr: expectedText });
  }
  const wrong = await run(['tail', '--once', '--as', 'alice'], 'wrong');
  assert.deepEqual([wrong.exitCode, wrong.stderr], [3, 'The password is wrong.\n']);
  const malformed = await run(['accounts', 'a(b']);
  assert.equal(malformed.exitCode, 2);
  assert.match(malformed.stderr, /^The regular expression is malformed/);
});

test('input that is not text is refused, and nothing of it is sent', async (t) => {
  const { configPath } = await Cluster.start(t, { servers: 1 });
  await runProgram(['create', configPath, 'alice'], { password: 'secret' });
  const input = Buffer.from([0x68, 0xff, 0x69]);
  const sent = await runProgram(['send', configPath, 'alice', '-', '--as', 'alice'], { input, password: 'secret' });
  const stderr = 'What came on stdin is not text in UTF-8; nothing was sent.\n';
  assert.deepEqual(sent, { exitCode: 2, stdout: '', stderr });
  const lines = Buffer.concat([Buffer.from('2\nalice\nsecret\n4\nalice\n'), input, Buffer.from('\n')]);
  const chat = await runProgram(['chat', configPath], { input: lines });
  assert.deepEqual([chat.exitCode, chat.stderr], [2, 'The input is not text in UTF-8.\n']);
  const history = await runProgram(['history', configPath, 'alice', '--as', 'alice'], { password: 'secret' });
  assert.deepEqual([history.exitCode, history.stdout], [0, '']);
  const long = { input: 'x'.repeat(20_000), password: 'secret' };
  const tooLong = await runProgram(['send', configPath, 'alice', '-', '--as', 'alice'], long);
  assert.deepEqual([tooLong.exitCode, tooLong.stderr], [5, 'The message is longer than 16 KiB.\n']);
  const argument = await runProgram(['send', configPath, 'alice', long.input, '--as', 'alice'], long);
  assert.deepEqual(
    [argument.exitCode, argument.stderr],
    [5, 'The message has 20000 bytes; at most 16384 are allowed.\n'],
  );
  const pattern = await runProgram(['accounts', configPath, 'x'.repeat(257)]);
  assert.deepEqual([pattern.exitCode, pattern.stderr], [5, 'The regular expression is longer than 256 characters.\n']);
});

test('a session elsewhere can be ended on purpose', async (t) => {
  const cluster = await Cluster.start(t, { servers: 1 });
  const { configPath } = cluster;
  const elsewhere = await cluster.client(t);
  await elsewhere.createAccount('alice', 'secret');
  await elsewhere.login('alice', 'secret');
  const tail = (...flags: string[]) =>
    runProgram(['tail', configPath, '--as', 'alice', '--once', ...flags], { password: 'secret' });
  const refused = await tail();
  const text = 'The account is logged in elsewhere. With --take-over, this command ends that session.\n';
  assert.deepEqual([refused.exitCode, refused.stderr], [4, text]);
  const ended = new Promise<string>((resolve) => elsewhere.on('sessionEnded', ({ code }) => resolve(code)));
  assert.equal((await tail('--take-over')).exitCode, 0);
  assert.equal(await ended, 'SESSION_REPLACED');
});

test('status tells of the whole group, and its exit code goes with the verdict', async (t) => {
  const cluster = await Cluster.start(t);
  await cluster.converged();
  const run = () => runProgram(['status', cluster.configPath]);
  const healthy = await run();
  assert.equal(healthy.exitCode, 0);
  assert.match(healthy.stdout, /\nHealthy: 3 of 3 up, can lose 2\.\n$/);
  const { stdout } = await runProgram(['status', cluster.configPath, '--json']);
  const report = JSON.parse(stdout) as { servers: { id: number; state: string; stateHash: string }[]; verdict: string };
  assert.deepEqual(
    report.servers.map(({ id, state }) => ({ id, state })),
    [1, 2, 3].map((id) => ({ id, state: 'open' })),
  );
  assert.equal(new Set(report.servers.map(({ stateHash }) => stateHash)).size, 1);
  await cluster.kill(2);
  const degraded = await run();
  assert.equal(degraded.exitCode, 8);
  assert.match(degraded.stdout, /\n +2 +unreachable .*\n(.*\n)*Degraded: 2 of 3 up, can lose 1\.\n$/);
  await cluster.kill(1);
  await cluster.kill(3);
  const down = await run();
  assert.equal(down.exitCode, 6);
  assert.match(down.stdout, /\nDown: 0 of 3 up\.\n$/);
});

test('with servers of another group a command is not allowed, and status names the group', async (t) => {
  const { configPath, config, directory } = await Cluster.start(t, { servers: 1 });
  const strange = join(directory, 'strange.json');
  await writeFile(strange, JSON.stringify({ ...config, group: 'strange' }));
  const reason = 'The server belongs to the group "holdfast", not "strange".';
  const { exitCode, stderr } = await runProgram(['accounts', strange]);
  assert.equal(exitCode, 3);
  assert.ok(stderr.includes(reason), stderr);
  const { exitCode: statusCode, stdout } = await runProgram(['status', strange, '--json']);
  const report = JSON.parse(stdout) as { servers: { state: string; reason: string }[]; verdict: string };
  assert.deepEqual(
    report.servers.map((server) => [server.state, server.reason]),
    [['other group', reason]],
  );
  assert.deepEqual([statusCode, report.verdict], [6, `Down: 0 of 1 up. Server 1: ${reason}`]);
  assert.equal((await runProgram(['status', configPath])).exitCode, 0);
});
