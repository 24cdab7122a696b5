/**
 * The worker thread of the search index. Chunks are taken in one after the other, and searches take turns with each other
 * (search-turns.ts) and with the chunks, each a small piece at a time. Whatever goes wrong is thrown and ends the thread, which the
 * owner hears of; the open transaction is then undone.
 */
import { parentPort, workerData } from 'node:worker_threads';

import { assert } from '../../core/lib/assert.js';
import { formatDot } from '../../core/model/ids.js';
import { limits } from '../../core/model/limits.js';
import { guarded, hasRoom, makeDatabase, openDatabase, type Database } from './database.js';
import { SearchBlocks } from './search-blocks.js';
import { searchDesign } from './search-database.js';
import type { FromSearchWorker, SearchWorkerOptions, ToSearchWorker } from './search-messages.js';
import { SearchOrigins } from './search-origins.js';
import { SearchReader } from './search-reader.js';
import { SearchTurns } from './search-turns.js';
import { SearchWriter } from './search-writer.js';
import { lowerThreadPriority } from './thread-priority.js';

interface OpenIndex {
  readonly database: Database;
  readonly writer: SearchWriter;
  readonly reader: SearchReader;
}

/** A chunk, or what is instead of one. What it says in the end, if it is to say anything. */
type Task = Generator<undefined, FromSearchWorker | undefined>;

class SearchWorker {
  readonly #databaseFile: string;
  readonly #say: (message: FromSearchWorker) => void;
  #index: OpenIndex;
  readonly #chunks: Task[] = [];
  readonly #searches = new SearchTurns();
  #isWorking = false;
  /** A part of the first chunk is taken in. */
  #isInChunk = false;
  #isCommitDue = false;
  #commitTimer: NodeJS.Timeout | undefined;

  constructor({ databaseFile }: SearchWorkerOptions, say: (message: FromSearchWorker) => void) {
    this.#databaseFile = databaseFile;
    this.#say = say;
    const { opened, rebuilding } = openDatabase(databaseFile, searchDesign, use);
    this.#index = opened;
    say({ kind: 'opened', start: this.#index.writer.indexed, rebuilding });
  }

  handle(message: ToSearchWorker): void {
    switch (message.kind) {
      case 'index':
        this.#chunks.push(this.#take(message));
        this.#workSoon();
        return;
      case 'passOver':
        this.#chunks.push(this.#passOver(message));
        this.#workSoon();
        return;
      case 'query':
        this.#search(message);
        this.#workSoon();
        return;
      case 'giveUp':
        this.#searches.giveUp(message.id);
        return;
      case 'reset':
        assert(this.#chunks.length === 0 && this.#searches.size === 0, 'an index is emptied before it is used');
        this.#index.database.close();
        this.#index = use(makeDatabase(this.#databaseFile, searchDesign));
        this.#index.writer.belongTo(message.logId);
        return;
      case 'close':
        this.#searches.giveUpAll();
        while (this.#hasChunk) this.#stepChunk();
        // Those that wait for room are in the log.
        this.#chunks.length = 0;
        this.#commit();
        clearTimeout(this.#commitTimer);
        this.#index.database.close();
        return;
    }
  }

  *#take({ chunk, to }: Extract<ToSearchWorker, { kind: 'index' }>): Task {
    const heads = yield* this.#index.writer.take(chunk, to);
    this.#commitWhenDue();
    return { kind: 'indexed', heads };
  }

  *#passOver({ heads, to }: Extract<ToSearchWorker, { kind: 'passOver' }>): Task {
    yield;
    this.#index.writer.passOver(heads, to);
    this.#commitWhenDue();
    return undefined;
  }

  #search({ id, query }: Extract<ToSearchWorker, { kind: 'query' }>): void {
    this.#searches.add({ id, account: formatDot(query.account), pieces: this.#index.reader.search(query) });
  }

  #workSoon(): void {
    if (this.#isWorking || (!this.#hasChunk && this.#searches.size === 0)) return;
    this.#isWorking = true;
    // What was told meanwhile is heard before the next piece.
    setImmediate(() => guarded(this.#databaseFile, () => this.#work()));
  }

  #work(): void {
    this.#isWorking = false;
    const answered = this.#searches.step();
    if (answered !== undefined) this.#say({ kind: 'answered', ...answered });
    this.#stepChunk();
    this.#workSoon();
  }

  /** A transaction for which there is no room is not to outgrow its memory. */
  get #hasChunk(): boolean {
    const isHeldUp = this.#index.writer.messagesInTransaction >= limits.searchTransactionMessagesMax;
    return this.#chunks.length > 0 && (!isHeldUp || this.#isInChunk);
  }

  /** A piece of the first chunk, if there is any. */
  #stepChunk(): void {
    if (!this.#hasChunk) return;
    const step = this.#chunks[0]!.next();
    this.#isInChunk = step.done !== true;
    if (step.done !== true) return;
    this.#chunks.shift();
    if (step.value !== undefined) this.#say(step.value);
  }

  /** Between two chunks, since a transaction holds whole ones. */
  #commitWhenDue(): void {
    const isLarge = this.#index.writer.messagesInTransaction >= limits.searchTransactionMessagesMax;
    if (isLarge || this.#isCommitDue) this.#commit();
    else this.#commitLater();
  }

  #commitLater(): void {
    this.#commitTimer ??= setTimeout(
      () => guarded(this.#databaseFile, () => this.#commitInTime()),
      limits.searchTransactionMs,
    );
  }

  #commitInTime(): void {
    if (!this.#isInChunk) this.#commit();
    else this.#isCommitDue = true;
  }

  /** Now, or when there is room. Until then searches see what is not in the file, and a start finds it in the log. */
  #commit(): void {
    clearTimeout(this.#commitTimer);
    this.#commitTimer = undefined;
    this.#isCommitDue = false;
    if (hasRoom(this.#databaseFile, searchDesign)) this.#index.writer.commit();
    else this.#commitLater();
    this.#workSoon();
  }
}

function use(database: Database): OpenIndex {
  const blocks = new SearchBlocks(database);
  const origins = new SearchOrigins(database);
  return {
    database,
    writer: new SearchWriter(database, blocks, origins),
    reader: new SearchReader(database, blocks, origins),
  };
}

function main(): void {
  const port = parentPort;
  assert(port !== null, 'this module is the start of a worker thread');
  lowerThreadPriority('much');
  const options = workerData as SearchWorkerOptions;
  const say = (message: FromSearchWorker) => port.postMessage(message);
  const worker = guarded(options.databaseFile, () => new SearchWorker(options, say));
  port.on('message', (message: ToSearchWorker) => {
    guarded(options.databaseFile, () => worker.handle(message));
    if (message.kind === 'close') port.close();
  });
}

main();
