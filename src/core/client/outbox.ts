/**
 * Requests from when they are made until they are answered, in order.
 *
 * - Requests are sent in the order in which they were made. When a connection ends, every request on it goes back to its
 *   place, and leaves first on the next one.
 * - A request that the server refused for now rests for a while and is then sent again, a bounded number of times. One
 *   that every server refuses for want of copies rests and is sent again for as long as it takes.
 * - Sends never overtake each other: while one rests, no other is sent; and one that a later Send went past, because
 *   both were under way at once, is not repeated but fails.
 */
import { assert } from '../lib/assert.js';
import { limits } from '../model/limits.js';
import type { Random } from '../ports/random.js';
import { Backoff } from './backoff.js';
import { clientFailure, type ClientFailure } from './failures.js';
import { requestKinds, type Request, type RequestId } from './requests.js';

export interface Entry {
  readonly id: RequestId;
  readonly request: Request;
  /** It was sent on some connection, so that it may have happened. */
  wasSent: boolean;
  /** Nobody waits for it any more. */
  abandoned: boolean;
  /** It is not sent again, whatever comes of it: its session has ended. */
  isLastTry: boolean;
  /** Where servers have said that they cannot do this and another may, as `host:port`, each time that one did. */
  readonly unableAt: string[];
}

interface Rest {
  readonly entry: Entry;
  readonly failure: ClientFailure;
  readonly untilMs: number;
}

/** A request that is not sent again, and why. */
export interface Refused {
  readonly entry: Entry;
  readonly failure: ClientFailure;
}

