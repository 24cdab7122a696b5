/** Messages as their readers get them, made from the records of the log. */
import { readRecord, bodyOf, type RecordHeader } from '../model/record.js';
import { wallMsOf } from '../model/hybrid-time.js';
import type { Dot } from '../model/ids.js';
import { assert } from '../lib/assert.js';
import { decode } from '../wire/codec.js';
import type { MessageOf } from '../wire/message-types.js';
import { otherSide, type Conversation } from '../model/conversation.js';
import type { Account } from './account.js';
import type { ChatState } from './state.js';

/** More than any fields of a Text but the text itself take, so that a page is sure to fit its frame. */
const TEXT_OVERHEAD_BYTES = 256;
const FRAME_OVERHEAD_BYTES = 64;

export function textOf(
  state: ChatState,
  header: RecordHeader,
  sender: Account,
  conversation: Conversation,
  text: string,
): MessageOf<'Text'> {
  const recipient = state.namedAccount(otherSide(conversation, sender.id));
  return {
    id: { origin: header.origin, seq: header.seq },
    from: sender.displayName,
    to: recipient.displayName,
    text,
    sentAtMs: wallMsOf(header.time),
    time: header.time,
    fromDeleted: sender.deleted,
    late: state.late.has(header),
  };
}

/** A message with what tells it from others: the same for every copy of one send. */
export interface IdentifiedText {
  readonly message: MessageOf<'Text'>;
  readonly sender: Dot;
  readonly operation: MessageOf<'OperationId'>;
}

/** Reads a record that the view database found and whose checksum it has checked. */
export function textOfRecord(state: ChatState, record: Uint8Array): IdentifiedText {
  const reading = readRecord(record, 0);
  assert(reading.state === 'whole', 'the view database gives whole records');
  const { sender, conversation, operation, text } = decode('MessageSentOp', bodyOf(record));
  const message = textOf(state, reading.header, state.namedAccount(sender), conversation, text);
  return { message, sender, operation };
}

/** As many as fit a frame of the given size, from the first; `cut` where some did not. */
export function textsWithin(
  state: ChatState,
  records: readonly Uint8Array[],
  frameBytes: number,
): { texts: MessageOf<'Text'>[]; cut: boolean } {
  const texts: MessageOf<'Text'>[] = [];
  let room = frameBytes - FRAME_OVERHEAD_BYTES;
  for (const record of records) {
    room -= record.length + TEXT_OVERHEAD_BYTES;
    if (room < 0 && texts.length > 0) return { texts, cut: true };
    texts.push(textOfRecord(state, record).message);
  }
  return { texts, cut: false };
}
