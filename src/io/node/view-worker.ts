/**
 * The worker thread of the view database. It does what it is told in order, one thing at a time, but for the listing of
 * names, which may take long: that is done one after the other, in pieces, between everything else. Whatever goes wrong is
 * thrown and ends the thread, which the owner hears of; the open transaction is then undone.
 */
import { parentPort, workerData } from 'node:worker_threads';

import { assert } from '../../core/lib/assert.js';
import { limits } from '../../core/model/limits.js';
import type { Entity } from '../../core/ports/view.js';
import { lowerThreadPriority } from './thread-priority.js';
import { check } from './checked.js';
import { packBatch, unpackBatch } from './view-batch.js';
import { guarded, hasRoom, makeDatabase, openDatabase, type Database } from './database.js';
import { viewDesign } from './view-database.js';
import { Keys } from './view-keys.js';
import type { CrossingAnswer, FromWorker, ToWorker, ViewWorkerOptions } from './view-messages.js';
import { ViewIndexer } from './view-indexer.js';
import { ViewReader } from './view-reader.js';
import { RecordReader } from './view-records.js';
import { ViewTransaction } from './view-transaction.js';
import { ViewWriter } from './view-writer.js';

const ENTITIES_PER_MESSAGE = 4096;

interface OpenView {
  readonly database: Database;
  readonly transaction: ViewTransaction;
  readonly writer: ViewWriter;
  readonly indexer: ViewIndexer;
  readonly reader: ViewReader;
}

type Listing = ReturnType<ViewReader['list']>;
type Say = (message: FromWorker, transfer?: readonly ArrayBuffer[]) => void;

class ViewWorker {
  readonly #databaseFile: string;
  readonly #say: Say;
  readonly #records: RecordReader;
  #view: OpenView;
  #commitTimer: NodeJS.Timeout | undefined;
  /** That chunks are taken in. */
  #untold: FromWorker[] = [];
  #listings: Listing[] = [];
  #isListing = false;

  constructor(options: ViewWorkerOptions, say: Say) {
    this.#databaseFile = options.databaseFile;
    this.#say = say;
    this.#records = new RecordReader(options.logDirectory);
    const { opened, rebuilding } = openDatabase(options.databaseFile, viewDesign, (database) => {
      const view = this.#use(database);
      // Where one of them cannot be read, what was said before counts for nothing: the view is empty then.
      for (const entities of savedEntities(database)) this.#sayEntities(entities);
      return view;
    });
    if (rebuilding !== undefined) say({ kind: 'report', report: { kind: 'rebuilding', reason: rebuilding } });
    this.#view = opened;
    const { writer, indexer } = this.#view;
    say({ kind: 'opened', applied: writer.applied && { ...writer.applied, indexed: indexer.indexed } });
  }

  handle(message: ToWorker): void {
    switch (message.kind) {
      case 'commit':
        this.#view.writer.apply(unpackBatch(message.batch));
        this.#say({ kind: 'committed' });
        this.#commitWhenDue();
        return;
      case 'index':
        this.#untold.push({ kind: 'indexed', heads: this.#view.indexer.take(message.chunk, message.to) });
        this.#commitWhenDue();
        this.#tellTaken();
        return;
      case 'passOver':
        this.#view.indexer.passOver(message.heads, message.to);
        this.#commitWhenDue();
        return;
      case 'query':
        if (message.query.kind === 'names') this.#list(this.#view.reader.list(message.query));
        else this.#answer(this.#view.reader.answer(message.query));
        return;
      case 'reset':
        this.#reset(message.logId);
        return;
      case 'close':
        this.#endListings();
        this.#commit();
        clearTimeout(this.#commitTimer);
        this.#records.close();
        this.#view.database.close();
        return;
    }
  }

  #use(database: Database): OpenView {
    const keys = new Keys(database);
    const transaction = new ViewTransaction(database);
    return {
      database,
      transaction,
      writer: new ViewWriter(database, keys, transaction, this.#records),
      indexer: new ViewIndexer(database, keys, transaction),
      reader: new ViewReader(database, keys, this.#records),
    };
  }

  #sayEntities(entities: Entity[]): void {
    const batch = packBatch({ appliedTo: 0, entities, removedStreams: [], names: [], moved: [] });
    this.#say({ kind: 'entities', batch }, [batch.numbers.buffer, batch.bytes.buffer]);
  }

  #reset(logId: number): void {
    this.#endListings();
    this.#commit();
    this.#view.database.close();
    this.#records.close();
    this.#untold = [];
    this.#view = this.#use(makeDatabase(this.#databaseFile, viewDesign));
    this.#view.writer.belongTo(logId);
  }

