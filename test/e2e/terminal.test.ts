/** The chat in a real terminal, which tmux provides. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';

import { program, runProgram } from '#src/apps/cli/run-program.testing.js';

import { Cluster } from './cluster.js';

const run = promisify(execFile);
const skip = hasTmux() ? false : 'tmux is not installed';

function hasTmux(): boolean {
  try {
    execFileSync('tmux', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** One window of a tmux of its own, in which the program runs; then the exit code is shown, and whether keys are echoed. */
class Window {
  readonly #socket: string;

  constructor(t: TestContext, configPath: string, columns: number, name = 'chat', ...parameters: readonly string[]) {
    this.#socket = `holdfast-test-${process.pid}-${randomUUID()}`;
    const line = [process.execPath, program, name, configPath, ...parameters].map((word) => `'${word}'`).join(' ');
    const command = `${line}; echo "left with $?"; stty -a; sleep 600`;
    const size = ['-x', String(columns), '-y', '30'];
    execFileSync('tmux', ['-L', this.#socket, '-f', '/dev/null', 'new-session', '-d', ...size, command]);
    t.after(() => execFileSync('tmux', ['-L', this.#socket, 'kill-server']));
  }

  async press(...keys: readonly string[]): Promise<void> {
    await run('tmux', ['-L', this.#socket, 'send-keys', ...keys]);
  }

  /** Types a line once the question for it is on the last line. */
  async answer(question: string, line: string): Promise<void> {
    await this.shows((text) => text.split('\n').at(-1) === question);
    await this.press('-l', line);
    await this.press('Enter');
  }

  async logIn(name: string): Promise<void> {
    await this.answer('Command:', '2');
    await this.answer('Name:', name);
    await this.answer('Password:', 'secret');
  }

  /** Waits until the screen is as it should be, and gives it: lines without the spaces at their ends, none empty. */
  async shows(isThere: (text: string) => boolean): Promise<string> {
    const deadlineMs = Date.now() + 30_000;
    for (;;) {
      const { stdout } = await run('tmux', ['-L', this.#socket, 'capture-pane', '-p']);
      const text = stdout.replaceAll(/\n+/g, '\n').trim();
      if (isThere(text)) return text;
      if (Date.now() > deadlineMs) throw new Error(`The screen never was as it should be:\n${text}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

for (const columns of [100, 40]) {
  test(`at ${columns} columns a message and a failover do not tear the line being typed`, { skip }, async (t) => {
    const cluster = await Cluster.start(t);
    const create = (name: string) => runProgram(['create', cluster.configPath, name], { password: 'secret' });
    await create('alice');
    await create('bob');
    const window = new Window(t, cluster.configPath, columns);
    await window.logIn('alice');
    await window.answer('Command:', '4');
    await window.answer('To:', 'bob');
    const half = 'a line that is longer than a narrow window is wide, and';
    await window.shows((text) => text.endsWith('Text:'));
    await window.press('-l', half);
    const typed = wrapped(`Text: ${half}`, columns);
    await window.shows((text) => text.endsWith(typed));
    await runProgram(['send', cluster.configPath, 'alice', 'knock knock', '--as', 'bob'], { password: 'secret' });
    await window.shows((text) => text.endsWith(`bob: knock knock\n${typed}`));
    await cluster.kill(1);
    await cluster.kill(2);
    await window.press('-l', ' goes on');
    await window.press('Enter');
    const text = await window.shows((text) => text.endsWith('Sent. Stored on 1 of 3 servers.\nCommand:'));
    assert.ok(text.includes(wrapped(`Text: ${half} goes on`, columns)), text);
    await window.press('C-c');
    const left = await window.shows((text) => text.includes('left with 130'));
    assert.doesNotMatch(left, /-echo\b|-icanon/);
  });
}

test('ctrl-D leaves the terminal as it was, also while a password is typed', { skip }, async (t) => {
  const cluster = await Cluster.start(t, { servers: 1 });
  const window = new Window(t, cluster.configPath, 80);
  await window.answer('Command:', '2');
  await window.answer('Name:', 'alice');
  await window.shows((text) => text.endsWith('Password:'));
  await window.press('C-d');
  const left = await window.shows((text) => /icanon[^]*echo/.test(text));
  assert.match(left, /left with 0/);
  assert.doesNotMatch(left, /-echo\b|-icanon/);
});

test('a person who waits for a server is told so, and goes on once there is one', { skip }, async (t) => {
  const cluster = await Cluster.start(t, { servers: 1 });
  await runProgram(['create', cluster.configPath, 'alice'], { password: 'secret' });
  await cluster.kill(1);
  const chat = new Window(t, cluster.configPath, 80);
  const list = new Window(t, cluster.configPath, 80, 'accounts');
  await chat.shows((text) => text === 'Trying to reach a server. Press ctrl-C to leave.');
  await list.shows((text) => text === 'Trying to reach a server.');
  await cluster.start(1);
  await chat.shows((text) => text.includes('Connected to Server') && text.endsWith('Command:'));
  await list.shows((text) => text.startsWith('Trying to reach a server.\nalice\nleft with 0'));
});

test(
  'who loses all servers is told what happened at each, and on leaving that the message may not have been sent',
  { skip },
  async (t) => {
    const cluster = await Cluster.start(t);
    for (const name of ['alice', 'bob']) await runProgram(['create', cluster.configPath, name], { password: 'secret' });
    const window = new Window(t, cluster.configPath, 80);
    await window.logIn('alice');
    await window.answer('Command:', '4');
    await window.answer('To:', 'bob');
    await window.shows((text) => text.endsWith('Text:'));
    for (const id of cluster.ids) await cluster.kill(id);
    await window.answer('Text:', 'hello');
    const text = await window.shows((text) => text.endsWith('Still trying. Press ctrl-C to leave.'));
    assert.match(text, /\nNo server can be reached\.\n(127\.0\.0\.1:\d+: Connection refused\.\n){3}Still trying\./);
    await window.press('C-c');
    await window.shows((text) => text.includes('The message may not have been sent.\nleft with 130'));
  },
);

test('a person searches in the chat, goes back further, and goes on after a mistake', { skip }, async (t) => {
  const { configPath } = await Cluster.start(t);
  for (const name of ['alice', 'bob']) await runProgram(['create', configPath, name], { password: 'secret' });
  const send = (to: string, text: string, from: string) =>
    runProgram(['send', configPath, to, text, '--as', from], { password: 'secret' });
  await send('alice', 'The first lunch', 'bob');
  for (let index = 1; index <= 20; index += 1) await send('bob', `Lünch ${index}`, 'alice');
  const window = new Window(t, configPath, 80);
  await window.logIn('alice');
  await window.answer('Command:', 'search');
  await window.answer('Search for:', '"lunch');
  await window.shows((text) => text.includes('\nA quotation mark is missing: '));
  await window.answer('Command:', 'search');
  await window.answer('Search for:', 'LUNCH');
  const first = await window.shows((text) =>
    text.endsWith('Lünch 20\nThere are earlier ones. To see them, type more.\nCommand:'),
  );
  assert.match(first, /Search for: LUNCH\n\[.{16}\] alice to bob: Lünch 1\n\[.{16}\] alice to bob: Lünch 2\n/);
  await window.answer('Command:', 'more');
  await window.shows((text) => /more\n\[.{16}\] bob to alice: The first lunch\nCommand:$/.test(text));
  await window.answer('Command:', 'search');
  await window.answer('Search for:', 'from:bob -lunch');
  await window.shows((text) => text.endsWith('\nNo messages found.\nCommand:'));
  await window.press('C-d');
});

test('deleting an account asks for its name', { skip }, async (t) => {
  const { configPath } = await Cluster.start(t, { servers: 1 });
  await runProgram(['create', configPath, 'alice'], { password: 'secret' });
  const question = 'This deletes alice and what waits for it, for good. Type the name to go on:';
  const careful = new Window(t, configPath, 100, 'delete', '--as', 'alice');
  await careful.answer(question, 'yes');
  await careful.shows((text) => text.includes('Nothing was deleted.\nleft with 2'));
  const sure = new Window(t, configPath, 100, 'delete', '--as', 'alice');
  await sure.answer(question, 'alice');
  await sure.answer('Password for alice:', 'secret');
  await sure.shows((text) => text.includes('Deleted account alice.\nleft with 0'));
});

function wrapped(text: string, columns: number): string {
  const rows: string[] = [];
  for (let start = 0; start < text.length; start += columns) rows.push(text.slice(start, start + columns).trimEnd());
  return rows.join('\n');
}
