/**
 * Requests and their answers, and what these mean for the session.
 *
 * - The end of the session ends every request that needs it; one that was to bring that end about has succeeded.
 * - A failure that another server may not have (`elsewhere`) answers nothing: the caller goes there, and the request
 *   with it. One that passes (`later`) is waited out here, within bounds. Want of copies is both: the caller goes through
 *   all servers, and then the request is waited out here, for as long as it takes.
 */
import { assert } from '../lib/assert.js';
import type { Dot } from '../model/ids.js';
import type { Clock } from '../ports/clock.js';
import type { Address } from '../ports/network.js';
import type { Random } from '../ports/random.js';
import type { MessageOf } from '../wire/message-types.js';
import type { Connection, Incoming } from './connection.js';
import { certain, clientFailure, endsSession, uncertain, type ClientFailure } from './failures.js';
import { Outbox, type Entry, type Refused } from './outbox.js';
import {
  failed,
  makeRequest,
  requestKinds,
  type ReplyName,
  type ReplyTo,
  type RequestId,
  type RequestName,
  type Result,
} from './requests.js';
import { sendWaiting } from './sending.js';
import type { Counters, SessionKeeper } from './session.js';
import type { Stream } from './stream.js';

const whoKnows = 'Who runs them can see why with "holdfast status".';
const noneCanSearch = `No server can search now. ${whoKnows}`;
const noneReachedCanSearch = `No server that can be reached can search now. ${whoKnows}`;

export type Reply = Extract<Incoming, { readonly name: ReplyName }>;

export interface ExchangeListener {
  /** Calls back as soon as that is allowed. */
  soon(callback: () => void): void;
  /** The session is over; `asked`: the client wanted that. */
  sessionEnded(failure: ClientFailure, asked: boolean): void;
}

export class Exchange {
  readonly #clock: Clock;
  readonly #keeper: SessionKeeper;
  readonly #counters: Counters;
  readonly #listener: ExchangeListener;
  readonly #outbox: Outbox;

  constructor(
    world: { readonly clock: Clock; readonly random: Random },
    keeper: SessionKeeper,
    counters: Counters,
    listener: ExchangeListener,
  ) {
    this.#clock = world.clock;
    this.#keeper = keeper;
    this.#counters = counters;
    this.#listener = listener;
    this.#outbox = new Outbox(world.random);
  }

  /** `done` is called once, or never if the request is abandoned; one that fails at once has no id. */
  request<Name extends RequestName>(
    name: Name,
    message: MessageOf<Name>,
    done: (result: Result<ReplyTo<Name>>) => void,
  ): RequestId | undefined {
    const refusal = this.#keeper.refusalOf(name);
    const request = makeRequest(name, message, done);
    const id = refusal === undefined ? this.#outbox.add(request) : undefined;
    if (id !== undefined) {
      this.#keeper.requested(name);
      return id;
    }
    const failure =
      refusal === undefined
        ? clientFailure('BUSY', 'Too many requests wait for a server.')
        : certain(clientFailure(refusal));
    this.#listener.soon(() => request.settle(failed(failure)));
    return undefined;
  }

  abandon(id: RequestId): void {
    this.#outbox.abandon(id);
  }

  /** Tells the server what the consumer of the stream is done with. */
  sendMark(stream: Stream, cursor: readonly Dot[]): void {
    this.request('MarkDelivered', { cursor }, (result) => {
      if (result.state === 'done') stream.mark.arrived();
      else stream.mark.failed();
    });
  }

