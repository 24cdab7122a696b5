/**
 * The header that every segment of the log begins with. It says whose segment it is and what the log held before it,
 * so that a start can begin at a late segment without reading the earlier ones.
 *
 * ```
 *  0  8    "HOLDFLOG"
 *  8  u32  length of the header
 * 12  u32  CRC32C of the bytes from 16 to the end of the header
 * 16  u16  format version: 1
 * 18  u16  0
 * 20  u32  segment number
 * 24  u64  log id
 * 32       for each origin held, by origin: u64 origin, u64 seq, u32 checksum of that record
 * ```
 *
 * All integers are big-endian. Records follow at once, one after the other, to the end of the file.
 */
import { crc32c } from '../lib/crc32c.js';
import { readUint53, writeUint53 } from '../lib/uint53.js';
import type { Origin } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { segmentFileName } from '../model/position.js';
import type { Disk } from '../ports/disk.js';
import { Heads, type Head } from './heads.js';
import { readAtStart } from './start-reading.js';

const SEGMENT_FORMAT_VERSION = 1;

const FIXED_BYTES = 32;
const ENTRY_BYTES = 20;
/** Room for more origins than a vector may have. */
export const SEGMENT_HEADER_BYTES_MAX = FIXED_BYTES + 2 * limits.vectorEntriesMax * ENTRY_BYTES;
const MAGIC = new TextEncoder().encode('HOLDFLOG');

export interface SegmentHeader {
  readonly length: number;
  readonly segment: number;
  readonly logId: number;
  /** What the log held where this segment begins. */
  readonly heads: Heads;
}

export type SegmentHeaderReading =
  | { readonly state: 'whole'; readonly header: SegmentHeader }
  /** Sound, and of a format that this program does not know. */
  | { readonly state: 'unknownVersion'; readonly version: number }
  /** Damaged; `length` is what its length must be or says that it is, as far as that can be told. */
  | { readonly state: 'bad'; readonly length: number | undefined };

/** How long a header is that names so many origins. */
export function segmentHeaderLength(origins: number): number {
  return FIXED_BYTES + origins * ENTRY_BYTES;
}

export function encodeSegmentHeader(logId: number, segment: number, heads: Heads): Uint8Array {
  const entries = heads.entries();
  const bytes = new Uint8Array(segmentHeaderLength(entries.length));
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(8, bytes.length);
  view.setUint16(16, SEGMENT_FORMAT_VERSION);
  view.setUint32(20, segment);
  writeUint53(view, 24, logId);
  let offset = FIXED_BYTES;
  for (const [origin, head] of entries) {
    writeUint53(view, offset, origin);
    writeUint53(view, offset + 8, head.seq);
    view.setUint32(offset + 16, head.checksum);
    offset += ENTRY_BYTES;
  }
  view.setUint32(12, crc32c(bytes, 16));
  return bytes;
}

/** Reads the header of a segment's file. At start. Throws where the disk fails. */
export function readSegmentHeader(disk: Disk, segment: number): SegmentHeaderReading {
  const file = segmentFileName(segment);
  const fixed = readAtStart(disk, file, 0, FIXED_BYTES).bytes;
  const length = lengthIn(fixed, segment);
  return length === undefined
    ? { state: 'bad', length }
    : decodeSegmentHeader(length > FIXED_BYTES ? readAtStart(disk, file, 0, length).bytes : fixed, segment);
}

/** Undefined where that can be no length of a header. */
function lengthIn(file: Uint8Array, segment: number): number | undefined {
  if (file.length < FIXED_BYTES) return undefined;
  // Before the first segment nothing is held, so its header names no origin.
  const length = segment === 1 ? FIXED_BYTES : new DataView(file.buffer, file.byteOffset).getUint32(8);
  return length < FIXED_BYTES || length > limits.segmentBytes ? undefined : length;
}

/** Of bytes from the start of the file: the whole header, and maybe more. */
export function decodeSegmentHeader(file: Uint8Array, segment: number): SegmentHeaderReading {
  const length = lengthIn(file, segment);
  if (length === undefined || length > file.length) return { state: 'bad', length: undefined };
  const bytes = file.subarray(0, length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  if (MAGIC.some((byte, index) => bytes[index] !== byte) || view.getUint32(8) !== length)
    return { state: 'bad', length };
  if (crc32c(bytes, 16) !== view.getUint32(12)) return { state: 'bad', length };
  const version = view.getUint16(16);
  if (version !== SEGMENT_FORMAT_VERSION) return { state: 'unknownVersion', version };
  const logId = readUint53(view, 24);
  if (logId === undefined || view.getUint32(20) !== segment) return { state: 'bad', length };
  const entries: (readonly [Origin, Head])[] = [];
  for (let offset = FIXED_BYTES; offset + ENTRY_BYTES <= length; offset += ENTRY_BYTES) {
    const origin = readUint53(view, offset);
    const seq = readUint53(view, offset + 8);
    if (origin === undefined || seq === undefined) return { state: 'bad', length };
    entries.push([origin, { seq, checksum: view.getUint32(offset + 16) }]);
  }
  return { state: 'whole', header: { length, segment, logId, heads: new Heads(entries) } };
}

/** The numbers of the segments on the disk, rising. */
export function listSegments(disk: Disk): number[] {
  const segments: number[] = [];
  for (const file of disk.list()) {
    const match = /^(\d{8,10})\.log$/.exec(file);
    const segment = Number(match?.[1]);
    if (segment >= 1 && segmentFileName(segment) === file) segments.push(segment);
  }
  return segments.sort((a, b) => a - b);
}
