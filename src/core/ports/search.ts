/**
 * The search index: which messages have which words, and who has a part in them. It is made from the log by the same
 * messages in whatever order they come, and can be made again from it at any time. A query sees every chunk that `done` was called for.
 * Its answer is never given before the call returns.
 *
 * It gives out nothing but dots: what a message says, and whether it is shown, is asked of the view database.
 */
import type { HybridTime } from '../model/hybrid-time.js';
import type { Dot } from '../model/ids.js';
import type { SearchTerm } from '../model/search-query.js';
import type { LogSink } from './log-sink.js';

export interface SearchQuery {
  /** Only messages that this account sent or got. */
  readonly account: Dot;
  /** Of these, only what this account sent; undefined for anyone. */
  readonly from: Dot | undefined;
  /** Only what was said between `account` and this one, which may be the same. */
  readonly with: Dot | undefined;
  /** All that are not excluded have to occur, and none that is. */
  readonly terms: readonly SearchTerm[];
  /** Only messages of this time or later. */
  readonly after: HybridTime;
  /** Only messages before this place in the order of time and dot; undefined from the latest on. */
  readonly before: FoundMessage | undefined;
  /** At most this many. */
  readonly limit: number;
}

export interface FoundMessage extends Dot {
  readonly time: HybridTime;
}

/** The latest first. `more`: the limit cut something off. */
export interface SearchAnswer {
  readonly found: readonly FoundMessage[];
  readonly more: boolean;
}

export interface Search extends LogSink {
  /** Returns how to give it up: after that it is not answered, and costs nothing more. */
  query(query: SearchQuery, done: (answer: SearchAnswer) => void): () => void;
}
