/**
 * Goes through the bytes of one segment, piece by piece, and finds what is damaged in it and which records stood there.
 *
 * Nothing but the segment's header, the next one's, and what the log holds today has to be known: of each origin the
 * chain says what is lacking between the last record before a damaged place and the first after it. An origin that has
 * none after it in the segment lacks what the next header names.
 *
 * A record found by search may be forged inside somebody's text (see recovery.ts). Here it does no harm: what is put
 * into a damaged place has to lead to it and to fit the place to the byte, and where it does not, another end of the place is
 * tried.
 */
import { limits } from '../model/limits.js';
import { RECORD_HEADER_BYTES, readRecord, type RecordHeader } from '../model/record.js';
import type { Origin } from '../model/ids.js';
import type { Head, Heads } from './heads.js';

/** A stretch of the segment without a whole record. Of 0 bytes: the file ends before all that stood in it. */
export interface ScannedHole {
  readonly offset: number;
  readonly bytes: number;
}

/** Records of one origin that are lacking, and the damaged places, by index, that they may have stood in. */
export interface Gap {
  readonly origin: Origin;
  readonly after: Head | undefined;
  /** The last of them. */
  readonly last: Head;
  readonly firstHole: number;
  readonly lastHole: number;
}

export interface SegmentScanOptions {
  /** Where the first record stands. */
  readonly offset: number;
  /** What was held where the segment begins. */
  readonly before: Heads;
  /** What was held where it ends. */
  readonly after: Heads;
  /** What the log holds: no record beyond it is believed to have been part of it. */
  readonly held: Heads;
  /** Offsets at which a damaged place does not end, whatever stands there. */
  readonly notEnds?: ReadonlySet<number>;
  /** Called for each whole record, with its offset. */
  readonly visit?: (header: RecordHeader, offset: number) => void;
}

export class SegmentScan {
  readonly holes: ScannedHole[] = [];
  readonly gaps: Gap[] = [];
  /** The last record of each origin so far. */
  readonly heads: Heads;
  records = 0;
  readonly #options: SegmentScanOptions;
  /** What was fed and is not parsed yet, and where in the file it begins. */
  #bytes: Uint8Array = new Uint8Array(0);
  #offset: number;
  #holeStart: number | undefined;
  /** How many holes there were when an origin was last seen. */
  readonly #holesAtSight = new Map<Origin, number>();

  constructor(options: SegmentScanOptions) {
    this.#options = options;
    this.#offset = options.offset;
    this.heads = options.before.clone();
  }

  /** The bytes that follow those fed before. They may be overwritten afterwards. */
  feed(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.#bytes.length + bytes.length);
    joined.set(this.#bytes);
    joined.set(bytes, this.#bytes.length);
    this.#bytes = joined;
    this.#parse(false);
  }

  /** There are no more bytes. */
  end(): void {
    this.#parse(true);
    const end = this.#offset;
    if (this.#holeStart !== undefined) this.#endHole(end);
    for (const [origin, head] of this.#options.after.entries()) {
      if (head.seq <= this.heads.seq(origin)) continue;
      // Nothing is damaged, and something is lacking: the end of the file is.
      if (this.#sight(origin) === this.holes.length) this.holes.push({ offset: end, bytes: 0 });
      this.#addGap(origin, head);
    }
  }

  #parse(isEnd: boolean): void {
    const bytes = this.#bytes;
    let at = 0;
    for (;;) {
      if (this.#holeStart !== undefined) {
        at = this.#search(at, isEnd);
        if (this.#holeStart !== undefined) break;
      }
      const left = bytes.length - at;
      if (left === 0) break;
      const found = readRecord(bytes, at);
      if (found.state === 'whole') {
        this.#options.visit?.(found.header, this.#offset + at);
        this.#take(found.header);
        at += found.header.length;
        continue;
      }
      // What the damaged record says of its end can be tried only once the next record is here, too.
      if (!isEnd && left < 2 * limits.recordBytesMax) break;
      this.#holeStart = this.#offset + at;
      at += this.#statedLength(at) ?? 1;
    }
    this.#bytes = bytes.slice(at);
    this.#offset += at;
  }

  /** How long the damaged record says it is, where that is believed: a whole record stands at its end. */
  #statedLength(at: number): number | undefined {
    if (this.#bytes.length - at < 4) return undefined;
    const length = new DataView(this.#bytes.buffer, this.#bytes.byteOffset).getUint32(at);
    if (length < RECORD_HEADER_BYTES || length > limits.recordBytesMax) return undefined;
    const end = at + length;
    if (this.#isNoEnd(end) || readRecord(this.#bytes, end).state !== 'whole') return undefined;
    this.#endHole(this.#offset + end);
    return length;
  }

  /** Looks for the end of the damaged place; returns where to go on. */
  #search(from: number, isEnd: boolean): number {
    const { length } = this.#bytes;
    const enough = isEnd ? RECORD_HEADER_BYTES : limits.recordBytesMax;
    let at = from;
    for (; at + enough <= length; at += 1) {
      if (this.#isNoEnd(at) || !this.#mayBelongHere(at)) continue;
      this.#endHole(this.#offset + at);
      return at;
    }
    return isEnd ? length : at;
  }

  /** Whether a record stands there that follows what was read: at once, or behind some that are lacking. */
  #mayBelongHere(at: number): boolean {
    const bytes = this.#bytes;
    // Nearly all offsets are told by this alone: lengths and origins are far below what they have room for.
    if (bytes[at] !== 0 || bytes[at + 1]! > 1 || bytes[at + 8] !== 0) return false;
    const found = readRecord(bytes, at);
    if (found.state !== 'whole') return false;
    return this.heads.continuedBy(found.header) || this.#isBehindGap(found.header);
  }

  #isBehindGap({ origin, seq }: RecordHeader): boolean {
    return seq > this.heads.seq(origin) + 1 && seq <= this.#options.held.seq(origin);
  }

  #isNoEnd(at: number): boolean {
    return this.#options.notEnds?.has(this.#offset + at) === true;
  }

  #endHole(end: number): void {
    this.holes.push({ offset: this.#holeStart!, bytes: end - this.#holeStart! });
    this.#holeStart = undefined;
  }

  /** A record that follows neither at once nor behind a damaged place was not part of the log here. */
  #take(header: RecordHeader): void {
    this.records += 1;
    const { origin, seq, previous } = header;
    if (!this.heads.continuedBy(header)) {
      if (!this.#isBehindGap(header) || this.#sight(origin) === this.holes.length) return;
      this.#addGap(origin, { seq: seq - 1, checksum: previous });
    }
    this.heads.advance(header);
    this.#holesAtSight.set(origin, this.holes.length);
  }

  #sight(origin: Origin): number {
    return this.#holesAtSight.get(origin) ?? 0;
  }

  #addGap(origin: Origin, last: Head): void {
    const after = this.heads.get(origin);
    this.gaps.push({ origin, after, last, firstHole: this.#sight(origin), lastHole: this.holes.length - 1 });
  }
}
