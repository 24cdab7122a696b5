/**
 * The log: every op that this server holds, in the order in which it got them. It is the truth; all else can be built
 * again from it.
 *
 * Promises and invariants:
 * - Of each origin the log takes records densely and along the chain of their checksums, and its heads name the last.
 * - A position is known when a record is appended, and never changes.
 * - One disk operation is in flight at most. Batches reach the disk in the order of the log, and a segment is durable
 *   as a whole before the next one exists, so only the last segment can end in a write that a crash broke off.
 * - `durable` is told only of what the disk has confirmed. After `failed` nothing is written any more, and the process
 *   must stop: what a failed write left on the disk is found out by the next start.
 */
import { assert } from '../lib/assert.js';
import type { Dot, Origin } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { offsetOf, positionOf, segmentFileName, segmentOf, type Position } from '../model/position.js';
import { RecordCursor, wholeRecordBytes, type LogChunk, type RecordHeader, type RecordRun } from '../model/record.js';
import type { Vector } from '../model/vector.js';
import type { Disk, DiskFailure, WriteResult } from '../ports/disk.js';
import type { Head, Heads } from './heads.js';
import { RecentRecords } from './recent-records.js';
import { recover, type Recovered, type RecoveryReport, type RecoveryRequest, type UnknownVersion } from './recovery.js';
import { encodeSegmentHeader } from './segment.js';
import type { SegmentFacts, SegmentTable } from './segment-table.js';
import { WriteQueue } from './write-queue.js';

export interface LogEvents {
  /**
   * Everything before `end` is durable; `records` more than when this was last told. `Log.durable` has moved on. Until
   * this returns, all of them are among the recent records.
   */
  durable(end: Position, records: number): void;
  /** The log can write no more. The process must stop. */
  failed(failure: DiskFailure): void;
}

export interface LogOptions extends RecoveryRequest {
  readonly events: LogEvents;
  /** A segment grows to at most this; for tests and simulations, which need many. */
  readonly segmentBytes?: number | undefined;
}

export type LogOpening =
  | { readonly state: 'open'; readonly log: Log; readonly report: RecoveryReport }
  | UnknownVersion;

/** The log cannot be opened by this version of the program. The message says what to do. */
export class LogTooNew extends Error {
  override readonly name = 'LogTooNew';
}

export type LogReadResult =
  /** One record at least. The next are at `next`. */
  | { readonly state: 'read'; readonly chunk: LogChunk; readonly next: Position }
  /** What stands at `position` is damaged and is not served. What can be read goes on at `next`. */
  | { readonly state: 'damaged'; readonly position: Position; readonly next: Position }
  | DiskFailure;

const nothing = new Uint8Array(0);

export class Log {
  readonly id: number;
  readonly #disk: Disk;
  readonly #events: LogEvents;
  readonly #segmentBytes: number;
  readonly #heads: Heads;
  readonly #durable: Vector;
  readonly #durableHeads: Heads;
  readonly #table: SegmentTable;
  readonly #holeEndByStart: Map<Position, Position>;
  readonly #recent = new RecentRecords();
  readonly #queue = new WriteQueue();
  #end: Position;
  #durableEnd: Position;
  #waitingBytes = 0;
  #writes = 0;
  /** `waitsForRoom`: the next segment did not fit on the disk, and no record waits behind it. */
  #state: 'idle' | 'writing' | 'waitsForRoom' | 'failed' = 'idle';

  /**
   * Opens the log of a disk, or begins one. Synchronous, for the time before the server serves. Visits what the
   * request asks for before it returns. Throws where the disk fails.
   */
  static open(options: LogOptions): LogOpening {
    const recovered = recover(options);
    if (recovered.state === 'unknownVersion') return recovered;
    return { state: 'open', log: new Log(options, recovered), report: recovered.report };
  }

  private constructor(options: LogOptions, recovered: Recovered) {
    this.id = recovered.logId;
    this.#disk = options.disk;
    this.#events = options.events;
    this.#segmentBytes = options.segmentBytes ?? limits.segmentBytes;
    this.#heads = recovered.heads;
    this.#durable = recovered.heads.vector();
    this.#durableHeads = recovered.heads.clone();
    this.#table = recovered.table;
    this.#holeEndByStart = new Map(recovered.report.holes.map(({ position, bytes }) => [position, position + bytes]));
    if (recovered.sealed || recovered.lastSegment === 0) {
      this.#beginSegment(recovered.lastSegment + 1);
      this.#end = this.#durableEnd = this.#endOfTable();
      // A damaged log says so in a new segment at once, so that no later start believes the older header.
      this.flush();
    } else {
      this.#end = this.#durableEnd = this.#endOfTable();
    }
  }

