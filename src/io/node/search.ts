/**
 * The search port (core/ports/search.ts) as a SQLite database with full text tables, in a thread of its own.
 *
 * If the thread fails, nothing more is answered and `onFailure` is called once; the index can be opened again then. A
 * database that cannot be read, or is of another version, is deleted and built anew from the log.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import { assert } from '../../core/lib/assert.js';
import type { LogChunk } from '../../core/model/record.js';
import type { LogHead, ReadTo } from '../../core/ports/log-sink.js';
import type { Search, SearchAnswer, SearchQuery } from '../../core/ports/search.js';
import type { FromSearchWorker, SearchStart, SearchWorkerOptions, ToSearchWorker } from './search-messages.js';

export interface SearchOptions {
  /** The data directory; it must exist. The database is `search.db` in it. */
  readonly directory: string;
  /** Called at most once, after the index was opened: it cannot go on. */
  readonly onFailure: (error: Error) => void;
}

export interface OpenedSearch {
  readonly search: NodeSearch;
  /** What the index holds, and of which log; undefined where it is empty. Then it has to be told by `reset`. */
  readonly start: SearchStart | undefined;
  /** Why what was there had to be deleted, if it had to. */
  readonly rebuilding: string | undefined;
}

/**
 * Opens the search index of a data directory, or makes one. The caller calls `reset` before anything else if it is of
 * another log than is served. Rejects where the database can be neither opened nor made.
 */
export async function openSearch(options: SearchOptions): Promise<OpenedSearch> {
  const workerData: SearchWorkerOptions = { databaseFile: join(options.directory, 'search.db') };
  const worker = new Worker(new URL('search-worker.js', import.meta.url), { workerData });
  const opened = await new Promise<Extract<FromSearchWorker, { kind: 'opened' }>>((resolve, reject) => {
    worker.once('error', reject).once('message', (message: FromSearchWorker) => {
      assert(message.kind === 'opened', 'an index is opened first');
      worker.off('error', reject);
      resolve(message);
    });
  });
  const { start, rebuilding } = opened;
  return { search: new NodeSearch(worker, options, start !== undefined), start, rebuilding };
}

/** `open` to `closing` by {@link NodeSearch.close}, to `failed` by the thread; `closed` when the thread has ended. */
type State = 'open' | 'closing' | 'closed' | 'failed';

export class NodeSearch implements Search {
  readonly #worker: Worker;
  readonly #onFailure: SearchOptions['onFailure'];
  readonly #ended: Promise<void>;
  readonly #chunks: ((heads: readonly LogHead[]) => void)[] = [];
  readonly #queries = new Map<number, (answer: SearchAnswer) => void>();
  #latestQuery = 0;
  #belongsToLog: boolean;
  #state: State = 'open';

  constructor(worker: Worker, { onFailure }: SearchOptions, belongsToLog: boolean) {
    this.#worker = worker;
    this.#onFailure = onFailure;
    this.#belongsToLog = belongsToLog;
    worker.on('message', (message: FromSearchWorker) => this.#hear(message));
    worker.on('error', (error: unknown) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    this.#ended = new Promise((resolve) => {
      worker.once('exit', () => {
        if (this.#state === 'closing') this.#state = 'closed';
        else this.#fail(new Error('The thread of the search index has ended.'));
        resolve();
      });
    });
  }

  /** Empties the index and ties it to a log. */
  reset(logId: number): void {
    this.#belongsToLog = true;
    this.#tell({ kind: 'reset', logId });
  }

  index({ position, bytes }: LogChunk, to: ReadTo, done: (heads: readonly LogHead[]) => void): void {
    assert(this.#belongsToLog, 'a search index belongs to a log before anything is taken in');
    this.#chunks.push(done);
    // Not by `slice`, which copies nothing of a Buffer.
    const copy = new Uint8Array(bytes);
    this.#tell({ kind: 'index', chunk: { position, bytes: copy }, to }, [copy.buffer]);
  }

  passOver(heads: readonly LogHead[], to: ReadTo): void {
    this.#tell({ kind: 'passOver', heads, to });
  }

  query(query: SearchQuery, done: (answer: SearchAnswer) => void): () => void {
    this.#latestQuery += 1;
    const id = this.#latestQuery;
    this.#queries.set(id, done);
    this.#tell({ kind: 'query', id, query });
    return () => {
      if (this.#queries.delete(id) && this.#state === 'open') this.#tell({ kind: 'giveUp', id });
    };
  }

  /** Resolves when everything taken in is in the file and the thread has ended, be it by a failure. */
  async close(): Promise<void> {
    if (this.#state === 'open') {
      this.#tell({ kind: 'close' });
      this.#state = 'closing';
    }
    await this.#ended;
  }

  #tell(message: ToSearchWorker, transfer: ArrayBuffer[] = []): void {
    assert(this.#state === 'open' || this.#state === 'failed', 'a search index that was closed is not used any more');
    if (this.#state === 'open') this.#worker.postMessage(message, transfer);
  }

  #hear(message: FromSearchWorker): void {
    switch (message.kind) {
      case 'indexed':
        shift(this.#chunks)(message.heads);
        return;
      case 'answered':
        this.#queries.get(message.id)?.(message.answer);
        this.#queries.delete(message.id);
        return;
      case 'opened':
        assert(false, 'an index is opened once');
    }
  }

  #fail(error: Error): void {
    if (this.#state === 'failed') return;
    this.#state = 'failed';
    this.#onFailure(error);
  }
}

function shift<T>(waiting: T[]): T {
  const first = waiting.shift();
  assert(first !== undefined, 'the thread answers only what it was asked');
  return first;
}
