/**
 * The path of an op through one server: numbered or accepted, appended to the log, and, once durable, applied.
 *
 * Invariants: an op is applied, seen and acknowledged only after it is durable here; ops of one origin enter the log in
 * the order of their seq and without a gap; what was appended in one turn is one write.
 */
import { assert } from '../lib/assert.js';
import { ByteWriter } from '../lib/byte-writer.js';
import type { WrittenMessage } from '../chat/context.js';
import type { Change, ChatState } from '../chat/state.js';
import { HybridClock, type HybridTime } from '../model/hybrid-time.js';
import type { Dot, Origin } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { offsetOf, segmentFileName, segmentOf, type Position } from '../model/position.js';
import {
  bodyOf,
  RECORD_HEADER_BYTES,
  RecordCursor,
  sealRecord,
  type RecordHeader,
  type RecordRun,
} from '../model/record.js';
import type { Clock } from '../ports/clock.js';
import type { Disk, DiskFailure } from '../ports/disk.js';
import { Log, LogTooNew } from '../store/log.js';
import type { RecoveryReport } from '../store/recovery.js';
import { encodeInto } from '../wire/codec.js';
import { writeMessageSent, type MessageSentInBytes } from '../wire/hot/message-sent.js';
import type { MessageOf, OpName } from '../wire/message-types.js';
import { schema } from '../wire/schema.js';
import type { OwnOrigin } from './own-origin.js';
import type { Reporter } from './reporter.js';
import type { Turn } from './turn.js';

/**
 * What became of a record from a peer. `old`: held already. `full`: there is no room. `gap`: records before it are missing. `fork`: its predecessor
 * is another record than the one held, so two ops stand under one dot.
 */
export type Acceptance = 'taken' | 'old' | 'gap' | 'fork' | 'full';

interface JournalEvents {
  applied(header: RecordHeader, position: Position, change: Change): void;
  /** Everything that became durable together has been applied. */
  settled(): void;
  /** The log can write no more: the process must stop. */
  failed(failure: DiskFailure): void;
}

export interface JournalOptions {
  readonly disk: Disk;
  readonly newLogId: number;
  readonly segmentBytes?: number | undefined;
  readonly from: { readonly logId: number; readonly position: Position } | undefined;
  /** What this server numbered its ops under in its last run, and the time of the last that was saved. */
  readonly own: MessageOf<'SavedSelf'>;
  /** Called before anything is applied. `resumed`: from the position asked for; else everything will be. */
  readonly begin: (start: 'resumed' | 'fromBeginning', logId: number) => void;
  readonly state: ChatState;
  readonly clock: Clock;
  readonly turn: Turn;
  readonly reporter: Reporter;
  readonly events: JournalEvents;
}

const roomForHeader = new Uint8Array(RECORD_HEADER_BYTES);

export class Journal {
  readonly log: Log;
  readonly time = new HybridClock();
  /** The latest time of a message that was appended since the start; 0 before the first. */
  latestMessageTime: HybridTime = 0;
  /** Origins of which the disk has lost ops that it once held. They must not be numbered under again. */
  readonly incomplete: readonly Origin[];
  /** This server's last op of its last run is of a time that its clock is far from having reached. */
  readonly isBehindItself: boolean;
  /** What the start found of the log. */
  readonly report: RecoveryReport;
  readonly #options: JournalOptions;
  readonly #writer = new ByteWriter();
  /** Where the next record to apply stands. */
  #appliedTo: Position;

