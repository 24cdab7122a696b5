/** Send as a server reads it, and the frame of its answer. */
import { ByteReader } from '../../lib/byte-reader.js';
import type { ByteWriter } from '../../lib/byte-writer.js';
import { decode } from '../codec.js';
import { beginFrame, endFrame, typeOf } from '../frame.js';
import type { MessageOf } from '../message-types.js';
import { inBytes, writeDot, writeUint, type InBytes } from './in-bytes.js';

export type SendInBytes = InBytes<MessageOf<'Send'>>;

const SENT_TYPE = typeOf('Sent');
/** The tags of Send. */
const [TO, TEXT, COUNTER] = [0x0a, 0x12, 0x18];
/** The tags of Sent and of StoredOn. */
const [ID, SENT_AT_MS, TIME, STORED_ON] = [0x0a, 0x10, 0x18, 0x22];
const [COPIES, MEMBERS] = [0x08, 0x10];

/** As `decode('Send', bytes)`, but for the text, which is a view of the bytes. @throws WireFault */
export function readSend(bytes: Uint8Array): SendInBytes {
  return readUsual(new ByteReader(bytes)) ?? inBytes(decode('Send', bytes));
}

function readUsual(reader: ByteReader): SendInBytes | undefined {
  if (reader.uint() !== TO) return undefined;
  const toLength = reader.uint();
  const to = toLength === undefined ? undefined : reader.text(toLength);
  if (to === undefined || reader.uint() !== TEXT) return undefined;
  const textLength = reader.uint();
  const text = textLength === undefined ? undefined : reader.utf8(textLength);
  if (text === undefined || reader.uint() !== COUNTER) return undefined;
  const counter = reader.uint();
  return counter !== undefined && reader.atEnd ? { to, text, counter } : undefined;
}

/** Appends the frame that `encodeFrame` makes of it. */
export function writeSentFrame(writer: ByteWriter, sent: MessageOf<'Sent'>, correlation: number): void {
  const start = beginFrame(writer, { type: SENT_TYPE, correlation });
  writeDot(writer, ID, sent.id);
  writeUint(writer, SENT_AT_MS, sent.sentAtMs);
  writeUint(writer, TIME, sent.time);
  writer.byte(STORED_ON);
  const storedOn = writer.beginLengthPrefix();
  writeUint(writer, COPIES, sent.storedOn.copies);
  writeUint(writer, MEMBERS, sent.storedOn.members);
  writer.endLengthPrefix(storedOn);
  endFrame(writer, start);
}