export class Outbox {
  readonly #random: Random;
  /** In order. */
  #waiting: Entry[] = [];
  readonly #inFlight = new Map<number, Entry>();
  /** In order. */
  #resting: Rest[] = [];
  readonly #backoffs = new Map<Entry, { readonly backoff: Backoff; repeats: number }>();
  /** What was refused for want of copies, and is not answered yet. */
  readonly #lacksCopies = new Map<Entry, ClientFailure>();
  #latestId = 0;
  #latestSendStored = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  get inFlightCount(): number {
    return this.#inFlight.size;
  }

  /** Undefined where too many wait already. */
  add(request: Request): RequestId | undefined {
    if (this.#waiting.length >= limits.clientRequestsQueuedMax) return undefined;
    this.#latestId++;
    this.#waiting.push({
      id: this.#latestId,
      request,
      wasSent: false,
      abandoned: false,
      isLastTry: false,
      unableAt: [],
    });
    return this.#latestId;
  }

  /** Why requests wait for more servers to be reached; undefined where none does. */
  get lackOfCopies(): ClientFailure | undefined {
    for (const failure of this.#lacksCopies.values()) return failure;
    return undefined;
  }

  /** Some of them rest. */
  get restsForCopies(): boolean {
    return this.#resting.some(({ entry }) => this.#lacksCopies.has(entry));
  }

  /** The server refused a request for want of copies. */
  lacksCopies(entry: Entry, failure: ClientFailure): void {
    if (!entry.abandoned) this.#lacksCopies.set(entry, failure);
  }

  /** The request to send next; undefined where none may be sent now. */
  get head(): Entry | undefined {
    const head = this.#waiting[0];
    return head?.request.name === 'Send' && this.#sendRests() ? undefined : head;
  }

  /** The head went out under this correlation id. */
  sent(correlation: number): void {
    const entry = this.takeHead();
    entry.wasSent = true;
    this.#inFlight.set(correlation, entry);
  }

  /** Takes out the head: it is never sent. */
  takeHead(): Entry {
    const head = this.#waiting.shift();
    assert(head !== undefined, 'there is a head to take');
    return head;
  }

  /** The request that was sent under this correlation id and is not answered yet. */
  inFlight(correlation: number): Entry | undefined {
    return this.#inFlight.get(correlation);
  }

  /** The request is not in flight any more. */
  answered(correlation: number): void {
    this.#inFlight.delete(correlation);
  }

  /** The request is done with. */
  finished(entry: Entry, wasStored: boolean): void {
    this.#forget(entry);
    if (wasStored && entry.request.name === 'Send') {
      this.#latestSendStored = Math.max(this.#latestSendStored, entry.id);
    }
  }

  /** The server refused an answered request for now. False where it was repeated often enough. */
  rest(entry: Entry, failure: ClientFailure, nowMs: number): boolean {
    let repeated = this.#backoffs.get(entry);
    if (repeated === undefined) {
      repeated = {
        backoff: new Backoff(this.#random, limits.clientRedialMinMs, limits.clientRedialMaxMs),
        repeats: 0,
      };
      this.#backoffs.set(entry, repeated);
    }
    const isBounded = !this.#lacksCopies.has(entry);
    if (entry.abandoned || entry.isLastTry || (isBounded && repeated.repeats === limits.clientRepeatsMax)) return false;
    if (isBounded) repeated.repeats++;
    this.#resting.push({ entry, failure, untilMs: nowMs + repeated.backoff.nextMs() });
    this.#resting.sort((one, other) => one.entry.id - other.entry.id);
    return true;
  }

  /** Puts back what has rested, and returns what may not be repeated. */
  wake(nowMs: number): Refused[] {
    const sends = this.#resting.filter(isSend);
    const sendsReady = sends.length > 0 && sends[0]!.untilMs <= nowMs && !this.#sendInFlight();
    return this.#putBack((rest) => (isSend(rest) ? sendsReady : rest.untilMs <= nowMs));
  }

  /** When {@link wake} has something to do, if nothing is answered before. */
  get wakeAtMs(): number {
    const sendsHeld = this.#sendInFlight();
    let wakeAtMs = Infinity;
    let sendSeen = false;
    for (const rest of this.#resting) {
      if (isSend(rest) && (sendsHeld || sendSeen)) continue;
      sendSeen ||= isSend(rest);
      wakeAtMs = Math.min(wakeAtMs, rest.untilMs);
    }
    return wakeAtMs;
  }

  /** Everything unanswered waits again, in order; returns what may not be repeated. */
  connectionLost(): Refused[] {
    const unanswered = [...this.#inFlight.values()].filter((entry) => !entry.abandoned);
    this.#inFlight.clear();
    const ended = unanswered.filter(({ isLastTry }) => isLastTry);
    this.#waiting = inOrder([...unanswered.filter(({ isLastTry }) => !isLastTry), ...this.#waiting]);
    return [
      ...ended.map((entry) => ({ entry, failure: clientFailure('NOT_LOGGED_IN') })),
      ...this.#putBack(() => true),
    ];
  }

  /** Nobody waits for it any more: not sent if it was not yet, and not sent again. */
  abandon(id: RequestId): void {
    this.#waiting = this.#waiting.filter((entry) => entry.id !== id);
    this.#resting = this.#resting.filter(({ entry }) => entry.id !== id);
    for (const entry of this.#inFlight.values()) if (entry.id === id) entry.abandoned = true;
    for (const entry of this.#lacksCopies.keys()) if (entry.id === id) this.#lacksCopies.delete(entry);
  }

  /**
   * The session was ended by a request of its own. Takes out what needs it and is not on the connection; what is there may
   * still be answered, and is not sent again.
   */
  sessionEnded(): Entry[] {
    for (const entry of this.#inFlight.values()) entry.isLastTry ||= requestKinds[entry.request.name].needsSession;
    return this.#take((entry) => requestKinds[entry.request.name].needsSession && !entry.isLastTry);
  }

  /** Takes out every request that needs a session. */
  takeOfSession(): Entry[] {
    return this.#take(({ request }) => requestKinds[request.name].needsSession);
  }

  /** Takes out every request that is on the connection. */
  takeInFlight(): Entry[] {
    const inFlight = new Set(this.#inFlight.values());
    return this.#take((entry) => inFlight.has(entry));
  }

  takeAll(): Entry[] {
    return this.#take(() => true);
  }

  #take(isWanted: (entry: Entry) => boolean): Entry[] {
    const taken: Entry[] = [];
    const keep = (entry: Entry) => {
      if (!isWanted(entry)) return true;
      if (!entry.abandoned) taken.push(entry);
      this.#forget(entry);
      return false;
    };
    this.#waiting = this.#waiting.filter(keep);
    this.#resting = this.#resting.filter(({ entry }) => keep(entry));
    for (const [correlation, entry] of this.#inFlight) if (!keep(entry)) this.#inFlight.delete(correlation);
    return inOrder(taken);
  }

  #putBack(isReady: (rest: Rest) => boolean): Refused[] {
    const ready = this.#resting.filter(isReady);
    if (ready.length === 0) return [];
    const overtaken = ready.filter((rest) => isSend(rest) && rest.entry.id < this.#latestSendStored);
    const repeated = ready.filter((rest) => !overtaken.includes(rest)).map(({ entry }) => entry);
    this.#resting = this.#resting.filter((rest) => !ready.includes(rest));
    this.#waiting = inOrder([...repeated, ...this.#waiting]);
    for (const { entry } of overtaken) this.#forget(entry);
    return overtaken;
  }

  #forget(entry: Entry): void {
    this.#backoffs.delete(entry);
    this.#lacksCopies.delete(entry);
  }

  #sendRests(): boolean {
    return this.#resting.some(isSend);
  }

  #sendInFlight(): boolean {
    for (const { request } of this.#inFlight.values()) if (request.name === 'Send') return true;
    return false;
  }
}

function isSend({ entry }: Rest): boolean {
  return entry.request.name === 'Send';
}

function inOrder(entries: Entry[]): Entry[] {
  return entries.sort((one, other) => one.id - other.id);
}
