/**
 * A record is one op as bytes: the same bytes in every server's log and on every link, encoded once by the server
 * that took the op, and never changed.
 *
 * ```
 *  0  u32  length of the whole record, header included
 *  4  u32  CRC32C of the bytes from 8 to the end
 *  8  u64  origin
 * 16  u64  seq
 * 24  u64  hybrid time
 * 32  u32  the CRC32C of the same origin's record seq - 1; 0 where seq is 1
 * 36  u16  kind of op
 * 38  u16  0
 * 40       body: the op's message in protobuf encoding
 * ```
 *
 * Because each checksum covers its predecessor's, two histories of one origin that differ anywhere differ from there on.
 * All integers are big-endian.
 */
import { assert } from '../lib/assert.js';
import { crc32c } from '../lib/crc32c.js';
import { readUint53, writeUint53 } from '../lib/uint53.js';
import type { HybridTime } from './hybrid-time.js';
import type { Dot, Origin } from './ids.js';
import { limits } from './limits.js';
import type { Position } from './position.js';

export const RECORD_HEADER_BYTES = 40;

export interface RecordHeader extends Dot {
  readonly length: number;
  readonly checksum: number;
  readonly time: HybridTime;
  readonly previous: number;
  readonly kind: number;
}

/** What the maker of a record decides; the rest of its header follows from its bytes. */
export type RecordFields = Pick<RecordHeader, 'origin' | 'seq' | 'time' | 'previous' | 'kind'>;

export function encodeRecord(fields: RecordFields, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEADER_BYTES + body.length);
  bytes.set(body, RECORD_HEADER_BYTES);
  sealRecord(bytes, fields);
  return bytes;
}

/** Makes a record of bytes that hold its body behind room for the header, which are zeros. */
export function sealRecord(bytes: Uint8Array, fields: RecordFields): RecordHeader {
  const { length } = bytes;
  assert(length >= RECORD_HEADER_BYTES && length <= limits.recordBytesMax, 'a record is within its limit');
  const { origin, seq, time, previous, kind } = fields;
  const view = new DataView(bytes.buffer, bytes.byteOffset, RECORD_HEADER_BYTES);
  view.setUint32(0, length);
  writeUint53(view, 8, origin);
  writeUint53(view, 16, seq);
  writeUint53(view, 24, time);
  view.setUint32(32, previous);
  view.setUint16(36, kind);
  const checksum = crc32c(bytes, 8, length);
  view.setUint32(4, checksum);
  return { length, checksum, origin, seq, time, previous, kind };
}

/**
 * `short`: the bytes end before the record does, and what is there is plausible. `bad`: no record begins here.
 * A record is `whole` only after its checksum was found right.
 */
export type RecordReading =
  | { readonly state: 'whole'; readonly header: RecordHeader }
  | { readonly state: 'short' }
  | { readonly state: 'bad' };

const short: RecordReading = { state: 'short' };
const bad: RecordReading = { state: 'bad' };

/** Reads the record that begins at `offset`. */
export function readRecord(bytes: Uint8Array, offset: number): RecordReading {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = wholeLengthAt(bytes, view, offset);
  if (length === SHORT) return short;
  return length === BAD ? bad : { state: 'whole', header: headerAt(view, offset) };
}

const SHORT = 0;
const BAD = -1;

/** The length of the whole record at `offset`, or why there is none. */
function wholeLengthAt(bytes: Uint8Array, view: DataView, offset: number): number {
  const available = bytes.length - offset;
  if (available < 4) return SHORT;
  const length = view.getUint32(offset);
  if (length < RECORD_HEADER_BYTES || length > limits.recordBytesMax) return BAD;
  if (available < length) return SHORT;
  if (crc32c(bytes, offset + 8, offset + length) !== view.getUint32(offset + 4)) return BAD;
  const origin = readUint53(view, offset + 8);
  const seq = readUint53(view, offset + 16);
  const time = readUint53(view, offset + 24);
  return origin === undefined || seq === undefined || time === undefined || origin < 1 || seq < 1 ? BAD : length;
}