  /** Opens the log and applies what the state has not seen. @throws LogTooNew, and what the disk throws. */
  constructor(options: JournalOptions) {
    this.#options = options;
    const { own, clock } = options;
    let isBehindItself = !this.time.observe(own.time, clock.wallMs());
    const opening = Log.open({
      disk: options.disk,
      newLogId: options.newLogId,
      segmentBytes: options.segmentBytes,
      from: options.from,
      begin: (start, logId) => options.begin(start.state, logId),
      visit: (bytes, header, position) => {
        const isFollowed = this.time.observe(header.time, clock.wallMs());
        if (header.origin === own.origin && !isFollowed) isBehindItself = true;
        this.#apply(bodyOf(bytes), header, position);
      },
      events: {
        durable: options.turn.event((end) => this.#durableTo(end)),
        failed: options.turn.event((failed) => options.events.failed(failed)),
      },
    });
    if (opening.state !== 'open') {
      throw new LogTooNew(`The log was written by a newer version (format ${opening.version}). Start that version.`);
    }
    this.log = opening.log;
    this.#appliedTo = this.log.durableEnd;
    this.isBehindItself = isBehindItself;
    this.report = opening.report;
    const { cut, holes, incomplete, visited } = opening.report;
    this.incomplete = incomplete.map(({ origin }) => origin);
    if (cut !== undefined) options.reporter.report('info', 'Cut off what a crash left of the last write.', { ...cut });
    for (const { position, bytes } of holes) {
      const place = { file: segmentFileName(segmentOf(position)), offset: offsetOf(position), bytes };
      options.reporter.report('error', 'A part of the log is damaged and is not served.', place);
    }
    options.reporter.report('info', 'Opened the log.', { replayedOps: visited, bytes: this.log.bytes });
    options.turn.atEnd(() => this.log.flush());
  }

  /** Numbers and appends an op of this server; says under which dot and time. */
  write<N extends OpName>(ownOrigin: OwnOrigin, name: N, op: MessageOf<N>): Dot & { readonly time: HybridTime } {
    encodeInto(this.#beginBody(), name, op);
    return this.#writeBody(ownOrigin, schema[name].op);
  }

  /** The same for the op of a message; fills in its dot and time. */
  writeMessage(
    ownOrigin: OwnOrigin,
    op: MessageSentInBytes,
    message: Pick<WrittenMessage, 'origin' | 'seq' | 'time'>,
  ): void {
    writeMessageSent(this.#beginBody(), op);
    const { origin, seq, time } = this.#writeBody(ownOrigin, schema.MessageSentOp.op);
    message.origin = origin;
    message.seq = seq;
    message.time = time;
  }

  /** Where the body of the next record is to be written. */
  #beginBody(): ByteWriter {
    this.#writer.reset();
    this.#writer.bytes(roomForHeader);
    return this.#writer;
  }

  /** Makes a record of the body. */
  #writeBody(ownOrigin: OwnOrigin, kind: number): RecordHeader {
    const origin = ownOrigin.forWriting();
    const head = this.log.head(origin);
    const seq = (head?.seq ?? 0) + 1;
    const time = this.time.read(this.#options.clock.wallMs());
    ownOrigin.wrote(time);
    const bytes = this.#writer.view();
    const header = sealRecord(bytes, { origin, seq, time, previous: head?.checksum ?? 0, kind });
    this.#append(bytes, header);
    return header;
  }

  /** What would become of a record from a peer. */
  acceptanceOf(header: RecordHeader): Acceptance {
    const head = this.log.head(header.origin);
    const heldSeq = head?.seq ?? 0;
    if (header.seq <= heldSeq) return 'old';
    if (header.seq > heldSeq + 1) return 'gap';
    return header.previous === (head?.checksum ?? 0) ? 'taken' : 'fork';
  }

  /** Takes records from a peer, of which the first continues what is held. The bytes are the caller's again afterwards. */
  take(run: RecordRun): void {
    const wallMs = this.#options.clock.wallMs();
    for (const cursor = new RecordCursor(run.bytes); cursor.next();) {
      const { time, kind } = cursor;
      this.time.observe(time, wallMs);
      this.#appending(kind, time);
    }
    this.log.appendRun(run);
  }

  #append(bytes: Uint8Array, header: RecordHeader): void {
    this.log.append(bytes, header);
    this.#appending(header.kind, header.time);
  }

  #appending(kind: number, time: HybridTime): void {
    if (kind === schema.MessageSentOp.op && time > this.latestMessageTime) this.latestMessageTime = time;
  }

  #durableTo(end: Position): void {
    let isAny = false;
    while (this.#appliedTo < end) {
      const recent = this.log.readRecent(this.#appliedTo, limits.batchBytesMax);
      assert(recent !== undefined, 'what has just become durable is in memory');
      const { chunk } = recent;
      const cursor = new RecordCursor(chunk.bytes);
      while (chunk.position + cursor.end < end && cursor.next()) {
        this.#apply(cursor.body(), cursor.header(), chunk.position + cursor.offset);
        isAny = true;
      }
      this.#appliedTo = chunk.position + cursor.end;
    }
    if (isAny) this.#options.events.settled();
  }

  #apply(body: Uint8Array, header: RecordHeader, position: Position): void {
    const { state, reporter, events } = this.#options;
    let change: Change = { kind: 'nothing' };
    try {
      change = state.apply(header, body);
    } catch (error) {
      // One op that cannot be applied must not stop this server, let alone all of them, be it our own mistake.
      const { origin, seq, kind } = header;
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      reporter.report('error', 'An op could not be applied and was set aside.', { origin, seq, kind, reason });
    }
    events.applied(header, position, change);
  }
}
