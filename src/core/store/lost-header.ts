/**
 * What the damaged header of a segment must have said. Of each origin that has a record near the beginning of the
 * segment, its first record there names the one before it; of the others, the end of the segment before tells.
 */
import type { Origin } from '../model/ids.js';
import { readRecord } from '../model/record.js';
import type { Heads, Head } from './heads.js';
import { encodeSegmentHeader, segmentHeaderLength } from './segment.js';

/** What was held where a segment ends, and whether nothing of it is missing or damaged. */
export interface SegmentEnd {
  readonly heads: Heads;
  readonly isSound: boolean;
}

/** What the records at the beginning of a segment say of what was held before it. */
export interface ShownHeads {
  /** Where the first of them stands. */
  readonly first: number;
  readonly headByOrigin: ReadonlyMap<Origin, Head | undefined>;
}

/** Of bytes from the start of the file. Undefined where no record of the log stands where the first one can. */
export function shownHeads(file: Uint8Array, held: Heads): ShownHeads | undefined {
  for (let origins = 0; ; origins += 1) {
    const first = segmentHeaderLength(origins);
    if (first > file.length) return undefined;
    const found = readRecord(file, first);
    if (found.state !== 'whole' || found.header.seq > held.seq(found.header.origin)) continue;
    return { first, headByOrigin: headsUpToDamage(file, first) };
  }
}

function headsUpToDamage(file: Uint8Array, first: number): Map<Origin, Head | undefined> {
  const headByOrigin = new Map<Origin, Head | undefined>();
  for (let at = first; ;) {
    const found = readRecord(file, at);
    if (found.state !== 'whole') return headByOrigin;
    const { origin, seq, previous, length } = found.header;
    if (!headByOrigin.has(origin)) {
      headByOrigin.set(origin, seq === 1 ? undefined : { seq: seq - 1, checksum: previous });
    }
    at += length;
  }
}

/** What it said; undefined where that cannot be told for certain. */
export function rebuildHeader(
  file: Uint8Array,
  segment: { readonly logId: number; readonly number: number; readonly first: number; readonly size: number },
  before: SegmentEnd,
  shown: ShownHeads | undefined,
): Heads | undefined {
  const heads = before.heads.clone();
  for (const [origin, head] of shown?.headByOrigin ?? []) heads.set(origin, head);
  const bytes = encodeSegmentHeader(segment.logId, segment.number, heads);
  const lengths = shown === undefined ? [segment.first, segment.size] : [shown.first];
  if (!lengths.includes(bytes.length)) return undefined;
  // The checksum of the lost header, if it is not damaged itself, tells that all of it is right.
  const isProved = bytes.subarray(12, 16).every((byte, index) => byte === file[12 + index]);
  return isProved || before.isSound ? heads : undefined;
}
