/**
 * Reads the log at a start, and decides what of it is to be believed.
 *
 * Promises, with the rules of docs/spec/store.md:
 * - Each visited record is whole and continues its origin's chain, so no origin is visited with a gap or twice.
 * - Only the end of the last segment is ever cut, only where nothing after the bad place is whole, and never what a
 *   view has shown to have been durable.
 * - A bad place anywhere else is a hole: left as it is, reported, and not covered by the heads.
 *
 * Text that people send stands in records, so bytes that look like a record may be a forgery inside one. After a bad
 * place a scan therefore goes on only where the damaged record says that it ends, or at a record that continues a chain
 * known before: its checksum of the predecessor is not known to anyone outside.
 */
import { assert } from '../lib/assert.js';
import type { Dot, Origin } from '../model/ids.js';
import { offsetOf, positionOf, segmentFileName, segmentOf, type Position } from '../model/position.js';
import type { RecordHeader } from '../model/record.js';
import type { Disk } from '../ports/disk.js';
import { FileWindow } from './file-window.js';
import { Heads, type Head } from './heads.js';
import { resumeAfter } from './resumption.js';
import { listSegments, readSegmentHeader, type SegmentHeader, type SegmentHeaderReading } from './segment.js';
import { SegmentTable } from './segment-table.js';

/** A stretch of a segment that cannot be read. A segment whose file is missing is a hole of 0 bytes at offset 0. */
export interface Hole {
  readonly position: Position;
  readonly bytes: number;
}

/** An origin of which this log once held more than it can read now. What is behind the gap stays on the disk. */
interface Incomplete {
  readonly origin: Origin;
  /** The highest seq before the gap. */
  readonly held: number;
  /** The highest seq that this log shows any trace of. */
  readonly known: number;
}

/** A whole record behind a gap of its origin: it counts again once the gap is closed. */
export interface RecordBehindGap extends Dot {
  readonly position: Position;
}

export type RecoveryStart =
  /** Visited were the records from the position asked for. */
  | { readonly state: 'resumed' }
  /** Visited was everything from the first record on. `because` says why. */
  | { readonly state: 'fromBeginning'; readonly because: 'newLog' | 'notAsked' | 'otherLog' | 'noRecordThere' };

export interface RecoveryReport {
  readonly start: RecoveryStart;
  readonly visited: number;
  /** What a crash left of its last write, now cut off. */
  readonly cut: { readonly position: Position; readonly bytes: number } | undefined;
  readonly holes: readonly Hole[];
  readonly incomplete: readonly Incomplete[];
  readonly behindGaps: readonly RecordBehindGap[];
  /** Numbers of the segments that are missing or damaged, as far as a start sees that. */
  readonly suspects: readonly number[];
}

export interface RecoveryRequest {
  readonly disk: Disk;
  /** The id of the log if it is new. */
  readonly newLogId: number;
  /** Where the view is, and in which log; undefined to visit everything. */
  readonly from: { readonly logId: number; readonly position: Position } | undefined;
  /** Called once, before the first visit: what the visits will be, and of which log. */
  readonly begin: (start: RecoveryStart, logId: number) => void;
  /** Called for each record in the order of the log. The bytes are good during the call only. */
  readonly visit: (record: Uint8Array, header: RecordHeader, position: Position) => void;
}

export interface Recovered {
  readonly state: 'recovered';
  readonly logId: number;
  readonly heads: Heads;
  readonly table: SegmentTable;
  /** The number of the last segment; 0 where there is none. */
  readonly lastSegment: number;
  /** Nothing may be appended to the last segment: it is damaged, or its header claims too much. */
  readonly sealed: boolean;
  readonly report: RecoveryReport;
}

/** A segment was written by a program newer than this one. */
export interface UnknownVersion {
  readonly state: 'unknownVersion';
  readonly version: number;
}

/** Throws where the disk fails. */
export function recover(request: RecoveryRequest): Recovered | UnknownVersion {
  const segments = listSegments(request.disk).map((number) => ({
    number,
    reading: readSegmentHeader(request.disk, number),
  }));
  const headers: SegmentHeader[] = [];
  for (const { reading } of segments) {
    if (reading.state === 'unknownVersion') return reading;
    if (reading.state === 'whole') headers.push(reading.header);
  }
  const logId = headers[0]?.logId ?? request.newLogId;
  const start = chooseStart(request, segments.length, headers, logId);
  const resumed = new Recovery(request, segments, headers, start, logId).run();
  if (resumed !== undefined) return { state: 'recovered', logId, ...resumed };
  const fromBeginning = { from: undefined, because: 'noRecordThere' } as const;
  const all = new Recovery(request, segments, headers, fromBeginning, logId).run()!;
  return { state: 'recovered', logId, ...all };
}

