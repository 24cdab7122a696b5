/**
 * The numbered menu: asks for a command, asks for what the command needs, carries it out, and says how it went. It
 * ends when the input does, or on `quit`.
 *
 * One command runs at a time. Messages and news of the connection are shown as they come, also in the middle of a
 * question.
 */
import { mayNameAccount } from '../../core/model/account-name.js';
import { errorDefinitions } from '../../core/model/errors.js';
import { limits } from '../../core/model/limits.js';
import { HoldfastError } from '../../library/errors.js';
import type { Message, MessagePlace, OpenedSession, SearchPage } from '../../library/types.js';
import {
  counted,
  foundMessageLines,
  messageLines,
  nameChangedLines,
  storedText,
  waitingLines,
} from '../output/message-text.js';
import { printable, printableLines } from '../output/printable.js';
import type { ChatClient, PageOptions } from './chat-client.js';
import type { Screen } from './screen.js';

interface Command {
  readonly key: string;
  readonly title: string;
  /** What must hold before anything is asked for. */
  readonly allowed: 'always' | 'logged in' | 'logged off';
  run(): Promise<void>;
}

/** What is shown page by page. */
interface Pages {
  /** Gives a page, latest message first. */
  read(options: PageOptions): Promise<SearchPage>;
  linesOf(message: Message): string[];
  /** Said where there is nothing at all. */
  readonly none: string;
}

/** The input has ended while a command asked for something. */
class InputEnded extends Error {}