  /** The first piece is done at once where no other listing waits, so that a short one takes no detour. */
  #list(listing: Listing): void {
    this.#listings.push(listing);
    if (!this.#isListing) this.#listOn();
  }

  #listOn(): void {
    this.#isListing = false;
    const [listing] = this.#listings;
    if (listing === undefined) return;
    const step = listing.next();
    if (step.done === true) {
      this.#listings.shift();
      this.#answer({ kind: 'names', answer: step.value });
    }
    if (this.#listings.length === 0) return;
    this.#isListing = true;
    setImmediate(() => guarded(this.#databaseFile, () => this.#listOn()));
  }

  #endListings(): void {
    while (this.#listings.length > 0) this.#listOn();
  }

  #answer(answer: CrossingAnswer): void {
    this.#say({ kind: 'answered', answer }, answer.kind === 'records' ? [answer.records.bytes.buffer] : []);
  }

  #commitWhenDue(): void {
    if (this.#view.transaction.messages >= limits.viewTransactionMessagesMax) this.#commit();
    else this.#commitLater();
  }

  #commitLater(): void {
    this.#commitTimer ??= setTimeout(() => guarded(this.#databaseFile, () => this.#commit()), limits.viewTransactionMs);
  }

  /** Now, or when there is room. Until then queries see what is not in the file, and a start finds it in the log. */
  #commit(): void {
    clearTimeout(this.#commitTimer);
    this.#commitTimer = undefined;
    if (hasRoom(this.#databaseFile, viewDesign)) this.#view.transaction.commit();
    else this.#commitLater();
    this.#tellTaken();
  }

  /** No more chunks come before it is told, so that a transaction for which there is no room does not outgrow its memory. */
  #tellTaken(): void {
    if (this.#view.transaction.messages >= limits.viewTransactionMessagesMax) return;
    for (const message of this.#untold) this.#say(message);
    this.#untold = [];
  }
}

/** The entities in pieces, so that a large number of them is never in one message. */
function* savedEntities(database: Database): Generator<Entity[], undefined> {
  const statement = database
    .prepare('SELECT * FROM entity WHERE (kind, key) > (?, ?) ORDER BY kind, key LIMIT ?')
    .raw();
  let last: readonly [kind: number, key: string] = [-1, ''];
  for (;;) {
    const rows = statement.all([...last, ENTITIES_PER_MESSAGE]) as [number, string, Uint8Array, number][];
    yield rows.map(([kind, key, value, checksum]) => {
      check('A saved value', checksum, kind, key, value);
      return { kind, key, value };
    });
    if (rows.length < ENTITIES_PER_MESSAGE) return undefined;
    const [kind, key] = rows[rows.length - 1]!;
    last = [kind, key];
  }
}

function main(): void {
  const port = parentPort;
  assert(port !== null, 'this module is the start of a worker thread');
  lowerThreadPriority('somewhat');
  const options = workerData as ViewWorkerOptions;
  const say: Say = (message, transfer = []) => port.postMessage(message, transfer);
  const worker = guarded(options.databaseFile, () => new ViewWorker(options, say));
  port.on('message', (message: ToWorker) => {
    guarded(options.databaseFile, () => worker.handle(message));
    if (message.kind === 'close') port.close();
  });
}

main();
