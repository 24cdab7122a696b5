/**
 * The session of a client: none, being opened, open, or being ended. An open session belongs to the account and not to a
 * connection: it is attached to one connection after the other, and its stream of messages goes on there.
 */
import { assert } from '../lib/assert.js';
import type { ErrorCode } from '../model/errors.js';
import type { Dot } from '../model/ids.js';
import { Vector } from '../model/vector.js';
import type { MessageOf } from '../wire/message-types.js';
import type { Connection } from './connection.js';
import { requestKinds, type RequestName } from './requests.js';
import { Stream } from './stream.js';

/** Where operation ids come from: 16 bytes that name a client, and numbers that it never uses twice. */
export interface Counters {
  readonly client: Uint8Array;
  /** Each number is higher than those before it. */
  next(): number;
}

/** What a session is made of, and all that resuming it takes. */
export interface Session {
  readonly account: Dot;
  readonly id: Dot;
  /** Proves the session to any server. */
  readonly token: Uint8Array;
  /** The account's name as shown. */
  readonly name: string;
  /** Names the session's sends: that of the login which opened it. */
  readonly counters: Counters;
  /** Where the stream of messages begins for a consumer that names no place. */
  readonly start: Vector;
}

type State =
  | { readonly kind: 'none' }
  /** A Login waits for its answer. */
  | { readonly kind: 'opening' }
  | { readonly kind: 'open'; readonly session: Session }
  /** A LogOff or DeleteAccount waits for its answer. */
  | { readonly kind: 'ending'; readonly session: Session };

export class SessionKeeper {
  #state: State = { kind: 'none' };
  #stream: Stream | undefined;
  /** The highest hybrid time seen. */
  #latestTime = 0;
  /** The correlation id of the Resume that is under way; 0 where none is. */
  #resume = 0;
  #isAttached = false;

  /** The session, until it has ended. */
  get session(): Session | undefined {
    return this.#state.kind === 'open' || this.#state.kind === 'ending' ? this.#state.session : undefined;
  }

  get isOpen(): boolean {
    return this.#state.kind === 'open';
  }

  /** The server has attached the session to the connection. */
  get isAttached(): boolean {
    return this.#isAttached;
  }

  /** There is no session that the connection lacks. */
  get isSettled(): boolean {
    return this.#isAttached || this.session === undefined;
  }

  get latestTime(): number {
    return this.#latestTime;
  }

  get stream(): Stream | undefined {
    return this.#stream;
  }

  /** Why a request cannot be right now; undefined where it may be. */
  refusalOf(name: RequestName): ErrorCode | undefined {
    const { kind } = this.#state;
    if (name === 'Login' || name === 'CreateAccount') return kind === 'none' ? undefined : 'ALREADY_LOGGED_IN';
    if (!requestKinds[name].needsSession || kind === 'open') return undefined;
    const mayWaitForLogin = kind === 'opening' && name !== 'LogOff' && name !== 'DeleteAccount';
    return mayWaitForLogin ? undefined : 'NOT_LOGGED_IN';
  }

  /** A request was made that opens or ends the session. */
  requested(name: RequestName): void {
    if (name === 'Login') this.#state = { kind: 'opening' };
    if (name !== 'LogOff' && name !== 'DeleteAccount') return;
    assert(this.#state.kind === 'open', 'only an open session is ended');
    this.#state = { kind: 'ending', session: this.#state.session };
  }

  /** What `requested` was told of has failed: all is as it was before. */
  failed(name: RequestName): void {
    if (name === 'Login') this.#state = { kind: 'none' };
    if (this.#state.kind === 'ending' && (name === 'LogOff' || name === 'DeleteAccount')) {
      this.#state = { kind: 'open', session: this.#state.session };
    }
  }

  loggedIn(message: MessageOf<'LoggedIn'>, counters: Counters): void {
    const session: Session = {
      account: message.account,
      id: message.session,
      token: message.token.slice(),
      name: message.name,
      counters,
      start: new Vector(message.delivered),
    };
    this.#state = { kind: 'open', session };
    this.#isAttached = true;
  }

  /** Takes over a session that was opened before. */
  adopt(session: Session): void {
    this.#state = { kind: 'open', session };
  }

  /** Asks the server to attach the session, if there is one. */
  attach(connection: Connection): void {
    const { session } = this;
    if (session === undefined) return;
    const { account, id, token } = session;
    this.#resume = connection.request('Resume', { account, session: id, token, latestTime: this.#latestTime });
  }

  /** Whether the correlation id is that of the Resume under way. */
  isResume(correlation: number): boolean {
    return this.#resume !== 0 && this.#resume === correlation;
  }

  resumed(): void {
    this.#resume = 0;
    this.#isAttached = true;
  }

  /** The account is shown under this name. Returns whether that is news. */
  rename(name: string): boolean {
    if (this.#state.kind !== 'open' && this.#state.kind !== 'ending') return false;
    if (this.#state.session.name === name) return false;
    this.#state = { kind: this.#state.kind, session: { ...this.#state.session, name } };
    return true;
  }

  /** Begins the stream after the cursor, or else where the session began. */
  receive(cursor: Vector | undefined): void {
    const { session } = this;
    assert(session !== undefined, 'a stream belongs to a session');
    assert(this.#stream === undefined, 'a session has one stream');
    this.#stream = new Stream(cursor ?? session.start);
  }

  connectionLost(): void {
    this.#resume = 0;
    this.#isAttached = false;
    this.#stream?.connectionLost();
  }

  /** The session is over. */
  end(): void {
    this.#state = { kind: 'none' };
    this.#resume = 0;
    this.#isAttached = false;
    this.#stream = undefined;
  }

  /** A hybrid time was seen; what is sent from here on is ordered after it, on whatever server. */
  observe(time: number): void {
    this.#latestTime = Math.max(this.#latestTime, time);
  }
}