type Start =
  | { readonly from: Position; readonly because: undefined }
  | { readonly from: undefined; readonly because: 'newLog' | 'notAsked' | 'otherLog' | 'noRecordThere' };

function chooseStart(
  { from }: RecoveryRequest,
  segmentCount: number,
  headers: readonly SegmentHeader[],
  logId: number,
): Start {
  if (segmentCount === 0) return { from: undefined, because: 'newLog' };
  if (from === undefined) return { from: undefined, because: 'notAsked' };
  if (from.logId !== logId) return { from: undefined, because: 'otherLog' };
  const header = headers.find((candidate) => candidate.segment === segmentOf(from.position));
  if (header === undefined || offsetOf(from.position) < header.length)
    return { from: undefined, because: 'noRecordThere' };
  return { from: from.position, because: undefined };
}

interface FoundSegment {
  readonly number: number;
  readonly reading: SegmentHeaderReading;
}

class Recovery {
  readonly #request: RecoveryRequest;
  readonly #segments: readonly FoundSegment[];
  readonly #headers: readonly SegmentHeader[];
  readonly #start: Start;
  readonly #logId: number;

  readonly #heads = new Heads();
  readonly #known = new Map<Origin, number>();
  readonly #table = new SegmentTable();
  readonly #holes: Hole[] = [];
  readonly #behindGaps: RecordBehindGap[] = [];
  readonly #suspects = new Set<number>();
  /** True while something is known to be lost that the header of the segment at hand does not take into account. */
  #sealed = false;
  #visiting: boolean;
  #visited = 0;
  #cut: RecoveryReport['cut'];

  constructor(
    request: RecoveryRequest,
    segments: readonly FoundSegment[],
    headers: readonly SegmentHeader[],
    start: Start,
    logId: number,
  ) {
    this.#request = request;
    this.#segments = segments;
    this.#headers = headers;
    this.#start = start;
    this.#logId = logId;
    this.#visiting = start.from === undefined;
  }

  /** Undefined where no record begins at the position asked for; then none was visited and nothing was cut. */
  run(): Omit<Recovered, 'state' | 'logId'> | undefined {
    const first = this.#start.from === undefined ? 0 : segmentOf(this.#start.from);
    if (this.#visiting) this.#request.begin(this.#reportedStart, this.#logId);
    this.#inherit(first);
    let expected = first === 0 ? 1 : first;
    this.#suspectMissing();
    for (const segment of this.#segments) {
      if (segment.reading.state !== 'whole') this.#suspects.add(segment.number);
      if (segment.number < first) {
        this.#addUnread(segment);
        continue;
      }
      for (; expected < segment.number; expected += 1) this.#addHole(positionOf(expected, 0), 0);
      expected = segment.number + 1;
      if (!this.#readSegment(segment)) return undefined;
    }
    this.#secureLastSegment();
    return {
      heads: this.#heads,
      table: this.#table,
      lastSegment: expected - 1,
      sealed: this.#sealed,
      report: {
        start: this.#reportedStart,
        visited: this.#visited,
        cut: this.#cut,
        holes: this.#holes,
        incomplete: this.#incomplete(),
        behindGaps: this.#behindGaps.filter(({ origin, seq }) => seq > this.#heads.seq(origin)),
        suspects: [...this.#suspects].sort((a, b) => a - b),
      },
    };
  }

  #suspectMissing(): void {
    const present = new Set(this.#segments.map(({ number }) => number));
    const last = this.#segments.at(-1)?.number ?? 0;
    for (let number = 1; number < last; number += 1) if (!present.has(number)) this.#suspects.add(number);
  }

  get #reportedStart(): RecoveryStart {
    const { from, because } = this.#start;
    return from === undefined ? { state: 'fromBeginning', because } : { state: 'resumed' };
  }

  /**
   * Cuts off the bad end, if there is one, and makes the rest durable: a process that was killed may have left records
   * that can be read back and are not on the medium yet. The segments before are durable, or this one would not exist.
   */
  #secureLastSegment(): void {
    if (this.#segments.length === 0) return;
    const { number, size } = this.#table.last;
    this.#request.disk.truncate(segmentFileName(number), size);
  }

  /**
   * Takes over what the header of the first segment to read says was held before it. A later header that claims less
   * was written by a start that had found a hole, so the least of all claims is believed.
   */
  #inherit(first: number): void {
    const later = this.#headers.filter((header) => header.segment >= first && first > 0);
    for (const [origin, head] of later[0]?.heads.entries() ?? []) {
      let least: Head | undefined = head;
      for (const { heads } of later) if (heads.seq(origin) < (least?.seq ?? 0)) least = heads.get(origin);
      this.#heads.set(origin, least);
    }
  }

  /** A segment before the first to read. Where its header is damaged the next one's stands in: it claims no less. */
  #addUnread({ number, reading }: FoundSegment): void {
    const header = this.#headers.find((candidate) => candidate.segment >= number);
    assert(header !== undefined, 'the first segment to read has a header');
    const first = reading.state === 'whole' ? reading.header.length : (lengthOf(reading) ?? 0);
    const size = this.#request.disk.size(segmentFileName(number));
    const own = reading.state === 'whole' ? reading.header.heads : undefined;
    this.#table.add({ number, first, size, held: header.heads.vector(), header: own });
  }

