/**
 * Reads integers, strings and bytes one after the other from a run of bytes that may be hostile. No input makes a
 * method throw: what cannot be read is `undefined`, and the position is then of no use any more.
 */
import { assert } from './assert.js';
import { isUtf8 } from './utf8.js';

/** Up to this many bytes the loop below is quicker than a call into the decoder. */
const SHORT_TEXT_BYTES = 24;
/** The varint form of 2^64 - 1 has ten bytes; longer ones are nobody's. */
const VARINT_BYTES_MAX = 10;

const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class ByteReader {
  readonly #bytes: Uint8Array;
  #position: number;
  #end: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#position = 0;
    this.#end = bytes.length;
  }

  /** How many bytes lie before the next that is read. */
  get position(): number {
    return this.#position;
  }

  /** Bytes from here to where reading ends. */
  get remaining(): number {
    return this.#end - this.#position;
  }

  get atEnd(): boolean {
    return this.#position >= this.#end;
  }

  /** Confines reading to the next `length` of the remaining bytes. Returns what `widen` needs to end that. */
  narrow(length: number): number {
    assert(length <= this.remaining, 'reading is confined to bytes that are there');
    const outerEnd = this.#end;
    this.#end = this.#position + length;
    return outerEnd;
  }

  /** Ends what `narrow` began. */
  widen(outerEnd: number): void {
    this.#end = outerEnd;
  }

  /** An integer in varint form; undefined where the bytes end within it or it is more than 2^53 - 1. */
  uint(): number | undefined {
    const bytes = this.#bytes;
    const end = this.#end;
    let position = this.#position;
    if (position >= end) return undefined;
    let byte = bytes[position]!;
    position += 1;
    let value = byte & 127;
    let shift = 7;
    for (; byte > 127 && shift < 28; shift += 7) {
      if (position >= end) return undefined;
      byte = bytes[position]!;
      position += 1;
      value |= (byte & 127) << shift;
    }
    // Above 2^28 by multiplication: bit operations end at 32 bits. A sum above 2^53 may be rounded, but not to below it.
    for (let scale = 2 ** 28; byte > 127; scale *= 128, shift += 7) {
      if (position >= end || shift >= VARINT_BYTES_MAX * 7) return undefined;
      byte = bytes[position]!;
      position += 1;
      value += (byte & 127) * scale;
    }
    this.#position = position;
    return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
  }

  /** Steps over an integer in varint form of up to 64 bits; false where there is none. */
  skipVarint(): boolean {
    for (let count = 0; count < VARINT_BYTES_MAX && this.#position < this.#end; count += 1) {
      this.#position += 1;
      if (this.#bytes[this.#position - 1]! < 128) return true;
    }
    return false;
  }

  /** Steps over `count` bytes; false where there are fewer. */
  skip(count: number): boolean {
    if (count > this.#end - this.#position) return false;
    this.#position += count;
    return true;
  }

  /** The next `length` bytes, as a view of the same memory; undefined where there are fewer. */
  bytes(length: number): Uint8Array | undefined {
    const start = this.#position;
    return this.skip(length) ? this.#bytes.subarray(start, start + length) : undefined;
  }

  /** The next `length` bytes, as a view of the same memory; undefined where there are fewer or they are not UTF-8. */
  utf8(length: number): Uint8Array | undefined {
    const start = this.#position;
    if (!this.skip(length) || !isUtf8(this.#bytes, start, this.#position)) return undefined;
    return this.#bytes.subarray(start, this.#position);
  }

  /** The text whose UTF-8 form the next `length` bytes are; undefined where there are fewer or they are not UTF-8. */
  text(length: number): string | undefined {
    const start = this.#position;
    if (!this.skip(length)) return undefined;
    if (length <= SHORT_TEXT_BYTES) {
      const text = shortAscii(this.#bytes, start, this.#position);
      if (text !== undefined) return text;
    }
    return decodeUtf8(this.#bytes.subarray(start, this.#position));
  }
}

function shortAscii(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = '';
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at]!;
    if (byte > 127) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** The text, or undefined where the bytes are not UTF-8. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return textDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}