/** The header of the whole record at `offset`. */
function headerAt(view: DataView, offset: number): RecordHeader {
  return {
    length: view.getUint32(offset),
    checksum: view.getUint32(offset + 4),
    origin: uint53At(view, offset + 8),
    seq: uint53At(view, offset + 16),
    time: uint53At(view, offset + 24),
    previous: view.getUint32(offset + 32),
    kind: view.getUint16(offset + 36),
  };
}

function uint53At(view: DataView, offset: number): number {
  const value = readUint53(view, offset);
  assert(value !== undefined, 'a whole record has integers that a number holds');
  return value;
}

/** Whole records of one segment, one behind the other, as they stand in the log from `position` on. Read-only. */
export interface LogChunk {
  readonly position: Position;
  readonly bytes: Uint8Array;
}

/** How many bytes from the beginning on are whole records, one behind the other, each with a right checksum. */
export function wholeRecordBytes(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let end = 0;
  for (;;) {
    const length = wholeLengthAt(bytes, view, end);
    if (length === SHORT || length === BAD) return end;
    end += length;
  }
}

/** Whole records of one origin, one behind the other, each of which continues the chain of the one before. */
export interface RecordRun {
  readonly bytes: Uint8Array;
  readonly first: RecordHeader;
  readonly last: RecordHeader;
}

/** What is behind the first record of the run; undefined where there is nothing. */
export function restOf({ bytes, first, last }: RecordRun): RecordRun | undefined {
  if (first.length === bytes.length) return undefined;
  const rest = bytes.subarray(first.length);
  return { bytes: rest, first: headerAt(new DataView(rest.buffer, rest.byteOffset, rest.length), 0), last };
}

/**
 * Goes through records that are known to be whole and stand one behind the other. Reads what it is asked of the record
 * that it is at, from the bytes, so that passing over a record leaves nothing behind.
 */
export class RecordCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;
  #length = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Moves to the first record, and then to the next. False behind the last one, where nothing more may be asked. */
  next(): boolean {
    this.#offset += this.#length;
    const isAny = this.#offset < this.#bytes.length;
    this.#length = isAny ? this.#view.getUint32(this.#offset) : 0;
    return isAny;
  }

  /** Where in the bytes the record begins. */
  get offset(): number {
    return this.#offset;
  }

  /** Where in the bytes the next one begins; 0 before the first. */
  get end(): number {
    return this.#offset + this.#length;
  }

  get length(): number {
    return this.#length;
  }

  get checksum(): number {
    return this.#view.getUint32(this.#offset + 4);
  }

  get origin(): Origin {
    return uint53At(this.#view, this.#offset + 8);
  }

  get seq(): number {
    return uint53At(this.#view, this.#offset + 16);
  }

  get time(): HybridTime {
    return uint53At(this.#view, this.#offset + 24);
  }

  get previous(): number {
    return this.#view.getUint32(this.#offset + 32);
  }

  get kind(): number {
    return this.#view.getUint16(this.#offset + 36);
  }

  header(): RecordHeader {
    return headerAt(this.#view, this.#offset);
  }

  /** The whole record; a view of the bytes. */
  record(): Uint8Array {
    return this.#bytes.subarray(this.#offset, this.end);
  }

  /** What is behind its header; a view of the bytes. */
  body(): Uint8Array {
    return this.#bytes.subarray(this.#offset + RECORD_HEADER_BYTES, this.end);
  }

  /** The run that begins with the record. The cursor moves to the last of it. */
  run(): RecordRun {
    const view = this.#view;
    const start = this.#offset;
    const first = this.header();
    let { seq, checksum } = first;
    for (let next = this.end; next < this.#bytes.length; next = this.end) {
      const continues =
        uint53At(view, next + 16) === seq + 1 &&
        view.getUint32(next + 32) === checksum &&
        uint53At(view, next + 8) === first.origin;
      if (!continues) break;
      seq += 1;
      checksum = view.getUint32(next + 4);
      this.#offset = next;
      this.#length = view.getUint32(next);
    }
    const last = this.#offset === start ? first : this.header();
    return { bytes: this.#bytes.subarray(start, this.end), first, last };
  }
}

/** The length of the whole record at `offset`. */
export function recordLengthAt(bytes: Uint8Array, offset: number): number {
  return (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
}

export function bodyOf(record: Uint8Array): Uint8Array {
  return record.subarray(RECORD_HEADER_BYTES);
}
