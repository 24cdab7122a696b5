/**
 * A growable run of bytes that integers, strings and bytes are appended to. It keeps its buffer from one use to the
 * next, so a writer that is reused allocates nothing but what it hands out.
 *
 * Integers in varint form are those of protobuf: seven bits a byte, least significant first, in the fewest bytes.
 * A length that is known only after what it counts is written in front of it all the same, see `endLengthPrefix`.
 */
import { assert } from './assert.js';

const INITIAL_BYTES = 1024;
/** A buffer that grew beyond this is handed out rather than copied from, and not kept. */
const KEPT_BYTES_MAX = 64 * 1024;
/** Up to this many UTF-16 units the loop below is quicker than a call into the encoder. */
const SHORT_TEXT_UNITS = 32;

const HIGH = 2 ** 32;
const LOW_28_BITS = 2 ** 28;
const textEncoder = new TextEncoder();

export class ByteWriter {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #length = 0;

  /** How many bytes were written since the last `reset` or `take`. */
  get length(): number {
    return this.#length;
  }

  /** Forgets what was written. */
  reset(): void {
    this.#length = 0;
  }

  /** What was written, as the caller's own bytes; the writer is then empty. */
  take(): Uint8Array {
    const length = this.#length;
    this.#length = 0;
    if (this.#bytes.length <= KEPT_BYTES_MAX) return this.#bytes.slice(0, length);
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = new Uint8Array(INITIAL_BYTES);
    return taken;
  }

  /** What was written, valid until the next call of any method that writes or resets. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Appends one byte, 0 to 255. */
  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  /** Appends an integer from 0 to 2^16 - 1, big-endian. */
  fixed16(value: number): void {
    this.#reserve(2);
    this.#bytes[this.#length] = value >>> 8;
    this.#bytes[this.#length + 1] = value;
    this.#length += 2;
  }

  /** Appends an integer from 0 to 2^32 - 1, big-endian. */
  fixed32(value: number): void {
    this.#reserve(4);
    this.#length += 4;
    this.setFixed32(this.#length - 4, value);
  }

  /** Overwrites four bytes that were written before, from `at` on. */
  setFixed32(at: number, value: number): void {
    assert(at + 4 <= this.#length, 'what is overwritten was written');
    this.#bytes[at] = value >>> 24;
    this.#bytes[at + 1] = value >>> 16;
    this.#bytes[at + 2] = value >>> 8;
    this.#bytes[at + 3] = value;
  }

  /** Appends an integer from 0 to 2^53 - 1 in varint form: 1 to 8 bytes. */
  uint(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, 'an unsigned integer is from 0 to 2^53 - 1');
    this.#reserve(8);
    const bytes = this.#bytes;
    let at = this.#length;
    let rest = value;
    if (value >= HIGH) {
      // Bit operations end at 32 bits, so the low 28 go first and what is above them follows as a number of its own.
      const low = value % LOW_28_BITS;
      rest = (value - low) / LOW_28_BITS;
      for (let shift = 0; shift < 28; shift += 7, at += 1) bytes[at] = ((low >>> shift) & 127) | 128;
    }
    for (; rest > 127; rest >>>= 7, at += 1) bytes[at] = (rest & 127) | 128;
    bytes[at] = rest;
    this.#length = at + 1;
  }

  /** So many bytes will follow: makes room for them at once. */
  makeRoom(bytes: number): void {
    this.#reserve(bytes);
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Appends the UTF-8 form of `value`, and before it its length in varint form. */
  text(value: string): void {
    const units = value.length;
    // The length is that of ASCII text, nearly always; `endLengthPrefix` moves the text where that is not so.
    const prefixBytes = varintBytes(units);
    this.#reserve(prefixBytes + units * 3);
    const start = this.#length + prefixBytes;
    this.#length = start + this.#textAt(start, value);
    this.#prefix(start, prefixBytes);
  }

  /**
   * Begins a part that its length will be put before; pass what is returned to `endLengthPrefix`. Where the length is as
   * many bytes long as that of `expected`, the part need not be moved for it.
   */
  beginLengthPrefix(expected: number = 0): number {
    const room = varintBytes(expected);
    this.#reserve(room);
    this.#length += room;
    return this.#length;
  }

  /** Puts the length of what was written since `start` before it, in varint form; `expected` as it was for the beginning. */
  endLengthPrefix(start: number, expected: number = 0): void {
    this.#prefix(start, varintBytes(expected));
  }

  /** Fills the `room` bytes before `start` with the length of what follows, making the room that it needs. */
  #prefix(start: number, room: number): void {
    const length = this.#length - start;
    const needed = varintBytes(length);
    if (needed !== room) {
      if (needed > room) this.#reserve(needed - room);
      this.#bytes.copyWithin(start + needed - room, start, this.#length);
    }
    this.#length += needed - room;
    let at = start - room;
    let rest = length;
    for (; rest > 127; rest >>>= 7, at += 1) this.#bytes[at] = (rest & 127) | 128;
    this.#bytes[at] = rest;
  }

  /** Writes the UTF-8 form of `value` at `start`, where there is room for it, and returns its length. */
  #textAt(start: number, value: string): number {
    const units = value.length;
    if (units > SHORT_TEXT_UNITS) return textEncoder.encodeInto(value, this.#bytes.subarray(start)).written;
    for (let index = 0; index < units; index += 1) {
      const unit = value.charCodeAt(index);
      if (unit > 127) return textEncoder.encodeInto(value, this.#bytes.subarray(start)).written;
      this.#bytes[start + index] = unit;
    }
    return units;
  }

  #reserve(count: number): void {
    if (this.#length + count > this.#bytes.length) this.#grow(this.#length + count);
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** How many bytes the varint form of an integer below 2^32 has; no length is larger. */
function varintBytes(value: number): number {
  if (value < 1 << 7) return 1;
  if (value < 1 << 14) return 2;
  if (value < 1 << 21) return 3;
  return value < 1 << 28 ? 4 : 5;
}
