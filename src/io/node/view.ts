/**
 * The view port (core/ports/view.ts) as a SQLite database in a thread of its own, so that neither its writing nor the
 * search for names ever keeps the server's loop waiting.
 *
 * What the thread is told it does in order: a query sees every batch committed and every chunk indexed before it. Only the search for names, which
 * takes long where there are many, lets what was asked behind it go first. If it fails, nothing more is
 * answered and `onFailure` is called once: the owner has to stop, and loses nothing by it, since all of the view is in
 * the log. A database that cannot be read, or is of another version, is deleted and built anew.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import { assert } from '../../core/lib/assert.js';
import type { LogChunk } from '../../core/model/record.js';
import type { LogHead, ReadTo } from '../../core/ports/log-sink.js';
import type { Entity, View, ViewAnswers, ViewBatch, ViewQuery, ViewSnapshot } from '../../core/ports/view.js';
import { packBatch, unpackBatch } from './view-batch.js';
import type {
  CrossingAnswer,
  CrossingQuery,
  CrossingRecords,
  FromWorker,
  ToWorker,
  ViewReport,
  ViewWorkerOptions,
} from './view-messages.js';

export interface ViewOptions {
  /** The data directory; it must exist. The database is `view.db` in it. */
  readonly directory: string;
  /** Where the log has its segments. */
  readonly logDirectory: string;
  /** Called at most once, after the view was opened: it cannot go on. */
  readonly onFailure: (error: Error) => void;
  readonly onReport: (report: ViewReport) => void;
}

export interface OpenedView {
  readonly view: NodeView;
  /** What the view holds, and of which log; undefined where it is empty. Then it has to be told by `reset`. */
  readonly snapshot: LogSnapshot | undefined;
}

type LogSnapshot = ViewSnapshot & { readonly logId: number };

/**
 * Opens the view of a data directory, or makes one. The caller opens the log from the snapshot's position, and calls
 * `reset` before anything else if the log turns out to be another one, or to end before that position. Rejects where the
 * database can be neither opened nor made: no space, no right to write, or another process has it.
 */
export async function openView(options: ViewOptions): Promise<OpenedView> {
  const workerData: ViewWorkerOptions = {
    databaseFile: join(options.directory, 'view.db'),
    logDirectory: options.logDirectory,
  };
  const worker = new Worker(new URL('view-worker.js', import.meta.url), { workerData });
  const snapshot = await opened(worker, options.onReport);
  return { view: new NodeView(worker, options, snapshot !== undefined), snapshot };
}

async function opened(worker: Worker, onReport: ViewOptions['onReport']): Promise<LogSnapshot | undefined> {
  const entities: Entity[] = [];
  return new Promise((resolve, reject) => {
    const onMessage = (message: FromWorker) => {
      if (message.kind === 'report') onReport(message.report);
      else if (message.kind === 'entities') entities.push(...unpackBatch(message.batch).entities);
      else if (message.kind === 'opened') {
        worker.off('message', onMessage).off('error', reject);
        const { applied } = message;
        resolve(applied && { ...applied, entities: entities.filter(hasValue) });
      }
    };
    worker.on('message', onMessage).on('error', reject);
  });
}

function hasValue(entity: Entity): entity is Entity & { readonly value: Uint8Array } {
  return entity.value !== undefined;
}

/** `open` to `closing` by {@link NodeView.close}, to `failed` by the thread; `closed` when the thread has ended. */
type State = 'open' | 'closing' | 'closed' | 'failed';

export class NodeView implements View {
  readonly #worker: Worker;
  readonly #options: ViewOptions;
  readonly #ended: Promise<void>;
  readonly #commits: (() => void)[] = [];
  readonly #chunks: ((heads: readonly LogHead[]) => void)[] = [];
  readonly #queries: ((answer: CrossingAnswer) => void)[] = [];
  readonly #listings: ((answer: CrossingAnswer) => void)[] = [];
  #belongsToLog: boolean;
  #state: State = 'open';