export class Menu {
  readonly #client: ChatClient;
  readonly #screen: Screen;
  /** Undefined where nobody is logged in. */
  #name: string | undefined;
  /** Shows what comes before the page that was shown last; undefined where nothing does. */
  #showEarlier: (() => Promise<void>) | undefined;
  #isLeaving = false;
  /** What is not known while a change that was asked for has no answer; undefined where none waits for one. */
  #doubt: string | undefined;
  readonly #commands: readonly Command[] = [
    { key: '1', title: 'Create account', allowed: 'logged off', run: () => this.#create() },
    { key: '2', title: 'Login', allowed: 'logged off', run: () => this.#login() },
    { key: '3', title: 'List accounts', allowed: 'always', run: () => this.#list() },
    { key: '4', title: 'Send message', allowed: 'logged in', run: () => this.#send() },
    { key: '5', title: 'Logoff', allowed: 'logged in', run: () => this.#logoff() },
    { key: '6', title: 'Delete account', allowed: 'logged in', run: () => this.#delete() },
    {
      key: 'history',
      title: `Show the last ${limits.chatPageMessages} messages with someone`,
      allowed: 'logged in',
      run: () => this.#history(),
    },
    { key: 'search', title: 'Find messages in all conversations', allowed: 'logged in', run: () => this.#search() },
    {
      key: 'more',
      title: 'Show earlier messages of the last history or search',
      allowed: 'logged in',
      run: () => this.#more(),
    },
  ];

  constructor(client: ChatClient, screen: Screen) {
    this.#client = client;
    this.#screen = screen;
  }

  async run(): Promise<void> {
    this.#screen.print('Type a command, or help.');
    try {
      for (;;) {
        const line = (await this.#ask('Command:')).trim();
        if (line === 'quit') return;
        if (line === 'help') this.#help();
        else if (line !== '') await this.#runCommand(line);
      }
    } catch (error) {
      if (!(error instanceof InputEnded)) throw error;
    }
  }

  /** Whether someone is logged in. */
  get isLoggedIn(): boolean {
    return this.#name !== undefined;
  }

  /** The session ended by itself. */
  sessionEnded(message: string): void {
    this.#name = undefined;
    this.#screen.print(`You are logged off. ${printable(message)}`);
  }

  /** The account is shown under another name. */
  nameChanged(names: { readonly name: string; readonly formerName: string }): void {
    this.#name = names.name;
    this.#screen.print(...nameChangedLines(names));
  }

  /** From here on, commands that are cut short by leaving are no news, but what may not have been done is. */
  leave(): void {
    this.#isLeaving = true;
    if (this.#doubt !== undefined) this.#screen.print(this.#doubt);
  }

  #help(): void {
    this.#screen.print(
      ...this.#commands.map(({ key, title }) => `${key.padEnd(7)}  ${title}`),
      'help     Show this',
      'quit     Leave; ctrl-C and ctrl-D do so too',
      'A message may have many lines: end a line with \\ and go on in the next.',
      'A search may have: words, "a phrase", begin*, -without, from:bob, with:bob,',
      'after:2026-11-01, before:"2026-11-01 18:30".',
    );
  }

  async #runCommand(key: string): Promise<void> {
    const command = this.#commands.find((command) => command.key === key);
    if (command === undefined) {
      this.#screen.print(`There is no command "${printable(key)}". Type help to see all.`);
    } else if (command.allowed === 'logged in' && this.#name === undefined) {
      this.#screen.print(errorDefinitions.NOT_LOGGED_IN.text);
    } else if (command.allowed === 'logged off' && this.#name !== undefined) {
      this.#screen.print(errorDefinitions.ALREADY_LOGGED_IN.text);
    } else {
      await this.#reportFailures(() => command.run());
    }
  }

  async #create(): Promise<void> {
    const name = await this.#ask('Name:');
    const password = await this.#askHidden('Password:');
    const created = await this.#change('The account may not have been created.', () =>
      this.#client.createAccount(name, password),
    );
    this.#screen.print(`Created account ${printable(created.name)}. ${storedText(created.storedOn)}`);
  }

  async #login(): Promise<void> {
    const name = await this.#ask('Name:');
    const password = await this.#askHidden('Password:');
    const opened = await this.#openSession(name, password);
    if (opened === undefined) return;
    const { name: shown, formerName, waiting } = opened;
    this.#name = shown;
    // What another account was shown is not to be gone on with.
    this.#showEarlier = undefined;
    const change = formerName === undefined ? [] : nameChangedLines({ name: shown, formerName });
    this.#screen.print(`Logged in as ${printable(shown)}.`, ...change, ...waitingLines(waiting));
    await this.#showMessages(false);
    // For as long as the session lasts; how it ends is told elsewhere.
    void this.#showMessages(true);
  }

  /** Where another session is in the way, a person may end it. Undefined where they do not want that. */
  async #openSession(name: string, password: string): Promise<OpenedSession | undefined> {
    try {
      return await this.#client.login(name, password);
    } catch (error) {
      const isElsewhere = error instanceof HoldfastError && error.code === 'LOGGED_IN_ELSEWHERE';
      if (!isElsewhere || !this.#screen.isInteractive) throw error;
      this.#screen.print(...printableLines(error.message));
    }
    const answer = await this.#ask('Log in here and end the other session? (yes/no)');
    return isYes(answer) ? this.#client.login(name, password, { takeOver: true }) : undefined;
  }

  async #list(): Promise<void> {
    const pattern = await this.#ask('Regular expression (empty lists all):');
    const names = await this.#client.accounts(pattern);
    this.#screen.print(...names.map(printable), `${counted(names.length, 'account')}.`);
  }

  async #send(): Promise<void> {
    const to = await this.#ask('To:');
    if (this.#screen.isInteractive && (await this.#isMissing(to))) {
      this.#screen.print(errorDefinitions.RECIPIENT_NOT_FOUND.text);
      return;
    }
    const text = await this.#askText();
    // What is longer may have lost its rest on the way here, so its size is not known.
    if (text.length > limits.textBytesMax) {
      this.#screen.print(errorDefinitions.TEXT_TOO_LONG.text);
      return;
    }
    const { storedOn } = await this.#change('The message may not have been sent.', () => this.#client.send(to, text));
    this.#screen.print(`Sent. ${storedText(storedOn)}`);
  }

