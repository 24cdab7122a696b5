/**
 * A chat service in memory, as the menu sees it through the library: it fails where the library would, and delivers what
 * is sent at once. `failNext` makes the next operation fail in any way that a server or the network can.
 */
import { errorDefinitions, type ErrorCode } from '../../core/model/errors.js';
import { parseSearch } from '../../core/model/search-query.js';
import { HoldfastError } from '../../library/errors.js';
import { localTimeMs } from '../../library/local-time.js';
import type { Message } from '../../library/types.js';
import type { ChatClient, PageOptions } from './chat-client.js';

interface Account {
  readonly name: string;
  readonly password: string;
  readonly inbox: Message[];
  session: FakeClient | undefined;
  /** The name that it lost in a split. */
  formerName: string | undefined;
}

function failure(code: ErrorCode, message: string = errorDefinitions[code].text): HoldfastError {
  const { mayHaveHappened, retry } = errorDefinitions[code];
  return new HoldfastError({ code, message, mayHaveHappened, retry });
}

const storedOn = { copies: 3, members: 3 };

export class FakeService {
  readonly accounts = new Map<string, Account>();
  /** In order. */
  readonly messages: Message[] = [];
  #sent = 0;

  client(): FakeClient {
    return new FakeClient(this);
  }

  /** Puts a message where its recipient finds it. Message n is sent n minutes after ten o'clock, local time. */
  deliver(from: string, to: Account, text: string): Message {
    this.#sent += 1;
    const sentAt = new Date(2026, 10, 23, 10, this.#sent);
    const message = {
      id: `a-${this.#sent}`,
      from,
      to: to.name,
      text,
      sentAt,
      time: this.#sent,
      fromDeleted: false,
      late: false,
      toDeleted: false,
    };
    this.messages.push(message);
    to.inbox.push(message);
    to.session?.wake();
    return message;
  }

  /** Latest first. */
  page(isWanted: (message: Message) => boolean, { limit, before }: PageOptions) {
    const all = this.messages
      .filter((message) => isWanted(message) && (before === undefined || message.time < before.time))
      .toReversed();
    return { messages: all.slice(0, limit), more: all.length > limit };
  }
}

export class FakeClient implements ChatClient {
  readonly #service: FakeService;
  #account: Account | undefined;
  #next: HoldfastError | undefined;
  #wake: () => void = () => {};

  constructor(service: FakeService) {
    this.#service = service;
  }

  failNext(code: ErrorCode, message?: string): void {
    this.#next = failure(code, message);
  }

  /** The service ends the session. */
  endSession(): void {
    if (this.#account !== undefined) this.#account.session = undefined;
    this.#account = undefined;
    this.wake();
  }

  wake(): void {
    this.#wake();
  }

  async createAccount(name: string, password: string) {
    this.#begin();
    if (this.#account !== undefined) throw failure('ALREADY_LOGGED_IN');
    const canonical = name.toLowerCase();
    if (!/^[a-z0-9][a-z0-9_.-]{1,31}$/.test(canonical)) throw failure('NAME_INVALID');
    if (password === '') throw failure('PASSWORD_INVALID');
    if (this.#service.accounts.has(canonical)) throw failure('NAME_TAKEN');
    this.#service.accounts.set(canonical, {
      name: canonical,
      password,
      inbox: [],
      session: undefined,
      formerName: undefined,
    });
    return { account: 'a-0', name: canonical, storedOn };
  }

  async login(name: string, password: string, { takeOver } = { takeOver: false }) {
    this.#begin();
    const account = this.#service.accounts.get(name.toLowerCase());
    if (account === undefined) throw failure('ACCOUNT_NOT_FOUND');
    if (account.password !== password) throw failure('WRONG_PASSWORD');
    if (account.session !== undefined && !takeOver) throw failure('LOGGED_IN_ELSEWHERE');
    account.session?.endSession();
    account.session = this;
    this.#account = account;
    const senders = [...new Set(account.inbox.map(({ from }) => from))];
    const waiting = senders.map((from) => {
      const theirs = account.inbox.filter((message) => message.from === from);
      return { from, count: theirs.length, firstAt: theirs[0]!.sentAt, latestAt: theirs.at(-1)!.sentAt };
    });
    return { account: 'a-0', name: account.name, formerName: account.formerName, waiting };
  }

  async accounts(pattern: string) {
    this.#begin();
    if (pattern.includes('('))
      throw failure('PATTERN_INVALID', `The regular expression is malformed at character 1: ${pattern}`);
    return [...this.#service.accounts.keys()].filter((name) => new RegExp(pattern).test(name)).sort();
  }

  async send(to: string, text: string) {
    this.#begin();
    const from = this.#account;
    if (from === undefined) throw failure('NOT_LOGGED_IN');
    if (text === '') throw failure('TEXT_EMPTY');
    const recipient = this.#service.accounts.get(to);
    if (recipient === undefined) throw failure('RECIPIENT_NOT_FOUND');
    const { id, sentAt } = this.#service.deliver(from.name, recipient, text);
    return { id, sentAt, storedOn };
  }

  async history(other: string, options: PageOptions) {
    this.#begin();
    const own = this.#account?.name;
    if (own === undefined) throw failure('NOT_LOGGED_IN');
    if (!this.#service.accounts.has(other)) throw failure('ACCOUNT_NOT_FOUND');
    const isTheirs = ({ from, to }: Message) => [from, to].includes(own) && [from, to].includes(other);
    return this.#service.page(isTheirs, options);
  }

  /** Finds texts in which all words occur as they were typed, and does not look at who and when. */
  async search(query: string, options: PageOptions) {
    this.#begin();
    const own = this.#account?.name;
    if (own === undefined) throw failure('NOT_LOGGED_IN');
    const wish = parseSearch(query, localTimeMs);
    if ('fault' in wish) throw failure('SEARCH_INVALID', wish.fault);
    const isFound = ({ from, to, text }: Message) =>
      [from, to].includes(own) && wish.terms.every((term) => text.includes(term.text));
    return this.#service.page(isFound, options);
  }

  async *messages({ follow }: { readonly follow: boolean }) {
    const account = this.#account;
    if (account === undefined) return;
    for (;;) {
      if (this.#account !== account) return;
      const message = account.inbox.shift();
      if (message !== undefined) yield message;
      else if (!follow) return;
      else await new Promise<void>((settle) => (this.#wake = settle));
    }
  }

  async logoff() {
    this.#begin();
    if (this.#account === undefined) throw failure('NOT_LOGGED_IN');
    this.endSession();
  }

  async deleteAccount() {
    this.#begin();
    if (this.#account === undefined) throw failure('NOT_LOGGED_IN');
    this.#service.accounts.delete(this.#account.name);
    this.endSession();
  }

  #begin(): void {
    const next = this.#next;
    this.#next = undefined;
    if (next !== undefined) throw next;
  }
}
