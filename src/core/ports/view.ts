/**
 * The view database: what can be rebuilt from the log, kept where reads are cheap. It remembers up to which position
 * of which log it is applied; a batch is applied whole or not at all. Queries see every batch committed before them.
 * `done` is never called before the call returns.
 *
 * The view knows nothing of chat: entities are opaque, streams and conversations are keys.
 */
import type { HybridTime } from '../model/hybrid-time.js';
import type { Dot } from '../model/ids.js';
import type { Position } from '../model/position.js';
import type { Vector } from '../model/vector.js';

/** Small state that the core keeps in memory, saved so that a start need not replay the whole log. */
export interface Entity {
  readonly kind: number;
  readonly key: string;
  /** Undefined removes it. */
  readonly value: Uint8Array | undefined;
}

/** One message, to be found again in the streams of those who get it and in its conversation. */
export interface MessageRow extends Dot {
  readonly time: HybridTime;
  readonly position: Position;
  readonly length: number;
  readonly conversation: string;
  /** Keys of the streams that it belongs to: one for each account that gets it. */
  readonly streams: readonly string[];
  /**
   * A split made two ops of one send, and the other op was in an earlier row. Their conversation shows the one with the
   * smaller dot; a stream gives whichever its reader lacks, and none where the reader has one of them.
   */
  readonly secondCopy: boolean;
  /** The sender's operation id: client and counter. */
  readonly client: string;
  readonly counter: number;
}

export interface ViewBatch {
  /** Everything before this position is applied once the batch is. */
  readonly appliedTo: Position;
  readonly entities: readonly Entity[];
  readonly messages: readonly MessageRow[];
  /** Streams to empty, after the messages were added. A stream emptied once stays empty. */
  readonly removedStreams: readonly string[];
  /** Names for people to list. `visible: false` takes one off the list. */
  readonly names: readonly { readonly name: string; readonly visible: boolean }[];
}

export interface ViewSnapshot {
  readonly appliedTo: Position;
  readonly entities: readonly (Entity & { readonly value: Uint8Array })[];
}

export type ViewQuery =
  /** What of a stream a reader that holds `after` lacks, earliest time first, at most `limit`. */
  | { readonly kind: 'stream'; readonly stream: string; readonly after: Vector; readonly limit: number }
  /** The same, counted by conversation. `latest` and `first` are hybrid times. */
  | { readonly kind: 'waiting'; readonly stream: string; readonly after: Vector }
  /** A conversation, latest first, strictly before `before` in (time, dot) order. */
  | {
      readonly kind: 'history';
      readonly conversation: string;
      readonly before: (Dot & { readonly time: HybridTime }) | undefined;
      readonly limit: number;
    }
  /** The message of a conversation that carries this operation id. */
  | { readonly kind: 'sent'; readonly conversation: string; readonly client: string; readonly counter: number }
  /** Names that the pattern finds anything in, in order, after the name `after`. Empty finds all. */
  | { readonly kind: 'names'; readonly pattern: string; readonly after: string; readonly limit: number };

export interface WaitingConversation {
  readonly conversation: string;
  readonly count: number;
  readonly first: HybridTime;
  readonly latest: HybridTime;
}

export interface ViewAnswers {
  readonly stream: { readonly records: readonly Uint8Array[]; readonly more: boolean };
  readonly waiting: { readonly conversations: readonly WaitingConversation[] };
  readonly history: { readonly records: readonly Uint8Array[]; readonly more: boolean };
  readonly sent: { readonly record: Uint8Array | undefined };
  readonly names: { readonly names: readonly string[]; readonly more: boolean } | PatternFault;
}

/** The pattern cannot be used: what is wrong, and where, in characters from 0, as far as the engine can say. */
export interface PatternFault {
  readonly fault: string;
  readonly at: number | undefined;
}

export interface View {
  commit(batch: ViewBatch, done: () => void): void;
  query<Q extends ViewQuery>(query: Q, done: (answer: ViewAnswers[Q['kind']]) => void): void;
}
