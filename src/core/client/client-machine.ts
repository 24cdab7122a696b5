/**
 * One user's connection to the group, as a state machine: it keeps a connection to some server, goes on with another when
 * that one fails, and neither repeats nor loses anything on the way.
 *
 * - A request is answered once. Until then it is kept, and sent again on each new connection, in order, under the same
 *   operation id.
 * - A session outlives its connections: each new one resumes it before anything else.
 * - The stream of messages goes on at the cursor, whatever the server.
 * - Nothing is called back before the call that caused it has returned: what is due is told at the end of an input from
 *   the network, or by {@link ClientMachine.tick}.
 *
 * Whoever runs it passes on everything that the network tells, and calls `tick` at `wakeAtMs`.
 */
import { assert } from '../lib/assert.js';
import { errorCodeOf } from '../model/errors.js';
import { limits } from '../model/limits.js';
import type { Vector } from '../model/vector.js';
import type { Address, ConnectionId, DialFailure, NetworkEvents, Transport } from '../ports/network.js';
import type { MessageOf } from '../wire/message-types.js';
import type { ClientWorld, Connection, Incoming } from './connection.js';
import type { ClientListener } from './client-listener.js';
import { Connector, type ConnectorSettings } from './connector.js';
import { Exchange, type Reply } from './exchange.js';
import { clientFailure, endsSession, failureTold, sessionForgotten, type ClientFailure } from './failures.js';
import { failed, type ReplyTo, type RequestId, type Result } from './requests.js';
import { SessionKeeper, type Counters, type Session } from './session.js';
import type { Stream } from './stream.js';

export class ClientMachine implements NetworkEvents {
  readonly #world: ClientWorld;
  readonly #counters: Counters;
  readonly #listener: ClientListener;
  readonly #connector: Connector;
  readonly #keeper = new SessionKeeper();
  readonly #exchange: Exchange;
  /** What the latest server told of itself; undefined before the first did. */
  #welcome: MessageOf<'Welcome'> | undefined;
  /** `connected` was told of this connection. */
  #isServing = false;
  /** The server of this connection has asked to go on with another. */
  #movesOn = false;
  #resumeDone: ((result: Result<MessageOf<'Resumed'>>) => void) | undefined;
  /** Since when no server that could be reached knew of the session. */
  #behindSinceMs: number | undefined;
  /** `writesWait` was told. */
  #writesWait = false;
  /** Until when closing may take, and whom to tell of its end, who is told once. */
  #closing: { readonly byMs: number; readonly done: (() => void) | undefined } | undefined;
  /** What is to be called back, in order. */
  readonly #due: (() => void)[] = [];
  #hasStreamMoved = false;

