/**
 * Reads one segment of the log through, and puts back what is damaged in it: records from other servers, at the very place
 * where they stood, so that every position stays good.
 *
 * Invariants: nothing is written but into places that hold no whole record; what is written continues the chain before
 * the place and is continued by what stands after it; and after a failed write nothing more is written (S8).
 */
import { wait, type Steps } from '../chat/steps.js';
import { formatDot, type Dot } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { positionOf, segmentFileName, type Position } from '../model/position.js';
import type { Disk, DiskFailure, ReadResult, WriteResult } from '../ports/disk.js';
import { Heads } from '../store/heads.js';
import { fillHoles, type FoundRecord, type LackingChain } from '../store/hole-filling.js';
import type { Log } from '../store/log.js';
import type { SegmentFacts } from '../store/segment-table.js';
import { rebuildHeader, shownHeads, type SegmentEnd } from '../store/lost-header.js';
import { decodeSegmentHeader, encodeSegmentHeader, SEGMENT_HEADER_BYTES_MAX } from '../store/segment.js';
import { SegmentScan, type Gap, type ScannedHole } from '../store/segment-scan.js';
import type { MessageOf } from '../wire/message-types.js';
import { fetchChains, type RecordSource } from './chain-fetch.js';
import type { Turn } from './turn.js';

/** Where the first record of each origin is looked for in a segment whose header is damaged. */
const HEADER_SEARCH_BYTES = 1024 * 1024;

export interface SegmentCheckServices {
  readonly disk: Disk;
  readonly log: Log;
  readonly turn: Turn;
  /** Who may have records, in the order in which they are asked. */
  readonly sources: (segment: number) => readonly RecordSource[];
  /** Calls back when so many bytes may be read. */
  readonly pace: (bytes: number, proceed: () => void) => void;
  /** These records stand here now. */
  readonly moved: (places: readonly (Dot & { readonly position: Position })[]) => void;
}

export interface SegmentOutcome {
  /** Whole records. */
  readonly records: number;
  readonly bytes: number;
  /** Damaged places that were found, and what of them could not be mended. */
  readonly found: number;
  readonly left: readonly MessageOf<'DamagedPlace'>[];
  /** What was held where the segment ends; undefined where that needs the end of the segment before. */
  readonly end: SegmentEnd | undefined;
  /** Of the records that were looked for, those that stand in the segment. */
  readonly seen: readonly (Dot & { readonly position: Position })[];
  /** A write failed: the process must stop. */
  readonly failure?: DiskFailure;
}

interface Bounds {
  readonly before: Heads;
  readonly after: Heads;
  readonly first: number;
  readonly size: number;
}

export class SegmentCheck {
  readonly #services: SegmentCheckServices;
  readonly #number: number;
  readonly #file: string;
  /** Dots whose place is wanted. */
  readonly #wanted: ReadonlySet<string>;

  constructor(services: SegmentCheckServices, number: number, wanted: ReadonlySet<string> = new Set()) {
    this.#services = services;
    this.#number = number;
    this.#file = segmentFileName(number);
    this.#wanted = wanted;
  }