  /** Where the next record will stand, unless it begins a segment. */
  get end(): Position {
    return this.#end;
  }

  get durableEnd(): Position {
    return this.#durableEnd;
  }

  /** The bytes of the log, those not yet durable included. */
  get bytes(): number {
    return this.#table.bytes;
  }

  /** The bytes appended that are not yet durable. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** The disk is full, and nothing is lost by it so far. */
  get waitsForRoom(): boolean {
    return this.#state === 'waitsForRoom';
  }

  /** There seems to be room on the disk again. */
  tryAgain(): void {
    if (this.#state !== 'waitsForRoom') return;
    this.#state = 'idle';
    this.flush();
  }

  /** Which disk write is in flight, counted from 1; 0 where none is. */
  get writeInFlight(): number {
    return this.#state === 'writing' ? this.#writes : 0;
  }

  /** The last record of the origin in the log, durable or not: what the origin's next record has to continue. */
  head(origin: Origin): Head | undefined {
    return this.#heads.get(origin);
  }

  /** What the log holds, durable or not; a copy. */
  held(): Vector {
    return this.#heads.vector();
  }

  /** What of it is durable. It moves on as the log does; clone what is kept. */
  get durable(): Vector {
    return this.#durable;
  }

  /** The same with the checksums; a copy. */
  durableHeads(): Heads {
    return this.#durableHeads.clone();
  }

  /** The number of the segment that is written to. */
  get lastSegment(): number {
    return this.#table.last.number;
  }

  /** A segment, up to where it is durable; undefined where its file is missing. */
  segment(number: number): SegmentFacts | undefined {
    const segment = this.#table.segment(number);
    if (segment === undefined || number < segmentOf(this.#durableEnd)) return segment;
    return { ...segment, size: offsetOf(this.#durableEnd) };
  }

  /** The file of a segment was made anew, or its header, or it has grown: what its header says now. */
  segmentMended(number: number, first: number, size: number, header: Heads): void {
    this.#table.mend({ number, first, size, held: header.vector(), header });
  }

  /** {@link appendRun} for one record, whose header says what its bytes do. Returns where it stands. */
  append(bytes: Uint8Array, header: RecordHeader): Position {
    assert(header.length === bytes.length, 'the header is that of the record');
    this.appendRun({ bytes, first: header, last: header });
    return this.#end - bytes.length;
  }

  /**
   * Adds records to the batch that leaves with the next write. The bytes are the caller's again afterwards. The first has
   * to continue its origin's chain.
   */
  appendRun(run: RecordRun): void {
    assert(this.#heads.continuedBy(run.first), 'a record appended continues its chain');
    if (this.#table.last.size + run.bytes.length <= this.#segmentBytes) {
      this.#add(run);
      return;
    }
    for (const cursor = new RecordCursor(run.bytes); cursor.next();) {
      const { number, size } = this.#table.last;
      if (size + cursor.length > this.#segmentBytes) this.#beginSegment(number + 1);
      const header = cursor.header();
      this.#add({ bytes: cursor.record(), first: header, last: header });
    }
  }

  /** Adds what the segment has room for. */
  #add(run: RecordRun): void {
    const { bytes, first, last } = run;
    const segment = this.#table.last;
    const position = positionOf(segment.number, segment.size);
    this.#heads.advance(last);
    this.#table.note(first, segment.size);
    segment.size += bytes.length;
    this.#end = position + bytes.length;
    this.#waitingBytes += bytes.length;
    this.#recent.add(bytes, position);
    this.#queue.addRecords(segmentFileName(segment.number), run, position);
  }

  /** The end of a turn: what was appended is written now, or as soon as the write in flight has ended. */
  flush(): void {
    if (this.#state !== 'idle') return;
    const step = this.#queue.takeFirst();
    if (step === undefined) return;
    this.#state = 'writing';
    this.#writes += 1;
    if (step.kind === 'create') {
      this.#disk.create(step.file, step.bytes, (result) => {
        if (result.state === 'full' && this.#waitingBytes === 0) {
          this.#queue.putBack(step);
          this.#state = 'waitsForRoom';
        } else {
          this.#written(result, () => undefined);
        }
      });
      return;
    }
    this.#disk.append(step.file, this.#recent.between(step.start, step.end), (result) =>
      this.#written(result, () => {
        for (const [origin, head] of step.heads.entries()) {
          this.#durable.raise(origin, head.seq);
          this.#durableHeads.set(origin, head);
        }
        this.#durableEnd = step.end;
        this.#waitingBytes -= step.end - step.start;
        this.#events.durable(step.end, step.records);
        this.#recent.trim(step.end);
      }),
    );
  }

  #written(result: WriteResult, succeeded: () => void): void {
    if (result.state !== 'written') {
      this.#state = 'failed';
      this.#events.failed(result);
      return;
    }
    this.#state = 'idle';
    succeeded();
    this.flush();
  }

  /**
   * Records from `from` on, of at most `maxBytes` in all, which is at least the longest record; also such as are not
   * yet durable. Empty at the end of the log. Undefined where `from` is too long ago for memory: then {@link read}.
   */
  readRecent(from: Position, maxBytes: number): { readonly chunk: LogChunk; readonly next: Position } | undefined {
    assert(maxBytes >= limits.recordBytesMax, 'a read has room for the longest record');
    const start = this.#table.normalize(from);
    if (start < (this.#recent.start ?? this.#end)) return undefined;
    const chunk = this.#recent.from(start, maxBytes) ?? { position: this.#end, bytes: nothing };
    return { chunk, next: chunk.position + chunk.bytes.length };
  }

  /**
   * The same from the disk, only for a position that {@link readRecent} does not have. Behind a hole of an origin may
   * stand records that are not held, and after a repair a record may stand twice: one who sends them on passes over
   * each record that does not continue what was sent.
   */
  read(from: Position, maxBytes: number, done: (result: LogReadResult) => void): void {
    assert(maxBytes >= limits.recordBytesMax, 'a read has room for the longest record');
    const start = this.#table.normalize(from);
    assert(start < this.#durableEnd, 'what is read from the disk is durable');
    const number = segmentOf(start);
    const segment = this.#table.segment(number);
    assert(segment !== undefined, 'a position is in a segment of this log');
    const size = number === segmentOf(this.#durableEnd) ? offsetOf(this.#durableEnd) : segment.size;
    const length = Math.min(maxBytes, size - offsetOf(start));
    this.#disk.read(segmentFileName(number), offsetOf(start), length, (result) => {
      done(result.state === 'read' ? this.#parse(result.bytes, start, size) : result);
    });
  }

  #parse(bytes: Uint8Array, start: Position, segmentSize: number): LogReadResult {
    const length = wholeRecordBytes(bytes);
    if (length > 0) {
      const chunk = { position: start, bytes: bytes.subarray(0, length) };
      return { state: 'read', chunk, next: start + length };
    }
    // There was room for any record, so what stands here is none.
    const hole = this.#holeEndByStart.get(start);
    const stated = bytes.length < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    const isPlausible = stated > 0 && offsetOf(start) + stated < segmentSize;
    const next = hole ?? (isPlausible ? start + stated : this.#table.startAfter(segmentOf(start))) ?? this.#end;
    return { state: 'damaged', position: start, next };
  }

  /** The same place, as the start of the next segment where `position` is the end of one that has a next, or beyond it. */
  normalize(position: Position): Position {
    return this.#table.normalize(position);
  }

  /** A position at or before the first of these records that the log holds; its end where it holds none of them. */
  locate(wanted: Iterable<Dot>): Position {
    let earliest = this.#end;
    for (const dot of wanted) {
      if (this.#heads.seq(dot.origin) < dot.seq) continue;
      earliest = Math.min(earliest, this.#table.locate(dot));
    }
    return earliest;
  }

  /** The start of the first segment before which all of these records stand; the end of the log where there is none. */
  startAfterAll(records: readonly Dot[]): Position {
    return this.#table.startAfterAll(records) ?? this.#end;
  }

  #beginSegment(number: number): void {
    const bytes = encodeSegmentHeader(this.id, number, this.#heads);
    const header = this.#heads.clone();
    this.#table.add({ number, first: bytes.length, size: bytes.length, held: header.vector(), header });
    this.#queue.addFile(segmentFileName(number), bytes);
  }

  #endOfTable(): Position {
    const { number, size } = this.#table.last;
    return positionOf(number, size);
  }
}