  /** Sends what may be sent on the connection. */
  flush(connection: Connection, welcome: MessageOf<'Welcome'>): void {
    for (const refused of sendWaiting(this.#outbox, this.#keeper, connection, welcome)) this.#refuse(refused);
    connection.waits(this.#outbox.inFlightCount > 0 || !this.#keeper.isSettled);
  }

  /** Lets go on what has rested after it was refused for now. */
  tick(): void {
    for (const refused of this.#outbox.wake(this.#clock.monotonicMs())) this.#refuse(refused);
  }

  get wakeAtMs(): number {
    return this.#outbox.wakeAtMs;
  }

  connectionLost(): void {
    for (const refused of this.#outbox.connectionLost()) this.#refuse(refused);
  }

  /** Nothing that was sent waits for its answer. */
  get isQuiet(): boolean {
    return this.#outbox.inFlightCount === 0;
  }

  /** Whether a request waits for an answer under this correlation id. */
  isWaiting(correlation: number): boolean {
    return this.#outbox.inFlight(correlation) !== undefined;
  }

  /** Returns why the connection cannot go on where the server gave an answer of the wrong kind. */
  replied(reply: Reply): ClientFailure | undefined {
    const entry = this.#outbox.inFlight(reply.correlation);
    if (entry === undefined) return undefined;
    const { name } = entry.request;
    if (requestKinds[name].reply !== reply.name) {
      return clientFailure('OUT_OF_ORDER', `The server answered ${name} with ${reply.name}.`);
    }
    this.#outbox.answered(reply.correlation);
    this.#outbox.finished(entry, true);
    if (reply.name === 'LoggedIn') this.#keeper.loggedIn(reply.message, this.#counters);
    if (reply.name === 'LoggedOff' || reply.name === 'AccountDeleted') this.#leaveSession();
    if (reply.name === 'Sent') this.#keeper.observe(reply.message.time);
    this.#settle(entry, { state: 'done', value: reply.message });
    return undefined;
  }

  /** Why requests wait for more servers to be reached; undefined where none does. */
  get lackOfCopies(): ClientFailure | undefined {
    return this.#outbox.lackOfCopies;
  }

  /**
   * The server refused the request under this correlation id for want of copies. Returns whether another server may be
   * tried: where others rest for that reason, all were.
   */
  lacksCopies(correlation: number, failure: ClientFailure): boolean {
    const entry = this.#outbox.inFlight(correlation);
    assert(entry !== undefined, 'what was refused was waiting');
    this.#outbox.lacksCopies(entry, failure);
    return !this.#outbox.restsForCopies;
  }

  /**
   * The server at this address cannot do what is asked under this correlation id. Returns whether that is left to another of
   * so many; once all of them have said the same, the request fails. While some cannot be reached, a server may be asked
   * twice, since rounds begin anywhere, and then it fails as well: those that can be reached have all said it by then.
   */
  leavesToAnother(correlation: number, { host, port }: Address, failure: ClientFailure, servers: number): boolean {
    const entry = this.#outbox.inFlight(correlation);
    assert(entry !== undefined, 'what was refused was waiting');
    entry.unableAt.push(`${host}:${port}`);
    const haveAll = new Set(entry.unableAt).size >= servers;
    const isLast = haveAll || entry.unableAt.length === servers * 2 || entry.abandoned || entry.isLastTry;
    if (!isLast) return true;
    this.#outbox.answered(correlation);
    // Of one server alone, what it says of itself is all there is to say.
    const message = servers === 1 ? failure.message : haveAll ? noneCanSearch : noneReachedCanSearch;
    this.#refuse({ entry, failure: { ...failure, message } });
    return false;
  }

  /** The request under this correlation id failed, perhaps only for now. */
  failed(correlation: number, failure: ClientFailure): void {
    const entry = this.#outbox.inFlight(correlation);
    assert(entry !== undefined, 'what failed was waiting');
    this.#outbox.answered(correlation);
    const rests = failure.retry !== 'never' && this.#outbox.rest(entry, failure, this.#clock.monotonicMs());
    if (!rests) this.#refuse({ entry, failure });
  }

  /** Everything on the connection failed, and how far it had got is not known. */
  failInFlight(failure: ClientFailure): void {
    for (const entry of this.#outbox.takeInFlight()) this.#refuse({ entry, failure: uncertain(failure) });
  }

  /** The session is over, though nobody here asked for it just now. */
  endSession(failure: ClientFailure): void {
    this.#endSession(failure, this.#outbox.takeOfSession());
  }

  /** Everything fails. Where the stream's mark may not have arrived, it is sent, and `marked` called once it has. */
  close(failure: ClientFailure, marked: () => void): void {
    const unanswered = this.#outbox.takeAll();
    for (const entry of unanswered) this.#settle(entry, failed(entry.wasSent ? failure : certain(failure)));
    const { isAttached, stream } = this.#keeper;
    const cursor = isAttached ? stream?.mark.takeUnconfirmed() : undefined;
    if (cursor === undefined) marked();
    else this.#outbox.add(makeRequest('MarkDelivered', { cursor }, marked));
  }

  /** What was asked for in the session and has rested, or waits, was overtaken by its end. It is not for another session. */
  #leaveSession(): void {
    this.#keeper.end();
    for (const entry of this.#outbox.sessionEnded()) this.#refuse({ entry, failure: clientFailure('NOT_LOGGED_IN') });
  }

  #refuse({ entry, failure: told }: Refused): void {
    const { name } = entry.request;
    // It may have been carried out though nobody heard of that, whatever it is not sent again for.
    const failure = told.code === 'NOT_LOGGED_IN' && entry.wasSent ? uncertain(told) : told;
    this.#outbox.finished(entry, false);
    if (requestKinds[name].needsSession && endsSession(failure.code) && this.#keeper.session !== undefined) {
      this.#endSession(failure, [entry, ...this.#outbox.takeOfSession()]);
      return;
    }
    this.#keeper.failed(name);
    this.#settle(entry, failed(failure));
    if (name !== 'Login') return;
    for (const waiting of this.#outbox.takeOfSession()) this.#settle(waiting, failed(clientFailure('NOT_LOGGED_IN')));
  }

  #endSession(failure: ClientFailure, ended: readonly Entry[]): void {
    const wanted = ended.filter(
      ({ request, wasSent }) =>
        request.name === 'LogOff' ||
        (request.name === 'DeleteAccount' && wasSent && failure.code === 'ACCOUNT_DELETED'),
    );
    this.#keeper.end();
    for (const entry of ended) {
      if (wanted.includes(entry)) this.#settle(entry, { state: 'done', value: {} });
      else this.#settle(entry, failed(entry.wasSent ? uncertain(failure) : failure));
    }
    this.#listener.sessionEnded(failure, wanted.length > 0);
  }

  #settle(entry: Entry, result: Result<object>): void {
    if (!entry.abandoned) this.#listener.soon(() => entry.request.settle(result));
  }
}
