/**
 * The link to one other server, from the moment that it is proved until it breaks: what the other holds, what each wants
 * of the other, who waits for whom, and the reservations asked over it.
 */
import type { ReserveOptions } from '../chat/context.js';
import type { HybridTime } from '../model/hybrid-time.js';
import type { Dot, Origin, ServerId } from '../model/ids.js';
import { errorCodeOf, failure, type ErrorCode, type Failure } from '../model/errors.js';
import { limits } from '../model/limits.js';
import type { Position } from '../model/position.js';
import {
  readRecord,
  RecordCursor,
  restOf,
  wholeRecordBytes,
  type RecordHeader,
  type RecordRun,
} from '../model/record.js';
import { Vector } from '../model/vector.js';
import type { PeerView } from '../replication/subscriptions.js';
import type { FoundRecord } from '../store/hole-filling.js';
import type { Log } from '../store/log.js';
import { decode } from '../wire/codec.js';
import { FLAG_IGNORABLE, messageNameOfType, PUSH, type Frame } from '../wire/frame.js';
import type { MessageOf } from '../wire/message-types.js';
import { WireFault } from '../wire/wire-fault.js';
import { ClockComparison } from './clock-comparison.js';
import type { Connection } from './connection.js';
import type { Acceptance } from './journal.js';
import { LogSender } from './log-sender.js';
import { searchRecords } from './record-search.js';
import type { Turn } from './turn.js';

export interface PeerLinkEvents {
  /** What this server requires. */
  readonly minCopies: number;
  /** The other ends the link. The code is undefined where it is of a later version. */
  refused(link: PeerLink, code: ErrorCode | undefined, message: string): void;
  /** The other described itself anew: its origin, what it holds, its links, and its hybrid clock. */
  described(link: PeerLink, time: HybridTime, isFirst: boolean): void;
  /** The other requires another number of copies than this server. Told once on a link. */
  minCopiesDiffer(link: PeerLink, theirs: number): void;
  /** More of what the other holds became durable there, or it began or ceased to wait for this server. */
  confirmed(link: PeerLink): void;
  /** What would become of a record of the other's. */
  acceptanceOf(header: RecordHeader): Acceptance;
  /** Takes records, of which the first was found acceptable. */
  take(link: PeerLink, records: RecordRun): void;
  reserve(link: PeerLink, request: MessageOf<'Reserve'>, answer: (reserved: MessageOf<'Reserved'>) => void): void;
  release(link: PeerLink, released: MessageOf<'Release'>): void;
  /** The other holds another op under a dot that is held here, or under the one before this. */
  forked(link: PeerLink, header: RecordHeader): void;
  readFailed(link: PeerLink, reason: string): void;
  /** What the other cannot read of its log has changed. */
  unreadableTold(): void;
  /** Sending has met a damaged place. Calls back once it was tried to mend it. */
  damaged(position: Position, done: (isWhole: boolean) => void): void;
}

export type ReserveAnswer = MessageOf<'Reserved'> | 'unreachable';

