/**
 * Where what stands in the log: the segments with their sizes and what was held at the start of each, and, for
 * segments that this process read or wrote, a mark for each {@link limits.logMarkBytes} of records.
 *
 * A mark names the first seq of each origin that has a record in its stretch, so all marks together take memory in
 * proportion to the records and not to marks times origins. Only records that count are noted (see heads.ts).
 */
import { assert } from '../lib/assert.js';
import type { Dot, Origin } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { offsetOf, positionOf, segmentOf, type Position } from '../model/position.js';
import type { Vector } from '../model/vector.js';
import type { Heads } from './heads.js';

interface Mark {
  readonly offset: number;
  readonly firstSeqByOrigin: Map<Origin, number>;
}

export interface Segment {
  readonly number: number;
  /** Where its first record stands. */
  readonly first: number;
  /** Bytes of it, those not yet durable included. */
  size: number;
  /** What was held where it begins. */
  readonly held: Vector;
  /** What its header says; undefined where that is damaged. */
  readonly header: Heads | undefined;
  readonly marks: Mark[];
}

export type SegmentFacts = Omit<Segment, 'marks'>;

export class SegmentTable {
  /** By number, rising; numbers may be missing where a file was lost. */
  readonly #segments: Segment[] = [];

  add(segment: SegmentFacts): void {
    assert(this.#segments.length === 0 || this.last.number < segment.number, 'segments are added in order');
    this.#segments.push({ ...segment, marks: [] });
  }

  /** A segment was missing, or is longer than it was. */
  mend(mended: SegmentFacts): void {
    const before = this.#segments.findIndex(({ number }) => number >= mended.number);
    assert(before >= 0, 'what is mended is not behind the last segment');
    const { number, size, marks } = this.#segments[before]!;
    // What was appended meanwhile counts. Without marks a search begins at the start of the segment.
    if (number === mended.number) this.#segments[before] = { ...mended, size: Math.max(size, mended.size), marks };
    else this.#segments.splice(before, 0, { ...mended, marks: [] });
  }

  /** The start of the first segment that begins with all of these records held. */
  startAfterAll(records: readonly Dot[]): Position | undefined {
    const found = this.#segments.find(({ held }) => records.every((dot) => held.covers(dot)));
    return found && positionOf(found.number, found.first);
  }

  get last(): Segment {
    const last = this.#segments.at(-1);
    assert(last !== undefined, 'the log has a segment');
    return last;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.size, 0);
  }

  /** Notes a record that counts, in the last segment, also for those of its origin that follow it at once. */
  note(dot: Dot, offset: number): void {
    const marks = this.last.marks;
    let mark = marks.at(-1);
    if (mark === undefined || offset >= mark.offset + limits.logMarkBytes) {
      mark = { offset, firstSeqByOrigin: new Map() };
      marks.push(mark);
    }
    if (!mark.firstSeqByOrigin.has(dot.origin)) mark.firstSeqByOrigin.set(dot.origin, dot.seq);
  }

  segment(number: number): Segment | undefined {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#segments[middle]!.number < number) low = middle + 1;
      else high = middle;
    }
    const found = this.#segments[low];
    return found?.number === number ? found : undefined;
  }

  /** The start of the first segment after `number`, or undefined where there is none. */
  startAfter(number: number): Position | undefined {
    const next = this.#segments.find((segment) => segment.number > number);
    return next && positionOf(next.number, next.first);
  }

  /** The same place, as the start of the next segment where `position` is the end of one that has a next. */
  normalize(position: Position): Position {
    const segment = this.segment(segmentOf(position));
    if (segment !== undefined && offsetOf(position) < segment.size) return position;
    return this.startAfter(segmentOf(position)) ?? position;
  }

  /** A position at or before the record with this dot, which must be held. */
  locate(dot: Dot): Position {
    const segment =
      this.#segments.findLast((candidate) => candidate.held.get(dot.origin) < dot.seq) ?? this.#segments[0];
    assert(segment !== undefined, 'the log has a segment');
    const mark = segment.marks.findLast((candidate) => {
      const first = candidate.firstSeqByOrigin.get(dot.origin);
      return first !== undefined && first <= dot.seq;
    });
    return positionOf(segment.number, mark?.offset ?? segment.first);
  }
}
