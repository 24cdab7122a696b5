/**
 * Sends a peer the ops that it wants, in the order of this server's log: from a position in the log onwards, each
 * record that is the next one wanted of its origin. Records go as they stand, unread.
 */
import { assert } from '../lib/assert.js';
import type { Dot, Origin } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { Position } from '../model/position.js';
import { RecordCursor, type LogChunk } from '../model/record.js';
import type { Vector } from '../model/vector.js';
import type { Log, LogReadResult } from '../store/log.js';
import { writeOpsFrame } from '../wire/hot/ops.js';
import type { Connection } from './connection.js';
import type { Turn } from './turn.js';

/** What goes into one frame, and into the network at once. */
const CHUNK_BYTES = limits.peerFrameBytesMax / 2;
const BACKLOG_BYTES_MAX = 4 * limits.peerFrameBytesMax;

export interface LogSenderOptions {
  readonly log: Log;
  readonly turn: Turn;
  readonly connection: Connection;
  /** What the peer has said to hold durably. */
  readonly peerDurable: Vector;
  readonly readFailed: (reason: string) => void;
  /** A damaged place was met. Calls back once it was tried to mend it. */
  readonly damaged: (position: Position, done: (isWhole: boolean) => void) => void;
}

export class LogSender {
  readonly #options: LogSenderOptions;
  /** By origin, the seq to send next. */
  readonly #nextByOrigin = new Map<Origin, number>();
  #position: Position;
  #isReading = false;
  /** Where it was last tried to have a damaged place mended. */
  #triedAt: Position | undefined;
  #hasEnded = false;
  /** Where the first damaged place stands that was passed over. */
  #passedOver: Position | undefined;
  /** Origins of which the peer was told that it has to get them elsewhere. */
  #unreadable: readonly Origin[] = [];
  /** Origins of which something was sent that the peer has not confirmed. */
  readonly #unconfirmed = new Set<Origin>();

  constructor(options: LogSenderOptions) {
    this.#options = options;
    this.#position = options.log.end;
  }

  /** Everything in the log has been looked at. */
  get isAtEnd(): boolean {
    return !this.#isReading && this.#position >= this.#options.log.end;
  }

  /** Ops sent that the peer has not confirmed to be durable. */
  get unconfirmedOps(): number {
    let ops = 0;
    for (const origin of this.#unconfirmed) {
      const sent = (this.#nextByOrigin.get(origin) ?? 1) - 1;
      const confirmed = this.#options.peerDurable.get(origin);
      if (confirmed >= sent) this.#unconfirmed.delete(origin);
      else ops += sent - confirmed;
    }
    return ops;
  }

  /** Each dot names an origin and what the peer holds of it. */
  want(wants: readonly Dot[]): void {
    for (const { origin, seq } of wants) this.#nextByOrigin.set(origin, seq + 1);
    const firsts = wants.map(({ origin, seq }) => ({ origin, seq: seq + 1 }));
    this.#position = Math.min(this.#position, this.#options.log.locate(firsts));
  }

  dontWant(origins: readonly Origin[]): void {
    for (const origin of origins) this.#nextByOrigin.delete(origin);
  }

  end(): void {
    this.#hasEnded = true;
  }

  /**
   * Something of the log was mended: what is still to be sent may be there now. It may stand where no damage was met, since a
   * segment that is gone is no place to be read.
   */
  mended(): void {
    this.#position = Math.min(this.#position, this.#options.log.locate(this.#unsent()));
    this.#passedOver = undefined;
  }

  /** Sends what there is, as far as the peer keeps up. To be called when anything of that has changed. */
  pump(): void {
    const { log, connection } = this.#options;
    while (!this.#hasEnded && !this.#isReading && this.#position < log.end) {
      if (connection.backlogBytes > BACKLOG_BYTES_MAX || this.unconfirmedOps > limits.peerWindowOps) return;
      const recent = log.readRecent(this.#position, CHUNK_BYTES);
      if (recent === undefined) {
        this.#readFromDisk();
        return;
      }
      this.#send(recent.chunk);
      this.#position = recent.next;
    }
    if (this.isAtEnd) this.#tellUnreadable();
  }

  /** At the end of the log, what is still to be sent stands in places that were passed over. */
  #tellUnreadable(): void {
    if (this.#passedOver === undefined && this.#unreadable.length === 0) return;
    const origins = this.#unsent().map(({ origin }) => origin);
    if (origins.join() === this.#unreadable.join()) return;
    this.#unreadable = origins;
    this.#options.connection.send('Unreadable', { origins });
  }

  /** Of each origin that is wanted, the next op to send, where the log holds it. */
  #unsent(): Dot[] {
    const { log } = this.#options;
    return [...this.#nextByOrigin]
      .filter(([origin, next]) => next <= (log.head(origin)?.seq ?? 0))
      .map(([origin, seq]) => ({ origin, seq }));
  }

  #readFromDisk(): void {
    const { log, turn } = this.#options;
    const from = this.#position;
    this.#isReading = true;
    log.read(
      from,
      CHUNK_BYTES,
      turn.event((result) => {
        this.#isReading = false;
        // A want may have moved the position back meanwhile.
        if (this.#hasEnded || this.#position !== from) return;
        this.#takeRead(result);
      }),
    );
  }

  #takeRead(result: LogReadResult): void {
    switch (result.state) {
      case 'read':
        this.#send(result.chunk);
        this.#position = result.next;
        return;
      case 'damaged':
        this.#mend(() => {
          this.#passedOver = Math.min(this.#passedOver ?? Infinity, this.#position);
          this.#position = result.next;
        });
        return;
      case 'full':
      case 'failed':
        this.#mend(() => this.#options.readFailed(result.state === 'failed' ? result.reason : 'the disk is full'));
        return;
    }
  }

