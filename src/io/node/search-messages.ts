/**
 * What the search index and its worker thread say to each other. Chunks are taken in in the order in which they were told, so
 * they need no numbers. Searches have them: which is answered first depends on what they cost.
 *
 * A failure has no message: the worker throws, and its thread ends.
 */
import type { LogChunk } from '../../core/model/record.js';
import type { IndexedTo, LogHead, ReadTo } from '../../core/ports/log-sink.js';
import type { SearchAnswer, SearchQuery } from '../../core/ports/search.js';

export interface SearchWorkerOptions {
  readonly databaseFile: string;
}

/** How far an index was made when it was opened, and from which log. */
export type SearchStart = IndexedTo & { readonly logId: number };

export type ToSearchWorker =
  | { readonly kind: 'reset'; readonly logId: number }
  | { readonly kind: 'index'; readonly chunk: LogChunk; readonly to: ReadTo }
  | { readonly kind: 'passOver'; readonly heads: readonly LogHead[]; readonly to: ReadTo }
  | { readonly kind: 'query'; readonly id: number; readonly query: SearchQuery }
  /** Nobody waits for the answer any more. It may be on its way. */
  | { readonly kind: 'giveUp'; readonly id: number }
  | { readonly kind: 'close' };

export type FromSearchWorker =
  /** `rebuilding`: why what was there had to be deleted, if it had to. */
  | { readonly kind: 'opened'; readonly start: SearchStart | undefined; readonly rebuilding: string | undefined }
  | { readonly kind: 'indexed'; readonly heads: readonly LogHead[] }
  | { readonly kind: 'answered'; readonly id: number; readonly answer: SearchAnswer };
