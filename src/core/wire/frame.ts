/**
 * Frames: how messages follow each other on a byte stream.
 *
 * ```
 *  0  u32  length of the body
 *  4  u16  type of the message
 *  6  u16  flags: bit 0, skip me if you do not know my type; the others are 0 and are ignored
 *  8  u32  correlation id: an answer has that of its request; 0 is a push
 * 12       body: the message in protobuf encoding
 * ```
 *
 * All integers are big-endian. On TCP the side that dialled sends a preface of 8 bytes before its first frame; a
 * WebSocket has none, and its message boundaries mean nothing.
 */
import { assert } from '../lib/assert.js';
import type { ByteWriter } from '../lib/byte-writer.js';
import { encodeInto } from './codec.js';
import type { FrameName, MessageOf } from './message-types.js';
import { schema } from './schema.js';
import type { MessageDefinition } from './schema-language.js';
import { WireFault } from './wire-fault.js';

/** What a TCP connection begins with. The first byte is no ASCII, so that one port can tell this from HTTP and TLS. */
export const preface: Uint8Array = Uint8Array.of(0xa7, 0x48, 0x46, 0x41, 0x53, 0x54, 0x0d, 0x0a);

export const FRAME_HEADER_BYTES = 12;

/** Flag: a receiver that does not know the type skips the frame in place of closing. */
export const FLAG_IGNORABLE = 1;

/** The correlation id of what is no request and no answer. */
export const PUSH = 0;

const typesByName = new Map<string, number>();
const namesByType = new Map<number, FrameName>();
const ignorableNames = new Set<string>();
for (const [name, { type, ignorable }] of Object.entries<MessageDefinition>(schema)) {
  if (type === undefined) continue;
  if (ignorable === true) ignorableNames.add(name);
  assert(!namesByType.has(type), `the frame type of ${name} is its own`);
  typesByName.set(name, type);
  namesByType.set(type, name as FrameName);
}

/** The message that travels in frames of the type; undefined for a type of a later version. */
export function messageNameOfType(type: number): FrameName | undefined {
  return namesByType.get(type);
}

export function typeOf(name: FrameName): number {
  const type = typesByName.get(name);
  assert(type !== undefined, 'a message that travels as a frame has a type');
  return type;
}

export interface FrameHeader {
  readonly type: number;
  readonly correlation: number;
  /** 0 where left out. */
  readonly flags?: number;
}

/** Appends one frame with the message as its body, and with the flag that the schema table asks for. */
export function encodeFrame<N extends FrameName>(
  writer: ByteWriter,
  name: N,
  value: MessageOf<N>,
  correlation: number,
  flags = ignorableNames.has(name) ? FLAG_IGNORABLE : 0,
): void {
  const start = beginFrame(writer, { type: typeOf(name), correlation, flags });
  encodeInto(writer, name, value);
  endFrame(writer, start);
}

/** Appends the header of a frame; its body is what is written until `endFrame` is called with what this returned. */
export function beginFrame(writer: ByteWriter, { type, correlation, flags = 0 }: FrameHeader): number {
  const start = writer.length;
  writer.fixed32(0);
  writer.fixed16(type);
  writer.fixed16(flags);
  writer.fixed32(correlation);
  return start;
}

export function endFrame(writer: ByteWriter, start: number): void {
  writer.setFixed32(start, writer.length - start - FRAME_HEADER_BYTES);
}

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly correlation: number;
  readonly body: Uint8Array;
}

/**
 * Cuts a byte stream into frames, whatever the pieces in which it arrives. Between two pieces it holds at most the
 * frame that is not yet whole, in memory that grows as the bytes come and never by what a header merely announces.
 */
export class FrameDecoder {
  /** The longest body allowed, in bytes. May be set at any time, and holds for every header that is read after. */
  bodyBytesMax: number;

  #prefaceBytesSeen: number;
  /** The beginning of a frame that is not yet whole; its first `#pendingLength` bytes count. */
  #pending: Uint8Array = new Uint8Array(0);
  #pendingLength = 0;
  #hasEnded = false;

