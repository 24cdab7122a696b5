/** The op of a message, in the body of its record. */
import { ByteReader } from '../../lib/byte-reader.js';
import type { ByteWriter } from '../../lib/byte-writer.js';
import { decode } from '../codec.js';
import type { MessageOf } from '../message-types.js';
import { inBytes, readDot, readOperation, writeBytes, writeDot, writeOperation, type InBytes } from './in-bytes.js';

export type MessageSentInBytes = InBytes<MessageOf<'MessageSentOp'>>;

/** The tags of MessageSentOp, and that of Conversation. */
const [SENDER, CONVERSATION, OPERATION, TEXT] = [0x0a, 0x12, 0x1a, 0x22];
const DIRECT = 0x0a;

/** As `decode('MessageSentOp', body)`, but for the text, which is a view of the body as the client is. @throws WireFault */
export function readMessageSent(body: Uint8Array): MessageSentInBytes {
  return readUsual(new ByteReader(body)) ?? inBytes(decode('MessageSentOp', body));
}

/** Appends what `encodeInto` makes of it. */
export function writeMessageSent(writer: ByteWriter, op: MessageSentInBytes): void {
  writeDot(writer, SENDER, op.sender);
  writer.byte(CONVERSATION);
  const conversation = writer.beginLengthPrefix();
  for (const account of op.conversation.direct) writeDot(writer, DIRECT, account);
  writer.endLengthPrefix(conversation);
  writeOperation(writer, OPERATION, op.operation);
  writeBytes(writer, TEXT, op.text);
}

function readUsual(reader: ByteReader): MessageSentInBytes | undefined {
  if (reader.uint() !== SENDER) return undefined;
  const sender = readDot(reader);
  if (sender === undefined || reader.uint() !== CONVERSATION) return undefined;
  const conversation = readConversation(reader);
  if (conversation === undefined || reader.uint() !== OPERATION) return undefined;
  const operation = readOperation(reader);
  if (operation === undefined || reader.uint() !== TEXT) return undefined;
  const textLength = reader.uint();
  const text = textLength === undefined ? undefined : reader.utf8(textLength);
  return text !== undefined && reader.atEnd ? { sender, conversation, operation, text } : undefined;
}

function readConversation(reader: ByteReader): MessageOf<'Conversation'> | undefined {
  const length = reader.uint();
  if (length === undefined) return undefined;
  const end = reader.position + length;
  const direct = [];
  while (reader.position < end) {
    if (reader.uint() !== DIRECT) return undefined;
    const account = readDot(reader);
    if (account === undefined) return undefined;
    direct.push(account);
  }
  return reader.position === end ? { direct } : undefined;
}
