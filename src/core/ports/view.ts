/**
 * The view database: what can be rebuilt from the log, kept where reads are cheap. It has two parts, each with a position of
 * its own in the log.
 *
 * The state is saved in batches: a batch is applied whole or not at all. The messages it reads from the log itself
 * ({@link LogSink}), behind the state: it is given nothing that no batch before has said to be applied. Queries see everything
 * committed and indexed before them. `done` is never called before the call returns. A crash may take the last batches and
 * chunks with it, each whole and none but the last: what the view then says of itself is true all the same, and the log has
 * the rest.
 *
 * Of chat the view knows what a message is. Entities are opaque, and streams and conversations are keys.
 *
 * A split can make two messages of one send. Their conversation shows the earlier one (by time and dot); a stream gives
 * whichever its reader lacks, and none where the reader has one of them.
 */
import type { HybridTime, TimedDot } from '../model/hybrid-time.js';
import type { Dot } from '../model/ids.js';
import type { PatternFault } from '../model/pattern.js';
import type { Position } from '../model/position.js';
import type { Vector } from '../model/vector.js';
import type { IndexedTo, LogSink } from './log-sink.js';

/** Small state that the core keeps in memory, saved so that a start need not replay the whole log. */
export interface Entity {
  readonly kind: number;
  readonly key: string;
  /** Undefined removes it. */
  readonly value: Uint8Array | undefined;
}

export interface ViewBatch {
  /** Everything before this position is applied once the batch is. */
  readonly appliedTo: Position;
  readonly entities: readonly Entity[];
  /** Streams to empty. A stream emptied once stays empty, whatever is read of the log later. */
  readonly removedStreams: readonly string[];
  /** Names for people to list. `visible: false` takes one off the list. */
  readonly names: readonly { readonly name: string; readonly visible: boolean }[];
  /** Messages that the log has put elsewhere. What is no message, or none that was read, is passed over. */
  readonly moved: readonly MessagePlace[];
}

/** Where the record of a message stands, or should stand. */
export interface MessagePlace extends Dot {
  readonly position: Position;
}

export interface ViewSnapshot {
  readonly appliedTo: Position;
  /** How far the messages were read; no further than what is applied. */
  readonly indexed: IndexedTo;
  readonly entities: readonly (Entity & { readonly value: Uint8Array })[];
}

export type ViewQuery =
  /**
   * What of a stream a reader that holds `after` lacks, earliest time first, at most `limit` messages and
   * `limits.viewAnswerBytesMax`. Messages of one origin always come in the order of their seqs, as their times do, so
   * that a reader which keeps the vector of what it got can stop anywhere and go on from there.
   */
  | { readonly kind: 'stream'; readonly stream: string; readonly after: Vector; readonly limit: number }
  /** The same without limit, counted by conversation; the conversation with the latest message first. */
  | { readonly kind: 'waiting'; readonly stream: string; readonly after: Vector }
  /** A conversation, latest first, strictly before `before` in (time, dot) order. The same limits. */
  | {
      readonly kind: 'history';
      readonly conversation: string;
      readonly before: TimedDot | undefined;
      readonly limit: number;
    }
  /**
   * These messages, in this order, without those that their conversation does not show: a copy behind the one that stands
   * for it, or what the view does not know. The same limit of bytes.
   */
  | { readonly kind: 'messages'; readonly dots: readonly Dot[] }
  /** The message of a conversation that carries this operation id. */
  | { readonly kind: 'sent'; readonly conversation: string; readonly client: string; readonly counter: number }
  /** Names that the pattern finds anything in, in order, after the name `after`. Empty finds all. */
  | { readonly kind: 'names'; readonly pattern: string; readonly after: string; readonly limit: number };

export interface WaitingConversation {
  readonly conversation: string;
  readonly count: number;
  /** The times of the earliest and the latest of them. */
  readonly first: HybridTime;
  readonly latest: HybridTime;
}

/**
 * The records of one answer may share their memory: keep a copy, not the record. `more`: the limit cut something off.
 * `unreadable`: messages of the answer that the log does not hold where it should; they are left out of the records.
 */
export interface ViewAnswers {
  readonly stream: ViewPage;
  readonly waiting: { readonly conversations: readonly WaitingConversation[] };
  readonly history: ViewPage;
  readonly messages: ViewPage;
  readonly sent: { readonly record: Uint8Array | undefined; readonly unreadable: readonly MessagePlace[] };
  readonly names: { readonly names: readonly string[]; readonly more: boolean } | PatternFault;
}

interface ViewPage {
  readonly records: readonly Uint8Array[];
  readonly more: boolean;
  readonly unreadable: readonly MessagePlace[];
}

export interface View extends LogSink {
  commit(batch: ViewBatch, done: () => void): void;
  query<Q extends ViewQuery>(query: Q, done: (answer: ViewAnswers[Q['kind']]) => void): void;
}