  /** False where the position asked for turned out to be inside a record. */
  #readSegment({ number, reading }: FoundSegment): boolean {
    const window = new FileWindow(this.#request.disk, segmentFileName(number));
    let offset: number;
    if (reading.state === 'whole') {
      offset = reading.header.length;
      this.#hearClaims(reading.header.heads);
    } else {
      offset = this.#passBadPlace(window, positionOf(number, 0), lengthOf(reading), false);
    }
    const own = reading.state === 'whole' ? reading.header.heads : undefined;
    this.#table.add({ number, first: offset, size: window.size, held: this.#heads.vector(), header: own });
    const isLast = number === this.#segments.at(-1)?.number;
    for (;;) {
      const position = positionOf(number, offset);
      if (!this.#visiting && position >= this.#start.from!) {
        if (position > this.#start.from!) return false;
        this.#visiting = true;
        this.#request.begin(this.#reportedStart, this.#logId);
      }
      if (offset >= this.#table.last.size) return this.#visiting;
      const found = window.record(offset);
      if (found.state === 'whole') {
        this.#take(window, offset, found.header, position);
        offset += found.header.length;
      } else {
        offset = this.#passBadPlace(window, position, window.statedLength(offset), isLast);
      }
    }
  }

  #hearClaims(claimed: Heads): void {
    this.#sealed = false;
    for (const [origin, { seq }] of claimed.entries()) {
      if (seq > this.#heads.seq(origin)) this.#sealed = true;
      this.#show(origin, seq);
    }
  }

  #take(window: FileWindow, offset: number, header: RecordHeader, position: Position): void {
    if (!this.#heads.continuedBy(header)) {
      const { origin, seq } = header;
      this.#show(origin, seq);
      if (seq > this.#heads.seq(origin)) this.#behindGaps.push({ origin, seq, position });
      return;
    }
    this.#heads.advance(header);
    this.#table.note(header, offset);
    if (!this.#visiting) return;
    this.#visited += 1;
    this.#request.visit(window.slice(offset, header.length), header, position);
  }

  /** There was such a record, it seems. */
  #show(origin: Origin, seq: number): void {
    if (seq > (this.#known.get(origin) ?? 0)) this.#known.set(origin, seq);
  }

  /** Decides to cut the file at a bad place, or notes a hole there. Returns the offset to go on at. */
  #passBadPlace(window: FileWindow, position: Position, statedLength: number | undefined, mayCut: boolean): number {
    const offset = offsetOf(position);
    const found = resumeAfter(window, offset, statedLength, this.#heads);
    if (found.state === 'found') {
      this.#addHole(position, found.offset - offset);
      return found.offset;
    }
    const { from } = this.#request;
    const wasDurable = from !== undefined && from.logId === this.#headers[0]?.logId && from.position > position;
    if (mayCut && !found.wholeRecordsFollow && !wasDurable && !window.hasUnreadable) {
      this.#cut = { position, bytes: window.size - offset };
      this.#table.last.size = offset;
      return offset;
    }
    for (const { origin, seq } of found.shown) this.#show(origin, seq);
    this.#addHole(position, window.size - offset);
    return window.size;
  }

  #addHole(position: Position, bytes: number): void {
    this.#holes.push({ position, bytes });
    this.#suspects.add(segmentOf(position));
    this.#sealed = true;
  }

  #incomplete(): Incomplete[] {
    return [...this.#known]
      .map(([origin, known]) => ({ origin, held: this.#heads.seq(origin), known }))
      .filter(({ held, known }) => known > held);
  }
}

function lengthOf(reading: SegmentHeaderReading): number | undefined {
  return reading.state === 'bad' ? reading.length : undefined;
}
