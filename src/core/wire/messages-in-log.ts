/**
 * Finds the messages in chunks of a log, for whoever keeps an index of them. Takes records as the log itself does (S4): each
 * that continues its origin's chain. One behind a gap is passed over, for it stands in the log once more where it counts; one
 * that counts already is met again, and stands at a new position then.
 */
import { conversationKey, recipientsOf } from '../model/conversation.js';
import { toHex } from '../lib/hex.js';
import type { HybridTime } from '../model/hybrid-time.js';
import { formatDot, type Dot, type Origin } from '../model/ids.js';
import type { Position } from '../model/position.js';
import { bodyOf, RecordCursor, type LogChunk } from '../model/record.js';
import type { LogHead } from '../ports/log-sink.js';
import { readMessageSent, type MessageSentInBytes } from './hot/message-sent.js';
import type { MessageOf } from './message-types.js';
import { schema } from './schema.js';
import { WireFault } from './wire-fault.js';

export interface MessageInLog extends Dot {
  readonly time: HybridTime;
  readonly position: Position;
  readonly length: number;
  /** It counted as read before: it was, or it was passed over. */
  readonly isMetAgain: boolean;
  /** Shares its memory with the chunk. */
  readonly op: MessageSentInBytes;
}

/** A message under the keys by which it is found. */
export interface MessageKeys {
  readonly conversation: string;
  /** One for each account that gets it. */
  readonly streams: readonly string[];
  /** The sender's operation id: client and counter. */
  readonly client: string;
  readonly counter: number;
}

export function keysOf({
  sender,
  conversation,
  operation,
}: Pick<MessageOf<'MessageSentOp'>, 'sender' | 'conversation' | 'operation'>): MessageKeys {
  return {
    conversation: conversationKey(conversation),
    streams: recipientsOf(conversation, sender).map(formatDot),
    client: toHex(operation.client),
    counter: operation.counter,
  };
}

export class MessagesInLog {
  readonly #headByOrigin = new Map<Origin, LogHead>();

  constructor(heads: readonly LogHead[]) {
    for (const head of heads) this.#headByOrigin.set(head.origin, head);
  }

  get heads(): LogHead[] {
    return [...this.#headByOrigin.values()];
  }

  /** Counts as read what these heads cover. */
  passOver(heads: readonly LogHead[]): void {
    for (const head of heads) if (head.seq > this.#seq(head.origin)) this.#headByOrigin.set(head.origin, head);
  }

  read({ position, bytes }: LogChunk, visit: (message: MessageInLog) => void): void {
    const cursor = new RecordCursor(bytes);
    while (cursor.next()) {
      const { origin, seq } = cursor;
      const isMetAgain = seq <= this.#seq(origin);
      if (!isMetAgain && !this.#takes(cursor)) continue;
      if (cursor.kind !== schema.MessageSentOp.op) continue;
      const op = opOf(cursor.record());
      if (op === undefined) continue;
      const { time, length, offset } = cursor;
      visit({ origin, seq, time, position: position + offset, length, isMetAgain, op });
    }
  }

  #seq(origin: Origin): number {
    return this.#headByOrigin.get(origin)?.seq ?? 0;
  }

  #takes({ origin, seq, previous, checksum }: RecordCursor): boolean {
    const head = this.#headByOrigin.get(origin);
    if (seq !== (head?.seq ?? 0) + 1 || previous !== (head?.checksum ?? 0)) return false;
    this.#headByOrigin.set(origin, { origin, seq, checksum });
    return true;
  }
}

/** Undefined where it cannot be read: then it changes nothing, as with the state. */
function opOf(record: Uint8Array): MessageSentInBytes | undefined {
  try {
    return readMessageSent(bodyOf(record));
  } catch (error) {
    if (error instanceof WireFault) return undefined;
    throw error;
  }
}