export class PeerLink {
  /** What the other numbers its ops under; 0 while it has nothing. */
  origin: Origin = 0;
  /** What the other holds, durable or not. */
  readonly held = new Vector();
  /** What of it is durable. */
  readonly durable = new Vector();
  /** Whom the other is linked to. */
  links: readonly ServerId[] = [];
  isOpen = false;
  /** The other's disk is full: it takes no ops. */
  isFull = false;
  hasDescribedItself = false;
  readonly clocks = new ClockComparison();
  /** Since when the link lasts only for the other to leave, on the monotonic clock: it is not a member any more. */
  leavesSinceMs: number | undefined;
  /** Origins of which the other holds ops that it cannot read. */
  unreadable: ReadonlySet<Origin> = new Set();
  /** The other's writes wait for this server. */
  waitsForUs = false;
  readonly sender: LogSender;
  /** What the other held when its writes began to wait for this server; undefined before. */
  #heldAtSync: Vector | undefined;
  /** The other was asked for what is lacking here, and has asked. */
  #wasAsked = false;
  #hasAsked = false;
  /** This server's writes wait for the other. */
  #inSync = false;
  /** The other took too long to confirm. Before it is waited for again it has to confirm, in time, what there was then. */
  #trial: { readonly sinceMs: number; readonly held: Vector } | undefined;
  #nextCorrelation = 1;
  readonly #reserving = new Map<number, (answer: ReserveAnswer) => void>();
  readonly #fetching = new Map<number, (records: readonly FoundRecord[]) => void>();
  /** Origins of which the other has another history than the one held here. Nothing more of them is taken from it. */
  readonly #forked = new Set<Origin>();
  /** Origins of which something was not taken while there was no room. What is on its way comes with a gap. */
  readonly #leftOut = new Set<Origin>();
  readonly #log: Log;
  readonly #turn: Turn;
  readonly #events: PeerLinkEvents;

  constructor(
    readonly server: ServerId,
    readonly connection: Connection,
    /** The version of the protocol that both sides speak. */
    readonly version: number,
    options: { readonly log: Log; readonly turn: Turn; readonly events: PeerLinkEvents },
  ) {
    this.#log = options.log;
    this.#turn = options.turn;
    this.#events = options.events;
    connection.decoder.bodyBytesMax = limits.peerFrameBytesMax;
    this.sender = new LogSender({
      log: options.log,
      turn: options.turn,
      connection,
      peerDurable: this.durable,
      readFailed: (reason) => this.#events.readFailed(this, reason),
      damaged: (position, done) => this.#events.damaged(position, done),
    });
  }

  get inSync(): boolean {
    return this.#inSync;
  }

  /** For the choice of whom to follow. What the other holds and cannot read is as good as not held. */
  get view(): PeerView {
    const { server, origin, held, unreadable } = this;
    if (unreadable.size === 0) return { server, origin, vector: held };
    const vector = new Vector(held.entries().filter((entry) => !unreadable.has(entry.origin)));
    return { server, origin: unreadable.has(origin) ? 0 : origin, vector };
  }