  /** `endOfBefore`: what was held where the segment before ends; undefined where that is not known. */
  *run(endOfBefore: SegmentEnd | undefined): Steps<SegmentOutcome> {
    const segment = this.#services.log.segment(this.#number);
    const before = this.#number === 1 ? { heads: new Heads(), isSound: true } : endOfBefore;
    if (segment === undefined) return yield* this.#makeAnew(before?.heads);
    const read = yield* this.#readHeader(this.#number);
    if (read !== undefined) return yield* this.#mend(yield* this.#bounds(read.heads, read.length));
    const { size } = segment;
    const header = segment.header ?? (yield* this.#rebuiltHeader(segment, before));
    // Where nothing can be told of what stands there, and all that stood there can be had, it is made anew.
    if (header === undefined) return { ...(yield* this.#makeAnew(before?.heads)), found: 1 };
    const bytes = encodeSegmentHeader(this.#services.log.id, this.#number, header);
    const failure = yield* this.#overwrite(0, bytes);
    if (failure !== undefined) return { ...this.#unknown(size, before), failure };
    this.#services.log.segmentMended(this.#number, bytes.length, size, header);
    const outcome = yield* this.#mend(yield* this.#bounds(header, bytes.length));
    return { ...outcome, found: outcome.found + 1 };
  }

  /** What of the segment is durable, and what is held there, at one moment. */
  *#bounds(before: Heads, first: number): Steps<Bounds> {
    const after = yield* this.#headsAtEnd();
    return { before, after, first, size: this.#services.log.segment(this.#number)!.size };
  }

  /** Without its header nothing of a segment can be told, unless the one before says what it must have been. */
  *#rebuiltHeader(segment: SegmentFacts, before: SegmentEnd | undefined): Steps<Heads | undefined> {
    if (before === undefined) return undefined;
    const { log } = this.#services;
    const file = yield* this.#read(this.#file, 0, HEADER_SEARCH_BYTES);
    return rebuildHeader(file, { ...segment, logId: log.id }, before, shownHeads(file, log.durableHeads()));
  }

  /** What was held where the segment ends; where the next header is damaged, too, as far as records behind it show. */
  *#headsAtEnd(): Steps<Heads> {
    const { log } = this.#services;
    const next = this.#number + 1;
    if (next > log.lastSegment) return log.durableHeads();
    const segment = log.segment(next);
    if (segment === undefined || segment.header !== undefined) return segment?.header ?? new Heads();
    const heads = new Heads();
    const file = yield* this.#read(segmentFileName(next), 0, HEADER_SEARCH_BYTES);
    for (const [origin, head] of shownHeads(file, log.durableHeads())?.headByOrigin ?? []) heads.set(origin, head);
    return heads;
  }

  /** What the next header that is whole says, or what the log holds. */
  get #headsAfter(): Heads {
    const { log } = this.#services;
    for (let next = this.#number + 1; next <= log.lastSegment; next += 1) {
      const header = log.segment(next)?.header;
      if (header !== undefined) return header;
    }
    return log.durableHeads();
  }

  *#readHeader(number: number) {
    const bytes = yield* this.#read(segmentFileName(number), 0, SEGMENT_HEADER_BYTES_MAX);
    const reading = decodeSegmentHeader(bytes, number);
    return reading.state === 'whole' ? reading.header : undefined;
  }

  *#mend(bounds: Bounds): Steps<SegmentOutcome> {
    const notEnds = new Set<number>();
    for (;;) {
      const scan = yield* this.#scan(bounds, notEnds);
      if (scan.gaps.length === 0) return this.#outcome(bounds, scan, 0);
      const filling = yield* this.#fill(bounds, scan);
      if (filling.state === 'unfilled') {
        const { offset, bytes } = filling.hole;
        notEnds.add(offset + bytes);
        if (notEnds.size < limits.scrubEndsTriedMax && offset + bytes < bounds.size) continue;
      }
      if (filling.state !== 'filled') return this.#outcome(bounds, scan, holesWithGaps(scan).length);
      const failure = yield* this.#write(filling.places);
      if (failure !== undefined) return { ...this.#outcome(bounds, scan, holesWithGaps(scan).length), failure };
      const grown = { ...bounds, size: Math.max(bounds.size, ...filling.places.map(({ end }) => end)) };
      if (grown.size > bounds.size) {
        this.#services.log.segmentMended(this.#number, bounds.first, grown.size, bounds.before);
      }
      this.#services.moved(filling.places.flatMap(({ places }) => places));
      // What was written counts once it has been read back.
      return this.#outcome(grown, yield* this.#scan(grown, new Set()), holesWithGaps(scan).length);
    }
  }

  readonly #seen: (Dot & { readonly position: Position })[] = [];

  *#scan({ before, after, first, size }: Bounds, notEnds: ReadonlySet<number>): Steps<SegmentScan> {
    this.#seen.length = 0;
    const scan = new SegmentScan({
      offset: first,
      before,
      after,
      held: this.#services.log.durableHeads(),
      notEnds,
      ...(this.#wanted.size > 0 && { visit: (dot, offset) => this.#note(dot, offset) }),
    });
    for (let offset = first; offset < size; offset += limits.scrubReadBytes) {
      const length = Math.min(limits.scrubReadBytes, size - offset);
      yield* wait<void>((done) => this.#services.pace(length, () => done()));
      scan.feed(yield* this.#read(this.#file, offset, length));
    }
    scan.end();
    return scan;
  }

  #note({ origin, seq }: Dot, offset: number): void {
    if (!this.#wanted.has(formatDot({ origin, seq }))) return;
    this.#seen.push({ origin, seq, position: positionOf(this.#number, offset) });
  }

  *#fill(bounds: Bounds, scan: SegmentScan): Steps<Filling> {
    const fetched = yield* fetchChains(this.#services.sources(this.#number), scan.gaps);
    if (fetched.state === 'lacking') return fetched;
    if (fetched.state === 'misled') return { state: 'unfilled', hole: scan.holes[fetched.gap.lastHole]! };
    const lacking = scan.gaps.map(({ firstHole, lastHole }, index): LackingChain => ({
      records: fetched.chains[index]!,
      firstHole,
      lastHole,
    }));
    const holes = [];
    for (const { offset, bytes } of scan.holes) {
      const remains = yield* this.#read(this.#file, offset, bytes);
      holes.push({ remains, isOpen: offset + bytes === bounds.size && this.#number < this.#services.log.lastSegment });
    }
    const filled = fillHoles(holes, lacking);
    if ('unfilled' in filled) return { state: 'unfilled', hole: scan.holes[filled.unfilled]! };
    const places = filled.flatMap((records, index) =>
      records.length === 0 ? [] : [placeOf(this.#number, scan.holes[index]!.offset, records)],
    );
    return { state: 'filled', places };
  }

  *#write(places: readonly FilledPlace[]): Steps<DiskFailure | undefined> {
    for (const { offset, bytes } of places) {
      const failure = yield* this.#overwrite(offset, bytes);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  /** A segment whose file is gone: the same records in another order, so that they stand elsewhere in it. */
  *#makeAnew(before: Heads | undefined): Steps<SegmentOutcome> {
    const { log, disk, turn } = this.#services;
    const unknown = this.#unknown(0, before && { heads: before, isSound: false });
    if (before === undefined) return unknown;
    const after = this.#headsAfter;
    const gaps = after.entries().flatMap(([origin, last]): Gap[] => {
      const held = before.get(origin);
      return last.seq > (held?.seq ?? 0) ? [{ origin, after: held, last, firstHole: 0, lastHole: 0 }] : [];
    });
    const ops = gaps.reduce((sum, gap) => sum + gap.last.seq - (gap.after?.seq ?? 0), 0);
    const left = [{ file: this.#file, offset: 0, bytes: 0, ops }];
    const fetched = yield* fetchChains(this.#services.sources(this.#number), gaps);
    if (fetched.state !== 'whole') return { ...unknown, left };
    const filled = fillHoles(
      [{ remains: new Uint8Array(0), isOpen: true }],
      fetched.chains.map((records) => ({ records, firstHole: 0, lastHole: 0 })),
    );
    if ('unfilled' in filled) return { ...unknown, left };
    const header = encodeSegmentHeader(log.id, this.#number, before);
    const { bytes, places } = placeOf(this.#number, header.length, filled[0] ?? []);
    const whole = new Uint8Array(header.length + bytes.length);
    whole.set(header);
    whole.set(bytes, header.length);
    const result = yield* wait<WriteResult>((done) => disk.create(this.#file, whole, turn.event(done)));
    if (result.state === 'full') return { ...unknown, left };
    if (result.state === 'failed') return { ...unknown, left, failure: result };
    log.segmentMended(this.#number, header.length, whole.length, before);
    this.#services.moved(places);
    return { ...unknown, records: places.length, bytes: whole.length, left: [], end: { heads: after, isSound: true } };
  }

  *#overwrite(offset: number, bytes: Uint8Array): Steps<DiskFailure | undefined> {
    const { disk, turn } = this.#services;
    const result = yield* wait<WriteResult>((done) => disk.overwrite(this.#file, offset, bytes, turn.event(done)));
    return result.state === 'written' ? undefined : result;
  }

  /** What the disk does not give is zeros, and so damaged. */
  *#read(file: string, offset: number, length: number): Steps<Uint8Array> {
    if (length === 0) return new Uint8Array(0);
    const { disk, turn } = this.#services;
    const result = yield* wait<ReadResult>((done) => disk.read(file, offset, length, turn.event(done)));
    if (result.state === 'read') return result.bytes;
    if (length <= limits.scrubPieceBytes) return new Uint8Array(length);
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const aligned = limits.scrubPieceBytes - ((offset + filled) % limits.scrubPieceBytes);
      const piece = yield* this.#read(file, offset + filled, Math.min(aligned, length - filled));
      if (piece.length === 0) break;
      bytes.set(piece, filled);
      filled += piece.length;
    }
    return bytes.subarray(0, filled);
  }

  #outcome({ size }: Bounds, scan: SegmentScan, found: number): SegmentOutcome {
    return {
      records: scan.records,
      bytes: size,
      found,
      left: holesWithGaps(scan).map(({ offset, bytes }, index) => ({
        file: this.#file,
        offset,
        bytes,
        // Which of two places an op stood in may not be known; it counts at the first.
        ops: index === 0 ? lackingOps(scan.gaps) : 0,
      })),
      end: { heads: scan.heads, isSound: scan.holes.length === 0 },
      seen: [...this.#seen],
    };
  }

  /** Nothing can be read of the segment, or told of what it held. */
  #unknown(bytes: number, before: SegmentEnd | undefined): SegmentOutcome {
    const left = [{ file: this.#file, offset: 0, bytes, ops: 0 }];
    const end = before && { heads: before.heads, isSound: false };
    return { records: 0, bytes, found: 1, left, end, seen: [] };
  }
}

interface FilledPlace {
  readonly offset: number;
  readonly end: number;
  readonly bytes: Uint8Array;
  readonly places: readonly (Dot & { readonly position: Position })[];
}

type Filling =
  | { readonly state: 'filled'; readonly places: readonly FilledPlace[] }
  /** No server within reach has all of it. */
  | { readonly state: 'lacking' }
  | { readonly state: 'unfilled'; readonly hole: ScannedHole };

function placeOf(segment: number, offset: number, records: readonly FoundRecord[]): FilledPlace {
  const length = records.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const joined = new Uint8Array(length);
  let at = 0;
  const places = records.map(({ bytes, header: { origin, seq } }) => {
    joined.set(bytes, at);
    at += bytes.length;
    return { origin, seq, position: positionOf(segment, offset + at - bytes.length) };
  });
  return { offset, end: offset + length, bytes: joined, places };
}

/** The damaged places in which something is lacking. In any other stands what was never part of the log. */
function holesWithGaps({ holes, gaps }: SegmentScan): ScannedHole[] {
  return holes.filter((_, index) => gaps.some(({ firstHole, lastHole }) => index >= firstHole && index <= lastHole));
}

function lackingOps(gaps: readonly Gap[]): number {
  return gaps.reduce((sum, { after, last }) => sum + last.seq - (after?.seq ?? 0), 0);
}
