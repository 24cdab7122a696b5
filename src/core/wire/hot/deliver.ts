/** The frame of a message on its way to a reader. */
import type { ByteWriter } from '../../lib/byte-writer.js';
import { beginFrame, endFrame, PUSH, typeOf } from '../frame.js';
import type { MessageOf } from '../message-types.js';
import { writeBytes, writeDot, writeOperation, writeUint, type InBytes } from './in-bytes.js';

export type TextInBytes = InBytes<MessageOf<'Text'>>;
export type DeliverInBytes = Omit<MessageOf<'Deliver'>, 'message'> & { readonly message: TextInBytes };

const DELIVER_TYPE = typeOf('Deliver');
/** The tags of Deliver. */
const [MESSAGE, PREVIOUS_SEQ, SENDER, OPERATION] = [0x0a, 0x10, 0x1a, 0x22];
/** The tags of Text. */
const [ID, FROM, TO, TEXT, SENT_AT_MS, TIME, FROM_DELETED, LATE, TO_DELETED] = [
  0x0a, 0x12, 0x1a, 0x22, 0x28, 0x30, 0x38, 0x40, 0x48,
];
/** What the other fields of a Text come to, more or less. */
const OTHER_FIELDS_BYTES = 60;

/** Appends the frame that `encodeFrame` makes of it as a push. */
export function writeDeliverFrame(writer: ByteWriter, deliver: DeliverInBytes): void {
  const start = beginFrame(writer, { type: DELIVER_TYPE, correlation: PUSH });
  const { message } = deliver;
  const expected = message.text.length + OTHER_FIELDS_BYTES;
  writer.byte(MESSAGE);
  const text = writer.beginLengthPrefix(expected);
  writeText(writer, message);
  writer.endLengthPrefix(text, expected);
  writeUint(writer, PREVIOUS_SEQ, deliver.previousSeq);
  writeDot(writer, SENDER, deliver.sender);
  writeOperation(writer, OPERATION, deliver.operation);
  endFrame(writer, start);
}

function writeText(writer: ByteWriter, message: TextInBytes): void {
  writeDot(writer, ID, message.id);
  writeString(writer, FROM, message.from);
  writeString(writer, TO, message.to);
  writeBytes(writer, TEXT, message.text);
  writeUint(writer, SENT_AT_MS, message.sentAtMs);
  writeUint(writer, TIME, message.time);
  writeUint(writer, FROM_DELETED, message.fromDeleted ? 1 : 0);
  writeUint(writer, LATE, message.late ? 1 : 0);
  if (message.toDeleted) writeUint(writer, TO_DELETED, 1);
}

function writeString(writer: ByteWriter, tag: number, value: string): void {
  if (value === '') return;
  writer.byte(tag);
  writer.text(value);
}