  /** Whether what is durable here covers everything that the other held when its writes began to wait for this server. */
  hasCaughtUp(durable: Vector): boolean {
    if (this.#heldAtSync === undefined) return false;
    return this.#heldAtSync.entries().every((entry) => durable.covers(entry) || this.#forked.has(entry.origin));
  }

  /** Handles one frame. Returns what was wrong with it. @throws WireFault where a body cannot be read. */
  received(frame: Frame): Failure | undefined {
    const name = messageNameOfType(frame.type);
    switch (name) {
      case 'PeerState':
        this.#describe(decode(name, frame.body));
        return undefined;
      case 'Want':
        this.#hasAsked = true;
        this.sender.want(decode(name, frame.body).wants);
        return undefined;
      case 'DontWant':
        this.sender.dontWant(decode(name, frame.body).origins);
        return undefined;
      case 'Ops':
        return this.#takeOps(decode(name, frame.body).records);
      case 'Durable':
        for (const { origin, seq } of decode(name, frame.body).vector) {
          this.durable.raise(origin, seq);
          this.held.raise(origin, seq);
        }
        this.#events.confirmed(this);
        return undefined;
      case 'InSync':
        this.waitsForUs = decode(name, frame.body).inSync;
        if (this.waitsForUs) this.#heldAtSync ??= this.held.clone();
        this.#events.confirmed(this);
        return undefined;
      case 'Reserve': {
        const answer = (reserved: MessageOf<'Reserved'>): void =>
          this.connection.send('Reserved', reserved, frame.correlation);
        this.#events.reserve(this, decode(name, frame.body.slice()), answer);
        return undefined;
      }
      case 'Reserved':
        this.#reserving.get(frame.correlation)?.(decode(name, frame.body));
        this.#reserving.delete(frame.correlation);
        return undefined;
      case 'Failed': {
        const { code, message } = decode(name, frame.body);
        this.#events.refused(this, errorCodeOf(code), message);
        return undefined;
      }
      case 'Unreadable':
        this.unreadable = new Set(decode(name, frame.body).origins);
        this.#events.unreadableTold();
        return undefined;
      case 'Fetch':
        this.#search(decode(name, frame.body).ranges, frame.correlation);
        return undefined;
      case 'Fetched':
        this.#fetching.get(frame.correlation)?.(wholeRecords(decode(name, frame.body.slice()).records));
        this.#fetching.delete(frame.correlation);
        return undefined;
      case 'Release':
        this.#events.release(this, decode(name, frame.body));
        return undefined;
      default:
        if (name === undefined && (frame.flags & FLAG_IGNORABLE) !== 0) return undefined;
        return failure(name === undefined ? 'UNKNOWN_TYPE' : 'OUT_OF_ORDER');
    }
  }

  sendState(state: MessageOf<'PeerState'>): void {
    this.connection.send('PeerState', state);
  }

  confirm(durable: readonly Dot[]): void {
    this.connection.send('Durable', { vector: durable });
  }

  /** Asks for what is lacking here of the origins. Asked for nothing, the other learns that it need send nothing. */
  want(origins: readonly Origin[]): void {
    if (origins.length === 0 && this.#wasAsked) return;
    this.#wasAsked = true;
    const wants = origins.map((origin) => ({ origin, seq: this.#log.head(origin)?.seq ?? 0 }));
    this.connection.send('Want', { wants });
  }

  dontWant(origins: readonly Origin[]): void {
    this.connection.send('DontWant', { origins });
  }

  /** Sends what there is to send, and takes a member into the in-sync set when it has everything or nearly so. */
  pump(nowMs: number, isMember: boolean): void {
    this.sender.pump();
    if (!isMember || this.#inSync || this.isFull || !this.#hasAsked || !this.sender.isAtEnd) return;
    if (this.sender.unconfirmedOps > limits.inSyncLagOpsMax || !this.#passesTrial(nowMs)) return;
    this.#trial = undefined;
    this.#inSync = true;
    this.connection.send('InSync', { inSync: true });
  }

  /** Writes no longer wait for the other. */
  leaveSync(nowMs: number): void {
    this.#inSync = false;
    this.#trial = { sinceMs: nowMs, held: this.#log.held() };
    this.connection.send('InSync', { inSync: false });
  }

  /** Under a steady load there is always something unconfirmed, so what counts is how long confirming takes. */
  #passesTrial(nowMs: number): boolean {
    if (this.#trial === undefined) return true;
    const { sinceMs, held } = this.#trial;
    if (!this.durable.coversAll(held)) return false;
    if (nowMs - sinceMs <= limits.suspectAfterMs / 2) return true;
    this.#trial = { sinceMs: nowMs, held: this.#log.held() };
    return this.durable.coversAll(this.#trial.held);
  }

  /** Asks the other for a reservation, or, with `at`, has it ask a third server. */
  reserve(key: string, options: ReserveOptions, at: ServerId, done: (answer: ReserveAnswer) => void): void {
    const correlation = this.#correlate();
    this.#reserving.set(correlation, done);
    this.connection.send('Reserve', { key, ...options, at }, correlation);
  }

  /** The other can be asked for records that this server has lost. */
  get canFetch(): boolean {
    return this.version >= 2;
  }

  /** Asks for records. Calls back with those that the other can read, and with none where the link breaks. */
  fetch(ranges: readonly MessageOf<'SeqRange'>[], done: (records: readonly FoundRecord[]) => void): void {
    const correlation = this.#correlate();
    this.#fetching.set(correlation, done);
    this.connection.send('Fetch', { ranges: [...ranges] }, correlation);
  }

  #correlate(): number {
    const correlation = this.#nextCorrelation;
    this.#nextCorrelation = correlation === 0xffff_ffff ? PUSH + 1 : correlation + 1;
    return correlation;
  }

  #search(ranges: readonly MessageOf<'SeqRange'>[], correlation: number): void {
    if (ranges.length > limits.fetchRangesMax) throw new WireFault('MALFORMED', 'Fetch has too many ranges.');
    searchRecords(this.#log, this.#turn, ranges, (records) =>
      this.connection.send('Fetched', { records: joinRecords(records) }, correlation),
    );
  }

  release(key: string, at: ServerId): void {
    this.connection.send('Release', { key, at });
  }

  closed(): void {
    this.#inSync = false;
    this.sender.end();
    const reserving = [...this.#reserving.values()];
    this.#reserving.clear();
    for (const done of reserving) done('unreachable');
    const fetching = [...this.#fetching.values()];
    this.#fetching.clear();
    for (const done of fetching) done([]);
  }

  #describe(state: MessageOf<'PeerState'>): void {
    this.origin = state.origin;
    this.held.join(new Vector(state.vector));
    this.links = state.links;
    this.isOpen = state.open;
    this.isFull = state.full;
    const isFirst = !this.hasDescribedItself;
    const differs = state.minCopies !== 0 && state.minCopies !== this.#events.minCopies;
    if (differs && isFirst) this.#events.minCopiesDiffer(this, state.minCopies);
    this.hasDescribedItself = true;
    this.#events.described(this, state.time, isFirst);
  }

  #setForkAside(header: RecordHeader): void {
    this.#forked.add(header.origin);
    this.dontWant([header.origin]);
    this.#events.forked(this, header);
  }

  #takeOps(records: Uint8Array): Failure | undefined {
    if (wholeRecordBytes(records) !== records.length) {
      throw new WireFault('MALFORMED', 'Ops holds something that is no record.');
    }
    const runs: RecordRun[] = [];
    for (const cursor = new RecordCursor(records); cursor.next();) runs.push(cursor.run());
    // Who looks at one record is to know of those that come with it.
    for (const { last } of runs) this.held.raise(last.origin, last.seq);
    for (const run of runs) {
      const failed = this.#takeRun(run);
      if (failed !== undefined) return failed;
    }
    return undefined;
  }

  #takeRun(run: RecordRun): Failure | undefined {
    const { origin } = run.first;
    if (this.#forked.has(origin)) return undefined;
    let lacked: RecordRun | undefined = run;
    let acceptance: Acceptance = 'old';
    while (lacked !== undefined && acceptance === 'old') {
      acceptance = this.#events.acceptanceOf(lacked.first);
      if (acceptance === 'old') lacked = restOf(lacked);
    }
    if (lacked === undefined) return undefined;
    // The rest of a run shares the fate of its first record.
    if (acceptance === 'gap' && !this.#leftOut.has(origin)) {
      return failure('OUT_OF_ORDER', 'Ops of an origin came with a gap between them.');
    }
    if (acceptance === 'taken') {
      this.#leftOut.delete(origin);
      this.#events.take(this, lacked);
    }
    if (acceptance === 'full') this.#leftOut.add(origin);
    if (acceptance === 'fork') this.#setForkAside(lacked.first);
    return undefined;
  }
}

/** @throws WireFault where something else than records is among them. */
function wholeRecords(bytes: Uint8Array): FoundRecord[] {
  const records: FoundRecord[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const reading = readRecord(bytes, offset);
    if (reading.state !== 'whole') throw new WireFault('MALFORMED', 'Fetched holds something that is no record.');
    const { header } = reading;
    records.push({ bytes: bytes.subarray(offset, offset + header.length), header });
    offset += header.length;
  }
  return records;
}

function joinRecords(records: readonly FoundRecord[]): Uint8Array {
  const joined = new Uint8Array(records.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of records) {
    joined.set(bytes, at);
    at += bytes.length;
  }
  return joined;
}
