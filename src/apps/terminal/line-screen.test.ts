import assert from 'node:assert/strict';
import test from 'node:test';

import fc from 'fast-check';

import { FakeTerminal } from './fake-terminal.testing.js';
import { LineScreen } from './line-screen.js';

function open(columns?: number): { terminal: FakeTerminal; screen: LineScreen; events: string[] } {
  const terminal = new FakeTerminal(columns);
  const events: string[] = [];
  const screen = new LineScreen(terminal.keyboard, terminal, {
    onInterrupt: () => events.push('interrupt'),
    onEnd: () => events.push('end'),
  });
  return { terminal, screen, events };
}

test('a question is asked, and its answer edited and taken', async () => {
  const { terminal, screen } = open();
  const answer = screen.ask('Name:');
  await terminal.type('alixe\b\bce');
  assert.equal(terminal.text, 'Name: alice');
  await terminal.type('\r');
  assert.equal(await answer, 'alice');
  screen.print('done');
  assert.equal(terminal.text, 'Name: alice\ndone');
  screen.close();
});

test('what is printed stands above the line being typed, which goes on where it was', async () => {
  const { terminal, screen } = open();
  const answer = screen.ask('Text:');
  await terminal.type('hello word\u001b[D');
  screen.print('[10:05] bob: hi', '    there');
  assert.equal(terminal.text, '[10:05] bob: hi\n    there\nText: hello word');
  assert.deepEqual(terminal.cursor, { row: 2, column: 15 });
  await terminal.type('l\r');
  assert.equal(await answer, 'hello world');
  assert.equal(terminal.text, '[10:05] bob: hi\n    there\nText: hello world');
  screen.close();
});

test('a hidden line does not show, is no part of the history, and messages do not tear its prompt', async () => {
  const { terminal, screen } = open();
  const name = screen.ask('Name:');
  await terminal.type('alice\r');
  await name;
  const answer = screen.askHidden('Password:');
  await terminal.type('sec');
  screen.print('message');
  await terminal.type('ret\r');
  assert.equal(await answer, 'secret');
  const next = screen.ask('Command:');
  await terminal.type('\u001b[A');
  assert.equal(terminal.text, 'Name: alice\nmessage\nPassword:\nCommand: alice');
  await terminal.type('\r');
  assert.equal(await next, 'alice');
  screen.close();
});

test('what is typed while nothing is asked is kept for the next questions', async () => {
  const { terminal, screen } = open();
  await terminal.type('4\rbo');
  assert.equal(terminal.text, '');
  assert.equal(await screen.ask('Command:'), '4');
  const to = screen.ask('To:');
  assert.equal(terminal.text, 'Command: 4\nTo: bo');
  await terminal.type('b\r');
  assert.equal(await to, 'bob');
  screen.close();
});

test('what was typed before a confirmation was asked for does not give it', async () => {
  const { terminal, screen } = open();
  await terminal.type('6\ryes\r');
  assert.equal(await screen.ask('Command:'), '6');
  const answer = screen.confirm('Delete?');
  await terminal.type('no\r');
  assert.equal(await answer, 'no');
  assert.equal(terminal.text, 'Command: 6\nDelete? no');
  screen.close();
});

test('ctrl-C is told and leaves the line; ctrl-D on an empty line ends the input', async () => {
  const { terminal, screen, events } = open();
  const answer = screen.ask('Name:');
  await terminal.type('al\u0003');
  assert.deepEqual(events, ['interrupt']);
  await terminal.type('\u0015\u0004');
  assert.equal(await answer, undefined);
  assert.deepEqual(events, ['interrupt', 'end']);
  assert.equal(await screen.ask('Again:'), undefined);
});

test('closing answers the open question and leaves the cursor on a line of its own', async () => {
  const { terminal, screen, events } = open();
  const answer = screen.ask('Name:');
  await terminal.type('al');
  screen.close();
  assert.equal(await answer, undefined);
  assert.deepEqual(terminal.cursor, { row: 1, column: 0 });
  assert.deepEqual(events, []);
});

/** What a person or another person does; printing and typing come in any order. */
const step = fc.oneof(
  fc.record({
    kind: fc.constant('type' as const),
    keys: fc.constantFrom('a', 'bc', 'long word ', '\b', '\u001b[D', '\u001b[C', '\u001b[H', '\u001b[F'),
  }),
  fc.record({ kind: fc.constant('print' as const), keys: fc.constantFrom('message', 'x'.repeat(25), '') }),
);

test('no order of typing and printing tears a line, at any width', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 8, max: 30 }),
      fc.array(step, { maxLength: 30 }),
      fc.boolean(),
      async (columns, steps, askLate) => {
        const { terminal, screen } = open(columns);
        let answer = askLate ? undefined : screen.ask('Text:');
        const printed: string[] = [];
        for (const { kind, keys } of steps) {
          if (kind === 'type') await terminal.type(keys);
          else {
            screen.print(keys);
            printed.push(keys);
          }
        }
        answer ??= screen.ask('Text:');
        await terminal.type('\r');
        const line = await answer;
        const shown = [...printed, `Text: ${line}`]
          .flatMap((text) => wrap(text, columns))
          .join('\n')
          .trimEnd();
        assert.equal(terminal.text.trimEnd(), shown);
        screen.close();
      },
    ),
  );
});

function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (let start = 0; start === 0 || start < text.length; start += columns)
    lines.push(text.slice(start, start + columns).trimEnd());
  return lines;
}
