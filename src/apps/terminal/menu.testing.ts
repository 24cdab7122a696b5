/** People at menus, for the tests of the menu: one reads and types plain lines, one sits at a terminal. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';

import { FakeService, type FakeClient } from './fake-chat.testing.js';
import { FakeTerminal } from './fake-terminal.testing.js';
import { LineScreen } from './line-screen.js';
import { Menu } from './menu.js';
import { PlainScreen } from './plain-screen.js';

/** A person at a menu of plain lines. */
interface Person {
  readonly client: FakeClient;
  readonly menu: Menu;
  /** Types lines; gives what was printed until the menu asks for a command again. */
  type(...lines: readonly string[]): Promise<string[]>;
  write(...lines: readonly string[]): void;
  /** Ends the input; gives what was printed since. */
  end(): Promise<string[]>;
}

/** Sits down at a menu, and reads what it says at its start. */
export async function sitDown(service: FakeService): Promise<Person> {
  const input = new PassThrough();
  const printed: string[] = [];
  let onPrompt = () => {};
  const output = new PassThrough({ encoding: 'utf8' });
  output.on('data', (text: string) => {
    printed.push(...text.split('\n').slice(0, -1));
    if (printed.at(-1) === 'Command:') onPrompt();
  });
  const client = service.client();
  const menu = new Menu(
    client,
    new PlainScreen(input, output, { onInterrupt: () => assert.fail('nobody pressed ctrl-C') }),
  );
  const prompted = () => new Promise<void>((settle) => (onPrompt = settle));
  const first = prompted();
  const done = menu.run();
  await first;
  assert.deepEqual(printed.splice(0), ['Type a command, or help.', 'Command:']);
  const write = (...lines: readonly string[]) => void input.write(lines.map((line) => `${line}\n`).join(''));
  return {
    client,
    menu,
    write,
    type: async (...lines) => {
      const next = prompted();
      write(...lines);
      await next;
      return printed.splice(0);
    },
    end: async () => {
      input.end();
      await done;
      return printed.splice(0);
    },
  };
}

/** A person at a menu in a terminal. */
export function atTerminal(service: FakeService) {
  const terminal = new FakeTerminal(60);
  const screen = new LineScreen(terminal.keyboard, terminal, { onInterrupt: () => {}, onEnd: () => {} });
  const client = service.client();
  const menu = new Menu(client, screen);
  const done = menu.run();
  const leave = async () => {
    await terminal.type('\u0004');
    await done;
  };
  return { terminal, client, menu, leave };
}

/** A service with an account alice (password pa) and one bob (password pb). */
export async function withTwoAccounts(): Promise<FakeService> {
  const service = new FakeService();
  const client = service.client();
  await client.createAccount('alice', 'pa');
  await client.createAccount('bob', 'pb');
  return service;
}

export async function loggedIn(service: FakeService, name: 'alice' | 'bob' = 'alice'): Promise<Person> {
  const person = await sitDown(service);
  await person.type('2', name, name === 'alice' ? 'pa' : 'pb');
  assert.ok(person.menu.isLoggedIn);
  return person;
}
