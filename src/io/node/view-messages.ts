/**
 * What the view and its worker thread say to each other. The worker does what it is told in the order in which it was
 * told, so neither commits, chunks nor queries need numbers: the first answer belongs to the first question. Listings of
 * names are answered in their own order, later than what was asked behind them.
 *
 * A failure has no message: the worker throws, and its thread ends.
 */
import type { Dot } from '../../core/model/ids.js';
import type { Position } from '../../core/model/position.js';
import type { LogChunk } from '../../core/model/record.js';
import type { IndexedTo, LogHead, ReadTo } from '../../core/ports/log-sink.js';
import type { MessagePlace, ViewAnswers, ViewQuery } from '../../core/ports/view.js';
import type { PackedBatch } from './view-batch.js';

export interface ViewWorkerOptions {
  readonly databaseFile: string;
  readonly logDirectory: string;
}

/** A query as it crosses: a vector is a class, so its entries go in its place. */
export type CrossingQuery<Q = ViewQuery> = Q extends { readonly after: { entries(): Dot[] } }
  ? Omit<Q, 'after'> & { readonly after: readonly Dot[] }
  : Q;

/** A page of records as it crosses: one behind the other, each beginning with its length. */
export interface CrossingRecords {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly more: boolean;
  readonly unreadable: readonly MessagePlace[];
}

export type CrossingAnswer =
  | { readonly kind: 'records'; readonly records: CrossingRecords }
  | { readonly kind: 'waiting'; readonly answer: ViewAnswers['waiting'] }
  | { readonly kind: 'names'; readonly answer: ViewAnswers['names'] };

export type ToWorker =
  | { readonly kind: 'reset'; readonly logId: number }
  | { readonly kind: 'commit'; readonly batch: PackedBatch }
  /** The records are the worker's own. */
  | { readonly kind: 'index'; readonly chunk: LogChunk; readonly to: ReadTo }
  | { readonly kind: 'passOver'; readonly heads: readonly LogHead[]; readonly to: ReadTo }
  | { readonly kind: 'query'; readonly query: CrossingQuery }
  | { readonly kind: 'close' };

/** How far a view has come, and in which log. */
interface AppliedTo {
  readonly logId: number;
  readonly appliedTo: Position;
  readonly indexed: IndexedTo;
}

/** Something that people should hear of, though the view goes on. */
export type ViewReport =
  /** The database could not be used, so it was deleted: it is built anew from the log. */
  { readonly kind: 'rebuilding'; readonly reason: string };

export type FromWorker =
  /** Saved entities, as a batch that holds nothing else; several of these may come before `opened`. */
  | { readonly kind: 'entities'; readonly batch: PackedBatch }
  | { readonly kind: 'opened'; readonly applied: AppliedTo | undefined }
  | { readonly kind: 'committed' }
  | { readonly kind: 'indexed'; readonly heads: readonly LogHead[] }
  | { readonly kind: 'answered'; readonly answer: CrossingAnswer }
  | { readonly kind: 'report'; readonly report: ViewReport };