  /** Goes on where it is once that is whole. */
  #mend(inVain: () => void): void {
    const { damaged, turn } = this.#options;
    const from = this.#position;
    // A segment can be whole and have a place that holds nothing, such as what a crash left of a write.
    if (this.#triedAt === from) {
      this.#triedAt = undefined;
      inVain();
      return;
    }
    this.#triedAt = from;
    this.#isReading = true;
    damaged(
      from,
      turn.event((isWhole) => {
        this.#isReading = false;
        if (!this.#hasEnded && !isWhole && this.#position === from) inVain();
      }),
    );
  }

  #send({ bytes }: LogChunk): void {
    assert(bytes.length <= CHUNK_BYTES, 'a read is no longer than was asked');
    const wanted = this.#wantedOf(bytes);
    if (wanted.length === 0) return;
    // Asked for only now: a connection that has a writer is written to at the end of the turn.
    const { writer } = this.#options.connection;
    if (writer !== undefined) writeOpsFrame(writer, wanted);
  }

  /** The records that are the next ones wanted of their origins, those that stand together as one piece. */
  #wantedOf(bytes: Uint8Array): Uint8Array[] {
    const wanted: Uint8Array[] = [];
    let start = 0;
    let end = 0;
    let origin: Origin = 0;
    let next: number | undefined;
    for (const cursor = new RecordCursor(bytes); cursor.next();) {
      if (cursor.origin !== origin) {
        this.#sentUpTo(origin, next);
        ({ origin } = cursor);
        next = this.#nextByOrigin.get(origin);
      }
      if (cursor.seq !== next) continue;
      next += 1;
      if (cursor.offset !== end) {
        if (end > start) wanted.push(bytes.subarray(start, end));
        start = cursor.offset;
      }
      ({ end } = cursor);
    }
    this.#sentUpTo(origin, next);
    if (end > start) wanted.push(bytes.subarray(start, end));
    return wanted;
  }

  #sentUpTo(origin: Origin, next: number | undefined): void {
    if (next === undefined || next === this.#nextByOrigin.get(origin)) return;
    this.#nextByOrigin.set(origin, next);
    this.#unconfirmed.add(origin);
  }
}