  /**
   * Whether there is surely no account of the name, so that nobody types a text in vain. While no server answers at once,
   * that is left to the send.
   */
  async #isMissing(name: string): Promise<boolean> {
    if (!mayNameAccount(name)) return true;
    const pattern = `^${name.toLowerCase().replaceAll(/[^a-z0-9_]/g, '\\$&')}$`;
    const signal = AbortSignal.timeout(limits.recipientLookupMs);
    try {
      return (await this.#client.accounts(pattern, { signal })).length === 0;
    } catch (error) {
      if (signal.aborted || error instanceof HoldfastError) return false;
      throw error;
    }
  }

  async #history(): Promise<void> {
    const other = await this.#ask('With:');
    await this.#showPages({
      read: (options) => this.#client.history(other, options),
      linesOf: messageLines,
      none: 'No messages.',
    });
  }

  async #search(): Promise<void> {
    const query = await this.#ask('Search for:');
    await this.#showPages({
      read: (options) => this.#client.search(query, options),
      linesOf: foundMessageLines,
      none: 'No messages found.',
    });
  }

  async #more(): Promise<void> {
    if (this.#showEarlier === undefined) this.#screen.print('There is nothing more to show.');
    else await this.#showEarlier();
  }

  async #showPages(pages: Pages): Promise<void> {
    // Also where this fails, `more` is not to go on with what was asked for before.
    this.#showEarlier = undefined;
    await this.#showPage(pages);
  }

  /** The latest page, or the one before a place; where that one fails, `more` tries it again. */
  async #showPage(pages: Pages, before?: MessagePlace): Promise<void> {
    const { messages, more } = await pages.read({ limit: limits.chatPageMessages, ...(before && { before }) });
    const earliest = messages.at(-1);
    this.#showEarlier = more && earliest !== undefined ? () => this.#showPage(pages, earliest) : undefined;
    if (earliest === undefined) {
      this.#screen.print(before === undefined ? pages.none : 'There is nothing more to show.');
      return;
    }
    this.#screen.print(...messages.toReversed().flatMap((message) => pages.linesOf(message)));
    if (this.#showEarlier !== undefined) this.#screen.print('There are earlier ones. To see them, type more.');
  }

  async #logoff(): Promise<void> {
    await this.#client.logoff();
    this.#name = undefined;
    this.#screen.print('Logged off.');
  }

  async #delete(): Promise<void> {
    const name = printable(this.#name ?? '');
    const question = `Delete account ${name} and what waits for it? Type yes to do so:`;
    if (!isYes(given(await this.#screen.confirm(question)))) {
      this.#screen.print('Nothing was deleted.');
      return;
    }
    await this.#change('The account may not have been deleted.', () => this.#client.deleteAccount());
    this.#name = undefined;
    this.#screen.print(`Deleted account ${name}.`);
  }

  /** Shows what waits, or also what comes. The end of the session is the end of it; why it ended is told by itself. */
  async #showMessages(follow: boolean): Promise<void> {
    try {
      for await (const message of this.#client.messages({ follow })) this.#screen.print(...messageLines(message));
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
    }
  }

  /** A text of one line or many: a line that ends in a backslash goes on in the next. */
  async #askText(): Promise<string> {
    let text = '';
    for (let prompt = 'Text:'; ; prompt = '...') {
      const line = await this.#ask(prompt);
      if (!line.endsWith('\\')) return text + line;
      text += `${line.slice(0, -1)}\n`;
    }
  }

  async #ask(prompt: string): Promise<string> {
    return given(await this.#screen.ask(prompt));
  }

  async #askHidden(prompt: string): Promise<string> {
    return given(await this.#screen.askHidden(prompt));
  }

  /** Asks for a change. `doubt` is what is told to who leaves before the answer. */
  async #change<Result>(doubt: string, ask: () => Promise<Result>): Promise<Result> {
    this.#doubt = doubt;
    try {
      return await ask();
    } finally {
      this.#doubt = undefined;
    }
  }

  /** Says in plain words what went wrong; anything but a registered error is passed on. */
  async #reportFailures(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      if (!this.#isLeaving) this.#screen.print(...printableLines(error.message));
    }
  }
}

function isYes(answer: string): boolean {
  return answer.trim().toLowerCase() === 'yes';
}

function given(answer: string | undefined): string {
  if (answer === undefined) throw new InputEnded();
  return answer;
}
