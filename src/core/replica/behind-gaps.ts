/**
 * Records that a start found behind a gap of their origin, or that stand in a place where it could not tell what is a
 * record. They are on this disk and do not count, and it may be the only one that has them: so once the gap is closed,
 * by other servers, they are taken up again, as if a peer had sent them, and spread like any other.
 */
import { run, wait, type Steps } from '../chat/steps.js';
import type { Origin } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { offsetOf, positionOf, segmentFileName, segmentOf } from '../model/position.js';
import { RecordCursor, type LogChunk, type RecordHeader } from '../model/record.js';
import type { Disk, ReadResult } from '../ports/disk.js';
import type { Log, LogReadResult } from '../store/log.js';
import type { Hole, RecordBehindGap, RecoveryReport } from '../store/recovery.js';
import { SegmentScan } from '../store/segment-scan.js';
import type { Journal } from './journal.js';
import type { Turn } from './turn.js';

export class BehindGaps {
  readonly #disk: Disk;
  readonly #journal: Journal;
  readonly #log: Log;
  readonly #turn: Turn;
  readonly #recordsByOrigin = new Map<Origin, Map<number, RecordBehindGap>>();
  readonly #report: RecoveryReport;
  #isReading = false;
  #isSearching = false;
  /** Whom this server had caught up with when the holes were last searched. */
  #searchedWith = '';

  constructor(disk: Disk, journal: Journal, turn: Turn) {
    this.#disk = disk;
    this.#journal = journal;
    this.#log = journal.log;
    this.#turn = turn;
    this.#report = journal.report;
    for (const record of journal.report.behindGaps) this.#add(record);
  }

  /** Ops that the log is known to have held once, and does not now. */
  get lackedOps(): number {
    const { durable } = this.#log;
    return this.#report.incomplete.reduce(
      (sum, { origin, known }) => sum + Math.max(0, known - durable.get(origin)),
      0,
    );
  }

  /** More of some origin may be held. */
  advance(): void {
    if (this.#isReading) return;
    for (const [origin, records] of this.#recordsByOrigin) {
      const next = records.get(this.#held(origin) + 1);
      if (next !== undefined) {
        this.#read(next);
        return;
      }
    }
  }

  /** This server has caught up with these peers, so what they could close is closed: searches the holes, once. */
  caughtUpWith(servers: readonly number[]): void {
    const key = servers.join();
    if (this.lackedOps === 0 || this.#isSearching || key === this.#searchedWith) return;
    this.#searchedWith = key;
    this.#isSearching = true;
    run(this.#search(), () => {
      this.#isSearching = false;
      this.advance();
    });
  }

  /** Only a record that continues a chain is believed where there is no telling where records begin. */
  *#search(): Steps<void> {
    for (const { position, bytes } of this.#report.holes) yield* this.#searchHole({ position, bytes });
  }

  *#searchHole({ position, bytes }: Hole): Steps<void> {
    const number = segmentOf(position);
    const start = offsetOf(position);
    const heads = this.#log.durableHeads();
    const scan = new SegmentScan({
      offset: start,
      before: heads,
      after: heads,
      held: heads,
      visit: ({ origin, seq }, offset) => this.#add({ origin, seq, position: positionOf(number, offset) }),
    });
    for (let at = start; at < start + bytes; at += limits.scrubReadBytes) {
      const length = Math.min(limits.scrubReadBytes, start + bytes - at);
      const read = yield* wait<ReadResult>((done) =>
        this.#disk.read(segmentFileName(number), at, length, this.#turn.event(done)),
      );
      if (read.state !== 'read') return;
      scan.feed(read.bytes);
    }
    scan.end();
  }

  #read({ position }: RecordBehindGap): void {
    this.#isReading = true;
    this.#log.read(
      position,
      limits.scrubReadBytes,
      this.#turn.event((result: LogReadResult) => {
        this.#isReading = false;
        const before = this.#log.held().total;
        if (result.state === 'read') this.#takeAll(result.chunk);
        // What cannot be read now would be asked for again and again.
        if (this.#log.held().total === before) this.#forget(position);
        this.advance();
      }),
    );
  }

  #takeAll({ bytes }: LogChunk): void {
    const cursor = new RecordCursor(bytes);
    while (cursor.next()) this.#take(cursor.record(), cursor.header());
  }

  #take(bytes: Uint8Array, header: RecordHeader): void {
    const records = this.#recordsByOrigin.get(header.origin);
    if (records?.has(header.seq) !== true) return;
    const acceptance = this.#journal.acceptanceOf(header);
    if (acceptance === 'taken') this.#journal.take({ bytes, first: header, last: header });
    if (acceptance !== 'gap') records.delete(header.seq);
  }

  #add(record: RecordBehindGap): void {
    const { origin, seq } = record;
    if (seq <= this.#held(origin)) return;
    const records = this.#recordsByOrigin.get(origin);
    if (records === undefined) this.#recordsByOrigin.set(origin, new Map([[seq, record]]));
    else records.set(seq, record);
  }

  #forget(position: number): void {
    for (const records of this.#recordsByOrigin.values()) {
      for (const record of records.values()) if (record.position === position) records.delete(record.seq);
    }
  }

  #held(origin: Origin): number {
    return this.#log.head(origin)?.seq ?? 0;
  }
}