  constructor(options: { readonly bodyBytesMax: number; readonly expectsPreface: boolean }) {
    this.bodyBytesMax = options.bodyBytesMax;
    this.#prefaceBytesSeen = options.expectsPreface ? 0 : preface.length;
  }

  /**
   * The frames that became whole with this chunk. Nothing is read until they are asked for, and the chunk may be
   * overwritten only when all have been: a body may be a view of it. Throws a `WireFault` on what is no frame; after
   * that, and after an iteration that was left early, the decoder must not be used again.
   */
  *feed(chunk: Uint8Array): Generator<Frame, void, void> {
    assert(!this.#hasEnded, 'a stream is not read on after a fault, or after it was left');
    this.#hasEnded = true;
    let offset = this.#readPreface(chunk);
    while (offset < chunk.length) {
      if (this.#pendingLength === 0) {
        const length = this.#frameLengthAt(chunk, offset, chunk.length);
        if (length !== undefined && offset + length <= chunk.length) {
          yield frameAt(chunk, offset, length);
          offset += length;
          continue;
        }
      }
      offset = this.#keepUpTo(FRAME_HEADER_BYTES, chunk, offset);
      const length = this.#frameLengthAt(this.#pending, 0, this.#pendingLength);
      if (length === undefined) break;
      offset = this.#keepUpTo(length, chunk, offset);
      if (this.#pendingLength < length) break;
      const whole = this.#pending;
      this.#pending = new Uint8Array(0);
      this.#pendingLength = 0;
      yield frameAt(whole, 0, length);
    }
    this.#hasEnded = false;
  }

  /** Checks what the chunk has of the preface and returns where the frames begin in it. */
  #readPreface(chunk: Uint8Array): number {
    let offset = 0;
    for (; this.#prefaceBytesSeen < preface.length && offset < chunk.length; offset += 1) {
      if (chunk[offset] !== preface[this.#prefaceBytesSeen]) {
        throw new WireFault('MALFORMED', 'The connection does not begin with the preface.');
      }
      this.#prefaceBytesSeen += 1;
    }
    return offset;
  }

  /** Length of the frame with the header at `offset`, header included; undefined where the header is not all there. */
  #frameLengthAt(bytes: Uint8Array, offset: number, end: number): number | undefined {
    if (end - offset < FRAME_HEADER_BYTES) return undefined;
    const bodyLength = fixed32At(bytes, offset);
    if (bodyLength > this.bodyBytesMax) {
      throw new WireFault('FRAME_TOO_LARGE', `A frame of ${bodyLength} bytes; ${this.bodyBytesMax} are allowed here.`);
    }
    return FRAME_HEADER_BYTES + bodyLength;
  }

  /** Adds to the kept bytes from the chunk until there are `wanted`, or no more; returns where the rest begins. */
  #keepUpTo(wanted: number, chunk: Uint8Array, offset: number): number {
    const added = Math.min(wanted - this.#pendingLength, chunk.length - offset);
    if (added <= 0) return offset;
    const needed = this.#pendingLength + added;
    if (needed > this.#pending.length) {
      const grown = new Uint8Array(Math.min(Math.max(needed, this.#pending.length * 2), Math.max(wanted, needed)));
      grown.set(this.#pending.subarray(0, this.#pendingLength));
      this.#pending = grown;
    }
    this.#pending.set(chunk.subarray(offset, offset + added), this.#pendingLength);
    this.#pendingLength = needed;
    return offset + added;
  }
}

function frameAt(bytes: Uint8Array, offset: number, length: number): Frame {
  return {
    type: (bytes[offset + 4]! << 8) | bytes[offset + 5]!,
    flags: (bytes[offset + 6]! << 8) | bytes[offset + 7]!,
    correlation: fixed32At(bytes, offset + 8),
    body: bytes.subarray(offset + FRAME_HEADER_BYTES, offset + length),
  };
}

function fixed32At(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0;
}
