/**
 * The few messages that come once for each text, read and written by hand: the table codec in `codec.ts` costs several times
 * as much, and makes a string of every text. Here a text stays the bytes that it came as, from the sender to the recipient.
 *
 * The table is the one truth all the same. What is not as `encode` writes it (fields in another order, unknown ones, whatever
 * is malformed) is left to the table codec; and tests hold each function here to give what that gives, and its faults.
 */
import type { ByteReader } from '../../lib/byte-reader.js';
import type { ByteWriter } from '../../lib/byte-writer.js';
import type { MessageOf } from '../message-types.js';

/** A message with its text in UTF-8. */
export type InBytes<M extends { readonly text: string }> = Omit<M, 'text'> & { readonly text: Uint8Array };

/** The tags of Dot, and of OperationId. */
const [ORIGIN, SEQ, CLIENT, COUNTER] = [0x08, 0x10, 0x0a, 0x10];

const encoder = new TextEncoder();

/** What the table codec has read. */
export function inBytes<M extends { readonly text: string }>(message: M): InBytes<M> {
  return { ...message, text: encoder.encode(message.text) };
}

/** A dot with its length before it; undefined where it is not written in the usual way. */
export function readDot(reader: ByteReader): MessageOf<'Dot'> | undefined {
  const length = reader.uint();
  const start = reader.position;
  if (length === undefined || reader.uint() !== ORIGIN) return undefined;
  const origin = reader.uint();
  if (origin === undefined || reader.uint() !== SEQ) return undefined;
  const seq = reader.uint();
  return seq !== undefined && reader.position === start + length ? { origin, seq } : undefined;
}

/** An operation id with its length before it; undefined where it is not written in the usual way. */
export function readOperation(reader: ByteReader): MessageOf<'OperationId'> | undefined {
  const length = reader.uint();
  const start = reader.position;
  if (length === undefined || reader.uint() !== CLIENT) return undefined;
  const clientLength = reader.uint();
  const client = clientLength === undefined ? undefined : reader.bytes(clientLength);
  if (client === undefined || reader.uint() !== COUNTER) return undefined;
  const counter = reader.uint();
  return counter !== undefined && reader.position === start + length ? { client, counter } : undefined;
}

export function writeDot(writer: ByteWriter, tag: number, { origin, seq }: MessageOf<'Dot'>): void {
  writer.byte(tag);
  const start = writer.beginLengthPrefix();
  writeUint(writer, ORIGIN, origin);
  writeUint(writer, SEQ, seq);
  writer.endLengthPrefix(start);
}

export function writeOperation(writer: ByteWriter, tag: number, { client, counter }: MessageOf<'OperationId'>): void {
  writer.byte(tag);
  const start = writer.beginLengthPrefix();
  writeBytes(writer, CLIENT, client);
  writeUint(writer, COUNTER, counter);
  writer.endLengthPrefix(start);
}

/** An integer, left out where it is 0. */
export function writeUint(writer: ByteWriter, tag: number, value: number): void {
  if (value === 0) return;
  writer.byte(tag);
  writer.uint(value);
}

/** Bytes with their length before them, left out where there are none. */
export function writeBytes(writer: ByteWriter, tag: number, value: Uint8Array): void {
  if (value.length === 0) return;
  writer.byte(tag);
  writer.uint(value.length);
  writer.bytes(value);
}
