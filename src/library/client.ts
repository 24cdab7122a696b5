/** The client that an application holds: promises, events and an async iterable around the client machine. */
import type { ClientMachine } from '../core/client/client-machine.js';
import type { ConnectorSettings } from '../core/client/connector.js';
import { certain, clientFailure } from '../core/client/failures.js';
import type { RequestId, Result } from '../core/client/requests.js';
import { toHex } from '../core/lib/hex.js';
import { formatDot } from '../core/model/ids.js';
import { parseSearch } from '../core/model/search-query.js';
import type { MessageOf } from '../core/wire/message-types.js';
import { checkCount, checkFlag, checkFunction, checkObject, checkSignal, checkText, placeBefore } from './arguments.js';
import { Driver } from './driver.js';
import { HoldfastError } from './errors.js';
import { Emitter } from './events.js';
import { distantCounters, type AwaitedCounters } from './identity.js';
import type { GroupKeeper } from './known-group.js';
import { localTimeMs } from './local-time.js';
import { MessageStream } from './message-stream.js';
import type { CancelSignal, Platform } from './platform.js';
import { formatSendId, messageOf, parseCursor, parseSendId, readSession, saveSession, waitingOf } from './shapes.js';
import type {
  ClientEvents,
  CreatedAccount,
  FailedTry,
  HistoryPage,
  MessagePlace,
  OpenedSession,
  SavedSession,
  SearchPage,
  SentMessage,
  ServerAddress,
  ServerStatus,
  StoredOn,
} from './types.js';

/** Gives up waiting; what was sent by then may have been carried out. */
export interface RequestOptions {
  readonly signal?: CancelSignal;
}

export interface SendOptions extends RequestOptions {
  /** What `newSendId` gave for this text, so that sending it again, after a restart too, is still sending it once. */
  readonly sendId?: string;
}

export interface LoginOptions {
  /** End the account's oldest session elsewhere where there is one too many. */
  readonly takeOver?: boolean;
}

export interface MessagesOptions extends RequestOptions {
  /** Begin after this place, not where the account was left. */
  readonly cursor?: string;
  /** False: end once everything that waited has been handed out. */
  readonly follow?: boolean;
}

export interface HistoryOptions extends RequestOptions {
  /** Only messages before this one. */
  readonly before?: MessagePlace;
  /** At most this many, and never more than fit in an answer; 0, the default: as many as do. */
  readonly limit?: number;
}

export interface SearchOptions extends RequestOptions {
  /** Only messages before this one: the last of the page before. */
  readonly before?: MessagePlace;
  /** At most this many, and never more than fit in an answer; 0, the default: as many as do. */
  readonly limit?: number;
}

/**
 * One user's client. Every operation fails with a {@link HoldfastError}, but for those that an `AbortSignal` ends, which
 * fail with its reason, arguments of the wrong type, which are a TypeError, and those that an identity store kept from being
 * begun, which fail with its error. While no server can be reached, operations wait.
 */
export class Client {
  readonly #platform: Platform;
  readonly #counters: AwaitedCounters;
  readonly #driver: Driver;
  readonly #emitter = new Emitter<ClientEvents>();
  /** Of the session; the client's own while there is none. */
  #sendCounters: AwaitedCounters;
  readonly #keeper: GroupKeeper | undefined;
  #server: ServerAddress | undefined;
  #members: readonly ServerAddress[] = [];
  /** The latest one at each address since there was a connection. */
  readonly #failedTryByAddress = new Map<string, FailedTry>();
  #stream: MessageStream | undefined;
  #closed: Promise<void> | undefined;

