/** Messages as their readers get them, made from the records of the log. */
import { readRecord, bodyOf, type RecordHeader } from '../model/record.js';
import { wallMsOf, type TimedDot } from '../model/hybrid-time.js';
import { sameDot, type Dot } from '../model/ids.js';
import { assert } from '../lib/assert.js';
import { textOfUtf8 } from '../lib/utf8.js';
import type { TextInBytes } from '../wire/hot/deliver.js';
import { readMessageSent, type MessageSentInBytes } from '../wire/hot/message-sent.js';
import type { MessageOf } from '../wire/message-types.js';
import { otherSide } from '../model/conversation.js';
import type { Account } from './account.js';
import type { ChatState } from './state.js';

/** More than any fields of a Text but the text itself take, so that a page is sure to fit its frame. */
const TEXT_OVERHEAD_BYTES = 256;
const FRAME_OVERHEAD_BYTES = 64;

/** A message as a recipient gets it: what `op` says, by `header`, with the names of the accounts as they are now. */
export function textOf(
  state: ChatState,
  header: RecordHeader,
  sender: Account,
  { conversation, text }: MessageSentInBytes,
): TextInBytes {
  const recipient = state.namedAccount(otherSide(conversation, sender.id));
  return {
    id: header,
    from: sender.displayName,
    to: recipient.displayName,
    text,
    sentAtMs: wallMsOf(header.time),
    time: header.time,
    fromDeleted: sender.deleted,
    late: state.late.has(header),
    toDeleted: recipient.deleted,
  };
}

/** Before which place a page ends: without an id before all messages of the time, without a time nowhere. */
export function endOfPage(page: {
  readonly beforeTime: number;
  readonly beforeId?: Dot | undefined;
}): TimedDot | undefined {
  const { beforeTime: time, beforeId = { origin: 0, seq: 0 } } = page;
  return time === 0 ? undefined : { ...beforeId, time };
}

/** Reads the record of a message that the view database found and whose checksum it has checked. */
export function readMessageRecord(record: Uint8Array): { header: RecordHeader; op: MessageSentInBytes } {
  const reading = readRecord(record, 0);
  assert(reading.state === 'whole', 'the view database gives whole records');
  return { header: reading.header, op: readMessageSent(bodyOf(record)) };
}

/** The same as those who ask for it get it. */
export function textOfRecord(state: ChatState, record: Uint8Array): MessageOf<'Text'> {
  const { header, op } = readMessageRecord(record);
  const message = textOf(state, header, state.namedAccount(op.sender), op);
  const { origin, seq } = header;
  return { ...message, id: { origin, seq }, text: textOfUtf8(message.text) };
}

/** Whether the account sent or got the message of the record. */
export function hasPartIn({ id }: Account, record: Uint8Array): boolean {
  const { conversation } = readMessageRecord(record).op;
  return conversation.direct.some((party) => sameDot(party, id));
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
    texts.push(textOfRecord(state, record));
  }
  return { texts, cut: false };
}