  constructor(world: ClientWorld, settings: ConnectorSettings, counters: Counters, listener: ClientListener) {
    this.#world = world;
    this.#counters = counters;
    this.#listener = listener;
    this.#connector = new Connector(world, settings, {
      opened: (connection) => this.#onOpened(connection),
      welcomed: (connection, welcome) => this.#onWelcomed(connection, welcome),
      membersTold: (group, members) => this.#due.push(() => this.#listener.membersTold(group, members)),
      incoming: (connection, incoming) => this.#onIncoming(connection, incoming),
      lost: (failure, address) => this.#onLost(failure, address),
    });
    this.#exchange = new Exchange(world, this.#keeper, counters, {
      soon: (callback) => void this.#due.push(callback),
      sessionEnded: (failure, asked) => this.#onSessionEnded(failure, asked),
    });
  }

  /** Begins to dial. */
  start(): void {
    this.#connector.start();
  }

  opened(id: ConnectionId, _side: 'accepted' | 'dialled', transport: Transport): void {
    this.#connector.opened(id, transport);
    this.#finish();
  }

  received(id: ConnectionId, bytes: Uint8Array): void {
    this.#connector.received(id, bytes);
    this.#finish();
  }

  /** Nothing waits for this: what may be in flight is bounded. */
  drained(): void {}

  closed(id: ConnectionId, reason?: DialFailure): void {
    this.#connector.closed(id, reason);
    this.#finish();
  }

  /** Does what is due by now. */
  tick(): void {
    const nowMs = this.#world.clock.monotonicMs();
    this.#connector.tick();
    this.#exchange.tick();
    this.#sendMark(this.#keeper.isOpen ? this.stream?.mark.due(nowMs) : undefined);
    if (this.#closing !== undefined && nowMs >= this.#closing.byMs) this.#finishClosing();
    this.#finish();
  }

  /** When to call {@link tick}, in the time of the monotonic clock, if no call or event comes before. */
  get wakeAtMs(): number {
    if (this.#due.length > 0) return 0;
    const markAtMs = this.#keeper.isOpen ? (this.stream?.mark.wakeAtMs ?? Infinity) : Infinity;
    const closeAtMs = this.#closing?.byMs ?? Infinity;
    return Math.min(this.#connector.wakeAtMs, this.#exchange.wakeAtMs, markAtMs, closeAtMs);
  }

  /** The session, until it has ended. */
  get session(): Session | undefined {
    return this.#keeper.session;
  }

  /** The highest hybrid time seen. */
  get latestTime(): number {
    return this.#keeper.latestTime;
  }

  /** The stream of the session, once it was begun. */
  get stream(): Stream | undefined {
    return this.#keeper.stream;
  }

  /**
   * Makes a request. `done` is called once, or never if the request is abandoned by the id that this returns. One that
   * cannot be right now fails without being sent, and has no id.
   */
  request<Name extends 'CreateAccount' | 'Login' | 'ListAccounts' | 'ReadHistory' | 'Search' | 'AskStatus'>(
    name: Name,
    message: MessageOf<Name>,
    done: (result: Result<ReplyTo<Name>>) => void,
  ): RequestId | undefined {
    const id = this.#exchange.request(name, message, done);
    this.#flush();
    return id;
  }

  /** The id under which a CreateAccount or Login is known when it is repeated. */
  nextOperation(): MessageOf<'OperationId'> {
    return { client: this.#counters.client, counter: this.#counters.next() };
  }

  /** A counter is given where it was drawn before, so that servers know what is sent again. */
  send(
    to: string,
    text: string,
    done: (result: Result<MessageOf<'Sent'>>) => void,
    counter?: number,
  ): RequestId | undefined {
    // Every counter left out costs the servers an entry for ever, so none is drawn for what is not sent.
    const isRefused = this.#keeper.refusalOf('Send') !== undefined;
    const drawn = counter ?? (isRefused ? 0 : (this.session?.counters ?? this.#counters).next());
    const id = this.#exchange.request('Send', { to, text, counter: drawn }, done);
    this.#flush();
    return id;
  }

  /** Ends the session, after its delivery mark was told. */
  logOff(done: (result: Result<object>) => void): void {
    const { isOpen } = this.#keeper;
    this.#sendMark(isOpen ? this.stream?.mark.take(this.#world.clock.monotonicMs()) : undefined);
    this.#exchange.request('LogOff', {}, done);
    this.#flush();
  }

  /** Deletes the session's account. Where the answer was lost and the deed shows by its effect, `storedOn` is missing. */
  deleteAccount(done: (result: Result<Partial<MessageOf<'AccountDeleted'>>>) => void): void {
    this.#exchange.request('DeleteAccount', {}, done);
    this.#flush();
  }

  /** Goes on with a session that was opened before, perhaps by another process, which had seen `latestTime`. */
  resume(session: Session, latestTime: number, done: (result: Result<MessageOf<'Resumed'>>) => void): void {
    const refusal = this.#keeper.refusalOf('Login');
    if (refusal !== undefined) {
      this.#due.push(() => done(failed(clientFailure(refusal))));
      return;
    }
    this.#resumeDone = done;
    this.#keeper.observe(latestTime);
    this.#keeper.adopt(session);
    const { connection } = this.#connector;
    if (connection !== undefined) this.#keeper.attach(connection);
    this.#flush();
  }

  /** Nobody waits for the answer any more. What was sent may have happened all the same. */
  abandon(id: RequestId): void {
    this.#exchange.abandon(id);
    this.#tellOfWaitingWrites();
  }

  /** Begins the stream of the session, after the cursor or else where the session began. Once for each session. */
  receive(cursor?: Vector): void {
    this.#keeper.receive(cursor);
    const { connection } = this.#connector;
    if (connection !== undefined) this.#beginStream(connection);
  }

  /**
   * Fails what is unanswered, tells the server what was received, for a moment at most, and closes. Nothing may be asked
   * for after this.
   */
  close(done: () => void): void {
    assert(this.#closing === undefined, 'a client is closed once');
    this.#closing = { byMs: this.#world.clock.monotonicMs() + limits.clientCloseMs, done };
    const failure = clientFailure('CLOSED');
    this.#settleResume(failed(failure));
    this.#exchange.close(failure, () => this.#finishClosing());
    this.#flush();
  }

  #onOpened(connection: Connection): void {
    this.#keeper.attach(connection);
    this.#flush();
    this.#beginStream(connection);
  }

  #onWelcomed(connection: Connection, welcome: MessageOf<'Welcome'>): void {
    const isFirst = this.#welcome === undefined;
    this.#welcome = welcome;
    // A session of an earlier process may have begun its stream before any server said what it allows.
    if (isFirst) this.#beginStream(connection);
    this.#serve(connection);
  }

  /** The connection does what it is for once the session, if there is one, is attached to it. */
  #serve(connection: Connection): void {
    const welcome = this.#welcome;
    if (this.#isServing || !connection.isWelcomed || welcome === undefined || !this.#keeper.isSettled) return;
    this.#isServing = true;
    this.#connector.serves();
    this.#due.push(() => this.#listener.connected(welcome, connection.address));
  }

  #onLost(failure: ClientFailure, address: Address): void {
    const wasServing = this.#isServing;
    this.#isServing = false;
    this.#movesOn = false;
    this.#keeper.connectionLost();
    this.#exchange.connectionLost();
    this.#due.push(() => this.#listener.disconnected(failure, wasServing, address));
    if (this.#closing !== undefined) this.#finishClosing();
  }

  #onIncoming(connection: Connection, incoming: Incoming): void {
    switch (incoming.name) {
      case 'Failed':
        this.#onFailed(incoming.message, incoming.correlation, connection);
        break;
      case 'Resumed':
        if (!this.#keeper.isResume(incoming.correlation)) break;
        this.#behindSinceMs = undefined;
        this.#onName(incoming.message);
        this.#keeper.resumed();
        this.#settleResume({ state: 'done', value: incoming.message });
        this.#serve(connection);
        break;
      case 'Deliver':
        this.#onDeliver(incoming.message);
        break;
      case 'Live':
        this.stream?.live();
        this.#hasStreamMoved = true;
        break;
      case 'SessionEnded':
        this.#onEndTold(incoming.message);
        break;
      case 'NameChanged':
        this.#onName(incoming.message);
        break;
      case 'MoveOn':
        this.#movesOn = true;
        break;
      case 'Welcome':
      case 'Ping':
      case 'Pong':
      case 'Members':
      case 'Receiving':
        break;
      default:
        this.#onReply(incoming);
    }
  }

  #onName(names: MessageOf<'NameChanged'>): void {
    if (this.#keeper.rename(names.name)) this.#due.push(() => this.#listener.nameChanged(names));
  }

  #onDeliver(delivery: MessageOf<'Deliver'>): void {
    const { stream } = this;
    // What was under way when the session ended is nobody's any more.
    if (stream === undefined) return;
    this.#keeper.observe(delivery.message.time);
    const fault = stream.deliver(delivery);
    if (fault === undefined) this.#hasStreamMoved = true;
    else this.#connector.drop(fault);
  }

  #onEndTold({ code, message }: MessageOf<'SessionEnded'>): void {
    if (this.session !== undefined) {
      this.#exchange.endSession(clientFailure(errorCodeOf(code) ?? 'SESSION_UNKNOWN', message));
    }
  }

  #onReply(reply: Reply): void {
    const fault = this.#exchange.replied(reply);
    if (fault !== undefined) this.#connector.drop(fault);
  }

  #onFailed(message: MessageOf<'Failed'>, correlation: number, connection: Connection): void {
    const failure = failureTold(message);
    if (connection.isOwn(correlation)) this.#onConnectionFailed(failure, connection);
    else if (this.#keeper.isResume(correlation)) this.#onResumeFailed(failure, connection);
    else if (this.stream?.isReceive(correlation) === true) this.#connector.drop(failure);
    else if (!this.#exchange.isWaiting(correlation)) return;
    else if (failure.code === 'NOT_ENOUGH_COPIES') this.#onLackOfCopies(correlation, failure);
    else if (failure.code === 'SEARCH_UNAVAILABLE')
      this.#connector.askElsewhere(failure, (servers) =>
        this.#exchange.leavesToAnother(correlation, connection.address, failure, servers),
      );
    else if (failure.retry === 'elsewhere') this.#connector.drop(failure);
    else this.#exchange.failed(correlation, failure);
  }

  /** Another server may reach more. Once all were tried, this one is stayed with for as long as the request rests. */
  #onLackOfCopies(correlation: number, failure: ClientFailure): void {
    const mayMove = this.#exchange.lacksCopies(correlation, failure);
    this.#tellOfWaitingWrites();
    if (!mayMove || !this.#connector.moveOn(failure)) this.#exchange.failed(correlation, failure);
  }

  #tellOfWaitingWrites(): void {
    const failure = this.#exchange.lackOfCopies;
    if (this.#writesWait === (failure !== undefined)) return;
    this.#writesWait = !this.#writesWait;
    if (failure === undefined) this.#due.push(() => this.#listener.writesGoOn());
    else this.#due.push(() => this.#listener.writesWait(failure));
  }

  /** Where the connection ends for a fault that going elsewhere does not mend, what is on it fails with it. */
  #onConnectionFailed(failure: ClientFailure, connection: Connection): void {
    if (endsSession(failure.code) && this.session !== undefined) this.#exchange.endSession(failure);
    else if (failure.retry === 'never' && connection.isWelcomed) this.#exchange.failInFlight(failure);
    this.#connector.drop(failure);
  }

  #onResumeFailed(failure: ClientFailure, connection: Connection): void {
    const isForgotten = failure.code === 'BEHIND' && this.#isBehindForLong();
    // A server that could not say is no reason to give up the session: another may.
    if (!isForgotten && (failure.retry !== 'never' || failure.code === 'INTERNAL')) {
      this.#connector.drop(failure);
      return;
    }
    this.#exchange.endSession(isForgotten ? sessionForgotten : failure);
    this.#serve(connection);
  }

  /**
   * Servers that know of the session may all be down, and those that are left may never have heard of it. Then a person
   * can still log in anew, and must not be kept from it for as long as the others stay away.
   */
  #isBehindForLong(): boolean {
    const nowMs = this.#world.clock.monotonicMs();
    this.#behindSinceMs ??= nowMs;
    return nowMs - this.#behindSinceMs > limits.clientBehindMs;
  }

  #onSessionEnded(failure: ClientFailure, asked: boolean): void {
    this.#behindSinceMs = undefined;
    if (this.#resumeDone !== undefined) this.#settleResume(failed(failure));
    else if (!asked) this.#due.push(() => this.#listener.sessionEnded(failure));
  }

  #settleResume(result: Result<MessageOf<'Resumed'>>): void {
    const done = this.#resumeDone;
    this.#resumeDone = undefined;
    if (done !== undefined) this.#due.push(() => done(result));
  }

  #sendMark(cursor: ReturnType<Stream['mark']['take']>): void {
    if (cursor !== undefined && this.stream !== undefined) this.#exchange.sendMark(this.stream, cursor);
  }

  #beginStream(connection: Connection): void {
    if (this.#welcome !== undefined) this.stream?.begin(connection, this.#welcome.limits.credit);
  }

  /**
   * Sends what may be sent. Before the first Welcome nobody knows what a server takes. One that is about to stop is sent
   * nothing more, and left when it has answered: what is new goes to the next.
   */
  #flush(): void {
    if (this.#movesOn && this.#exchange.isQuiet) this.#connector.drop(clientFailure('STOPPING'));
    const { connection } = this.#connector;
    if (this.#movesOn) return;
    if (connection !== undefined && this.#welcome !== undefined) {
      this.#exchange.flush(connection, this.#welcome);
    }
  }

  #finishClosing(): void {
    const done = this.#closing?.done;
    this.#closing = { byMs: Infinity, done: undefined };
    this.#connector.stop();
    if (done !== undefined) this.#due.push(done);
  }

  /** Ends an input: sends what may go by now, then calls back. */
  #finish(): void {
    this.#flush();
    this.#tellOfWaitingWrites();
    if (this.#hasStreamMoved) this.#due.push(() => this.#listener.streamMoved());
    this.#hasStreamMoved = false;
    for (let next = this.#due.shift(); next !== undefined; next = this.#due.shift()) next();
  }
}