  constructor(worker: Worker, options: ViewOptions, belongsToLog: boolean) {
    this.#worker = worker;
    this.#options = options;
    this.#belongsToLog = belongsToLog;
    worker.on('message', (message: FromWorker) => this.#hear(message));
    worker.on('error', (error: unknown) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    this.#ended = new Promise((resolve) => {
      worker.once('exit', () => {
        if (this.#state === 'closing') this.#state = 'closed';
        else this.#fail(new Error('The thread of the view database has ended.'));
        resolve();
      });
    });
  }

  /** Batches and chunks that are not taken in yet. */
  get underWay(): number {
    return this.#commits.length + this.#chunks.length;
  }

  /** Empties the view and ties it to a log. */
  reset(logId: number): void {
    this.#belongsToLog = true;
    this.#tell({ kind: 'reset', logId });
  }

  commit(batch: ViewBatch, done: () => void): void {
    assert(this.#belongsToLog, 'a view belongs to a log before anything is committed to it');
    const packed = packBatch(batch);
    this.#commits.push(done);
    this.#tell({ kind: 'commit', batch: packed }, [packed.numbers.buffer, packed.bytes.buffer]);
  }

  index({ position, bytes }: LogChunk, to: ReadTo, done: (heads: readonly LogHead[]) => void): void {
    assert(this.#belongsToLog, 'a view belongs to a log before anything of it is indexed');
    const chunk = { position, bytes: new Uint8Array(bytes) };
    this.#chunks.push(done);
    this.#tell({ kind: 'index', chunk, to }, [chunk.bytes.buffer]);
  }

  passOver(heads: readonly LogHead[], to: ReadTo): void {
    this.#tell({ kind: 'passOver', heads, to });
  }

  query<Q extends ViewQuery>(query: Q, done: (answer: ViewAnswers[Q['kind']]) => void): void {
    const waiting = query.kind === 'names' ? this.#listings : this.#queries;
    waiting.push((answer) => done(answerTo(query, answer) as ViewAnswers[Q['kind']]));
    this.#tell({ kind: 'query', query: crossing(query) });
  }

  /** Resolves when everything committed is in the file and the thread has ended, be it by a failure. */
  async close(): Promise<void> {
    if (this.#state === 'open') {
      this.#tell({ kind: 'close' });
      this.#state = 'closing';
    }
    await this.#ended;
  }

  #tell(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    assert(this.#state === 'open' || this.#state === 'failed', 'a view that was closed is not used any more');
    if (this.#state === 'open') this.#worker.postMessage(message, transfer);
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case 'committed':
        shift(this.#commits)();
        return;
      case 'indexed':
        shift(this.#chunks)(message.heads);
        return;
      case 'answered':
        shift(message.answer.kind === 'names' ? this.#listings : this.#queries)(message.answer);
        return;
      case 'report':
        this.#options.onReport(message.report);
        return;
      case 'entities':
      case 'opened':
        assert(false, 'a view is opened once');
    }
  }

  #fail(error: Error): void {
    if (this.#state === 'failed') return;
    this.#state = 'failed';
    this.#options.onFailure(error);
  }
}

function shift<T>(waiting: T[]): T {
  const first = waiting.shift();
  assert(first !== undefined, 'the thread answers only what it was asked');
  return first;
}

function crossing(query: ViewQuery): CrossingQuery {
  return query.kind === 'stream' || query.kind === 'waiting' ? { ...query, after: query.after.entries() } : query;
}

function answerTo(query: ViewQuery, answer: CrossingAnswer): ViewAnswers[ViewQuery['kind']] {
  if (answer.kind !== 'records') return answer.answer;
  const records = split(answer.records);
  const { more, unreadable } = answer.records;
  return query.kind === 'sent' ? { record: records[0], unreadable } : { records, more, unreadable };
}

/** The records of a page; each begins with its length. */
function split({ bytes }: CrossingRecords): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const records: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + view.getUint32(at);
    records.push(bytes.subarray(at, end));
    at = end;
  }
  return records;
}
