/**
 * The stream of messages to one attached session: first what its reader lacks, from the view database, then each message
 * as it becomes durable here.
 *
 * Invariants: a message is pushed only if the reader's cursor does not cover it, and the cursor never moves past one that
 * was not pushed; no more is pushed than the reader granted; nothing is kept for a slow reader but its cursor.
 */
import type { Account } from '../chat/account.js';
import { readMessageRecord, textOf } from '../chat/text.js';
import type { ChatState, MessageChange } from '../chat/state.js';
import { limits } from '../model/limits.js';
import type { RecordHeader } from '../model/record.js';
import type { Vector } from '../model/vector.js';
import type { ViewQuery, ViewAnswers } from '../ports/view.js';
import type { DeliverInBytes } from '../wire/hot/deliver.js';
import type { MessageSentInBytes } from '../wire/hot/message-sent.js';

/**
 * `reading`: the view database was asked for what is lacking, and what comes meanwhile is set by.
 * `starved`: there is more, or may be, and no credit for it. `live`: everything was pushed.
 */
type State = 'reading' | 'starved' | 'live' | 'ended';

/** What comes while the database is read is set by; beyond this many it is read once more instead. */
const SET_BY_MAX = 256;

export interface DeliveryOptions {
  readonly stream: string;
  readonly state: ChatState;
  readonly cursor: Vector;
  readonly credit: number;
  readonly query: (
    query: Extract<ViewQuery, { kind: 'stream' }>,
    done: (answer: ViewAnswers['stream']) => void,
  ) => void;
  readonly push: (message: DeliverInBytes) => void;
  readonly live: () => void;
}

export class Delivery {
  readonly #options: DeliveryOptions;
  /** What the reader has or was sent. */
  readonly #cursor: Vector;
  #credit: number;
  #state: State = 'starved';
  #saidLive = false;
  #setBy: { readonly header: RecordHeader; readonly change: MessageChange }[] = [];
  /** What is being read is not enough. */
  #readsAgain = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#cursor = options.cursor;
    this.#credit = options.credit;
    this.#read();
  }

  grant(credit: number): void {
    this.#credit = Math.min(this.#credit + credit, limits.creditMax);
    if (this.#state === 'starved') this.#read();
  }

  /** A message for this stream has become durable. */
  offer(header: RecordHeader, change: MessageChange): void {
    if (this.#cursor.covers(header)) return;
    if (this.#state === 'live') {
      if (this.#credit > 0) this.#push(header, change.sender, change.op);
      else this.#state = 'starved';
    } else if (this.#state === 'reading') {
      if (this.#setBy.length < SET_BY_MAX) this.#setBy.push({ header, change });
      else this.#readsAgain = true;
    }
  }

  /**
   * Another op of a send that was seen before is in the view database. It may be new to this reader all the same: the name
   * that the send was for may have belonged to one account where the first was written, and to another where this was. Only
   * the database knows whether this reader has the message, so it is asked.
   */
  copyStored(header: RecordHeader): void {
    if (this.#state === 'reading') this.#readsAgain = true;
    else if (this.#state === 'live' && !this.#cursor.covers(header)) this.#read();
  }

  end(): void {
    this.#state = 'ended';
    this.#setBy = [];
  }

  #read(): void {
    if (this.#credit === 0) {
      this.#state = 'starved';
      return;
    }
    this.#state = 'reading';
    this.#setBy = [];
    this.#readsAgain = false;
    const limit = Math.min(this.#credit, limits.messagesPerPageMax);
    const { stream } = this.#options;
    this.#options.query({ kind: 'stream', stream, after: this.#cursor.clone(), limit }, (answer) => {
      if (this.#state === 'reading') this.#answered(answer);
    });
  }

  #answered(answer: ViewAnswers['stream']): void {
    for (const record of answer.records) {
      const { header, op } = readMessageRecord(record);
      this.#push(header, this.#options.state.namedAccount(op.sender), op);
    }
    if (answer.more || this.#readsAgain) {
      this.#read();
      return;
    }
    this.#state = 'live';
    const setBy = this.#setBy;
    this.#setBy = [];
    for (const { header, change } of setBy) {
      if (this.#cursor.covers(header)) continue;
      if (this.#credit === 0) {
        this.#state = 'starved';
        return;
      }
      this.#push(header, change.sender, change.op);
    }
    if (this.#saidLive) return;
    this.#saidLive = true;
    this.#options.live();
  }

  #push(header: RecordHeader, sender: Account, op: MessageSentInBytes): void {
    const { origin, seq } = header;
    const message = textOf(this.#options.state, header, sender, op);
    const previousSeq = this.#cursor.get(origin);
    this.#cursor.raise(origin, seq);
    this.#credit -= 1;
    this.#options.push({ message, previousSeq, sender: op.sender, operation: op.operation });
  }
}