  /** Applications call `connect`. */
  constructor(
    platform: Platform,
    settings: ConnectorSettings,
    counters: AwaitedCounters,
    keeper: GroupKeeper | undefined,
  ) {
    this.#keeper = keeper;
    this.#platform = platform;
    this.#counters = counters;
    this.#sendCounters = counters;
    this.#driver = new Driver(platform, settings, counters, {
      connected: (welcome, { host, port }) => {
        this.#server = { id: welcome.server, host, port };
        this.#failedTryByAddress.clear();
        this.#emitter.emit('connected', { server: this.#server });
      },
      membersTold: (group, members) => this.#tellMembers(group, members),
      disconnected: ({ code, message }, wasConnected, { host, port }) => {
        const failedTry = { host, port, code, message };
        this.#failedTryByAddress.set(`${host}:${port}`, failedTry);
        this.#server = undefined;
        if (wasConnected) this.#emitter.emit('disconnected', { code, message });
        else this.#emitter.emit('unreachable', failedTry);
      },
      sessionEnded: (failure) => {
        this.#endStream({ error: new HoldfastError(failure) });
        this.#emitter.emit('sessionEnded', { code: failure.code, message: failure.message });
      },
      nameChanged: (names) => this.#emitter.emit('nameChanged', names),
      writesWait: ({ code, message }) => this.#emitter.emit('writesWait', { code, message }),
      writesGoOn: () => this.#emitter.emit('writesGoOn', {}),
      streamMoved: () => this.#stream?.pump(),
    });
    this.#driver.run((machine) => machine.start());
  }

  /** Calls the listener at every event of this name until what is returned is called. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void {
    checkText('name', name);
    checkFunction('listener', listener);
    return this.#emitter.on(name, listener);
  }

  /** The server that the client is connected to; undefined while it looks for one. */
  get server(): ServerAddress | undefined {
    return this.#server;
  }

  /** All servers of the group, as the latest server told that there was a connection to. */
  get members(): readonly ServerAddress[] {
    return this.#members;
  }

  /** What happened at each address that was tried in vain since there was a connection, the last time. */
  get failedTries(): FailedTry[] {
    return [...this.#failedTryByAddress.values()];
  }

  /**
   * What it takes to resume the session, with the stream where it is at this moment; undefined while there is none. It holds
   * the session's token: who has it is logged in.
   */
  get session(): SavedSession | undefined {
    return this.#driver.run(({ session, stream, latestTime }) =>
      session === undefined ? undefined : saveSession(session, stream?.cursor ?? session.start, latestTime),
    );
  }

  /** Makes an account. Needs no session, and opens none: {@link login} does. */
  async createAccount(name: string, password: string, { signal }: RequestOptions = {}): Promise<CreatedAccount> {
    checkText('name', name);
    checkText('password', password);
    checkSignal(signal);
    for (let wait = this.#counters.ready(); wait !== undefined; wait = this.#counters.ready()) await wait;
    const { account, ...created } = await this.#ask<MessageOf<'AccountCreated'>>((machine, done) => {
      const operation = machine.nextOperation();
      return machine.request('CreateAccount', { name, password, operation }, done);
    }, signal);
    return { ...created, account: formatDot(account) };
  }

  /**
   * Opens a session, and tells what waits, which then comes from {@link messages}. Fails with ALREADY_LOGGED_IN while this
   * client has a session, with LOGGED_IN_ELSEWHERE while the account has as many elsewhere as it may, unless `takeOver` is set.
   */
  async login(name: string, password: string, { takeOver = false }: LoginOptions = {}): Promise<OpenedSession> {
    checkText('name', name);
    checkText('password', password);
    checkFlag('takeOver', takeOver);
    for (let wait = this.#counters.ready(); wait !== undefined; wait = this.#counters.ready()) await wait;
    const opened = await this.#ask<MessageOf<'LoggedIn'>>((machine, done) => {
      const operation = machine.nextOperation();
      return machine.request('Login', { name, password, operation, takeOver }, done);
    });
    this.#sendCounters = this.#counters;
    const { formerName, waiting } = opened;
    return {
      account: formatDot(opened.account),
      name: opened.name,
      formerName: formerName === '' ? undefined : formerName,
      waiting: waiting.map(waitingOf),
    };
  }

  /** Goes on with a session without a password. Fails with SESSION_UNKNOWN where it has ended. */
  async resume(saved: SavedSession): Promise<{ readonly account: string; readonly name: string }> {
    checkObject('saved', saved);
    const { client, ...session } = readSession(saved);
    const isOwn = saved.client === toHex(this.#counters.client);
    const counters = isOwn ? this.#counters : distantCounters(client, this.#platform.random);
    const { name } = await this.#ask<MessageOf<'Resumed'>>((machine, done) => {
      machine.resume({ ...session, counters }, saved.latestTime, done);
      return undefined;
    });
    this.#sendCounters = counters;
    return { account: saved.account, name };
  }

  /** All names in which the regular expression (RE2 syntax) finds anything, in order. Needs no session. */
  async accounts(pattern = '', { signal }: RequestOptions = {}): Promise<string[]> {
    checkText('pattern', pattern);
    checkSignal(signal);
    const names: string[] = [];
    for (;;) {
      const after = names.at(-1) ?? '';
      const page = await this.#ask<MessageOf<'AccountList'>>(
        (machine, done) => machine.request('ListAccounts', { pattern, after, limit: 0 }, done),
        signal,
      );
      names.push(...page.names);
      if (!page.more || page.names.length === 0) return names;
    }
  }

  /** Sends a text to an account. Fulfilled once it is stored; until then it is sent again after each failover. */
  async send(to: string, text: string, { sendId, signal }: SendOptions = {}): Promise<SentMessage> {
    checkText('to', to);
    checkText('text', text);
    checkSignal(signal);
    if (sendId !== undefined) checkText('sendId', sendId);
    const counter = sendId === undefined ? undefined : parseSendId(sendId, this.#sendCounters.client);
    for (let wait = this.#sendCounters.ready(); wait !== undefined; wait = this.#sendCounters.ready()) await wait;
    const { id, sentAtMs, storedOn } = await this.#ask<MessageOf<'Sent'>>(
      (machine, done) => machine.send(to, text, done, counter),
      signal,
    );
    return { id: formatDot(id), sentAt: new Date(sentAtMs), storedOn };
  }

  /**
   * An id for one text that is yet to be sent. Kept with the text and given to `send`, it makes sure that the text is sent
   * once, however often that is tried, in this session or after it is resumed. What was not answered is to be sent
   * again before anything new, or it comes after it.
   */
  async newSendId(): Promise<string> {
    for (let wait = this.#sendCounters.ready(); wait !== undefined; wait = this.#sendCounters.ready()) await wait;
    return formatSendId(this.#sendCounters.client, this.#sendCounters.next());
  }

  /**
   * The messages to the account, what waited first. There is one such stream in a session: called again, after the loop
   * over it was left, this goes on where it was left. It ends with the session.
   */
  messages({ cursor, follow = true, signal }: MessagesOptions = {}): MessageStream {
    if (cursor !== undefined) checkText('cursor', cursor);
    checkFlag('follow', follow);
    checkSignal(signal);
    this.#stream?.finish({});
    const after = cursor === undefined ? undefined : parseCursor(cursor);
    const stream = this.#driver.run((machine) => {
      if (this.#closed !== undefined) throw new HoldfastError(certain(clientFailure('CLOSED')));
      if (machine.session === undefined) throw new HoldfastError(clientFailure('NOT_LOGGED_IN'));
      if (machine.stream !== undefined && after !== undefined) {
        throw new TypeError('The stream of this session has begun, so it has its place.');
      }
      if (machine.stream === undefined) machine.receive(after);
      return machine.stream;
    });
    if (stream === undefined) throw new HoldfastError(clientFailure('NOT_LOGGED_IN'));
    this.#stream = new MessageStream(this.#driver, stream, follow, signal);
    return this.#stream;
  }

  /** A part of the conversation with an account, latest message first. */
  async history(account: string, { before, limit = 0, signal }: HistoryOptions = {}): Promise<HistoryPage> {
    checkText('account', account);
    checkCount('limit', limit);
    checkSignal(signal);
    const request = { with: account, ...placeBefore(before), limit };
    const page = await this.#ask<MessageOf<'History'>>(
      (machine, done) => machine.request('ReadHistory', request, done),
      signal,
    );
    return { messages: page.messages.map(messageOf), more: page.more };
  }

  /**
   * Looks for messages among the account's own, latest first: words that all have to occur, `"phrases"`, `beginnings*`,
   * `-without`, `from:name`, `with:name`, `before:2026-11-01` and `after:"2026-11-01 18:30"`, in local time. Fails with
   * SEARCH_INVALID where the query cannot be understood.
   */
  async search(query: string, { before, limit = 0, signal }: SearchOptions = {}): Promise<SearchPage> {
    checkText('query', query);
    checkCount('limit', limit);
    checkSignal(signal);
    const place = placeBefore(before);
    const wish = parseSearch(query, localTimeMs);
    if ('fault' in wish) throw new HoldfastError(clientFailure('SEARCH_INVALID', wish.fault));
    const { terms, from = '', with: other = '', afterMs = 0, beforeMs = 0 } = wish;
    const request = { terms, from, with: other, afterMs, beforeMs, ...place, limit };
    const page = await this.#ask<MessageOf<'Found'>>(
      (machine, done) => machine.request('Search', request, done),
      signal,
    );
    return { messages: page.messages.map(messageOf), more: page.more };
  }

  /** How the server that answers is. A client whose config has one server asks that one and no other. */
  async status({ signal }: RequestOptions = {}): Promise<ServerStatus> {
    checkSignal(signal);
    return this.#ask<MessageOf<'Status'>>((machine, done) => machine.request('AskStatus', {}, done), signal);
  }

  /** Ends the session for good. The client stays connected. */
  async logoff(): Promise<void> {
    await this.#ask<object>((machine, done) => {
      machine.logOff(done);
      return undefined;
    });
    this.#endStream({});
  }

  /**
   * Deletes the account of the session and what waits for it. `storedOn` is undefined where the answer was lost and the
   * account then found to be gone.
   */
  async deleteAccount(): Promise<{ readonly storedOn: StoredOn | undefined }> {
    const { storedOn } = await this.#ask<Partial<MessageOf<'AccountDeleted'>>>((machine, done) => {
      machine.deleteAccount(done);
      return undefined;
    });
    this.#endStream({});
    return { storedOn };
  }

  /**
   * Ends the connection, not the session. What is unanswered fails with CLOSED; what was received is told to the server,
   * which takes a second at most.
   */
  close(): Promise<void> {
    this.#closed ??= new Promise<void>((resolve) => {
      this.#endStream({});
      this.#driver.run((machine) => machine.close(resolve));
    }).then(() => this.#keeper?.settled());
    return this.#closed;
  }

  #tellMembers(group: string, told: MessageOf<'Members'>['members']): void {
    const members = told.map(({ server, host, port }) => ({ id: server, host, port }));
    const isNews = this.#members.length > 0 && JSON.stringify(members) !== JSON.stringify(this.#members);
    this.#members = members;
    this.#keeper?.told({ group, servers: members });
    if (isNews) this.#emitter.emit('membersChanged', { servers: members });
  }

  #endStream(end: { readonly error?: unknown }): void {
    this.#stream?.finish(end);
    this.#stream = undefined;
  }

  #ask<Value>(
    start: (machine: ClientMachine, done: (result: Result<Value>) => void) => RequestId | undefined,
    signal?: CancelSignal,
  ): Promise<Value> {
    if (this.#closed !== undefined) return Promise.reject(new HoldfastError(certain(clientFailure('CLOSED'))));
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      let stopListening = () => {};
      const id = this.#driver.run((machine) =>
        start(machine, (result) => {
          stopListening();
          if (result.state === 'done') resolve(result.value);
          else reject(new HoldfastError(result.failure));
        }),
      );
      if (signal === undefined || id === undefined) return;
      const abort = () => {
        stopListening();
        this.#driver.run((machine) => machine.abandon(id));
        reject(signal.reason);
      };
      stopListening = () => signal.removeEventListener('abort', abort);
      signal.addEventListener('abort', abort);
    });
  }
}
