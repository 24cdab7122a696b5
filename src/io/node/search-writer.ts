/**
 * Takes chunks of the log into the search index, several in one transaction. A chunk is taken in a few messages at a time:
 * whoever drives it does other things in between. How far the log is read is written in the same transaction, so nothing is
 * missed or taken in twice.
 */
import { assert } from '../../core/lib/assert.js';
import { textOfUtf8 } from '../../core/lib/utf8.js';
import { compareInTime } from '../../core/model/hybrid-time.js';
import { limits } from '../../core/model/limits.js';
import type { LogChunk } from '../../core/model/record.js';
import { indexedText } from '../../core/model/words.js';
import type { IndexedTo, LogHead, ReadTo } from '../../core/ports/log-sink.js';
import type { MessageInLog } from '../../core/wire/messages-in-log.js';
import { BulkInsert } from './bulk-insert.js';
import { check, checksumOf } from './checked.js';
import type { Database } from './database.js';
import type { SearchBlocks } from './search-blocks.js';
import { makePart, partName, partOf } from './search-database.js';
import type { SearchOrigins } from './search-origins.js';
import { nothingRead, SearchProgress, type SavedProgress } from './search-progress.js';

/** The word of messages that somebody sent to themselves. */
export const SELF = 'self';

export class SearchWriter {
  readonly #database: Database;
  readonly #blocks: SearchBlocks;
  readonly #origins: SearchOrigins;
  readonly #progress: SearchProgress;
  readonly #statements;
  readonly #places: BulkInsert;
  #words: BulkInsert | undefined;
  #nextId: number;
  #logId: number | undefined;
  #inTransaction = false;
  #messagesInTransaction = 0;

  constructor(database: Database, blocks: SearchBlocks, origins: SearchOrigins) {
    this.#database = database;
    this.#blocks = blocks;
    this.#origins = origins;
    this.#places = new BulkInsert(database, 'place', 4);
    this.#statements = {
      clearReached: database.prepare('DELETE FROM reached'),
      saveReached: database.prepare('INSERT INTO reached VALUES (?, ?, ?)'),
    };
    const row = database.prepare('SELECT * FROM reached').raw().get() as [number, string, number] | undefined;
    if (row !== undefined) check('How far the log was read', row[2], row[0], row[1]);
    this.#logId = row?.[0];
    this.#progress = new SearchProgress(row === undefined ? nothingRead : (JSON.parse(row[1]) as SavedProgress));
    const [last] = database.prepare('SELECT max(id) FROM place').raw().get() as [number | null];
    this.#nextId = last === null ? 0 : last + 1;
    if (this.#nextId % limits.searchPartMessages !== 0) this.#use(partOf(this.#nextId));
  }

  /** How far the index is made, and from which log; undefined where it is of none. */
  get indexed(): (IndexedTo & { readonly logId: number }) | undefined {
    if (this.#logId === undefined) return undefined;
    const { position, passedOver, heads } = this.#progress.saved;
    return { logId: this.#logId, position, passedOver, heads };
  }

  get messagesInTransaction(): number {
    return this.#messagesInTransaction;
  }

  /** Says which log an empty index is made from. */
  belongTo(logId: number): void {
    assert(this.#logId === undefined, 'a search index belongs to one log');
    this.#logId = logId;
  }

  /** In pieces. Once it has come to its end, queries see all of the chunk; nothing is committed before. */
  *take(chunk: LogChunk, to: ReadTo): Generator<undefined, readonly LogHead[]> {
    this.#begin();
    let left: number = limits.searchMessagesPerStep;
    for (const message of this.#progress.read(chunk).sort(compareInTime)) {
      this.#add(message);
      left -= 1;
      if (left > 0) continue;
      yield;
      left = limits.searchMessagesPerStep;
    }
    this.#flush();
    this.#progress.moveTo(to);
    return this.#progress.heads;
  }

  passOver(heads: readonly LogHead[], to: ReadTo): void {
    this.#begin();
    this.#progress.passOver(heads, to);
  }

  /** Ends the open transaction, if there is one. */
  commit(): void {
    if (!this.#inTransaction) return;
    assert(this.#logId !== undefined, 'a search index belongs to a log before it takes anything in');
    this.#blocks.save();
    this.#statements.clearReached.run([]);
    const progress = JSON.stringify(this.#progress.saved);
    this.#statements.saveReached.run([this.#logId, progress, checksumOf(this.#logId, progress)]);
    this.#database.exec('COMMIT');
    this.#inTransaction = false;
    this.#messagesInTransaction = 0;
  }

  #begin(): void {
    if (!this.#inTransaction) this.#database.exec('BEGIN');
    this.#inTransaction = true;
  }

  #add({ origin, seq, time, op: { sender, conversation, text } }: MessageInLog): void {
    const id = this.#nextId;
    if (id % limits.searchPartMessages === 0) {
      this.#flush();
      makePart(this.#database, partOf(id));
      this.#use(partOf(id));
    }
    this.#nextId += 1;
    this.#messagesInTransaction += 1;
    this.#blocks.add(id, time);
    this.#places.add(id, origin, seq, time);
    const who = [`f${this.#origins.wordOf(sender)}`, ...conversation.direct.map((dot) => this.#origins.wordOf(dot))];
    if (conversation.direct.length === 1) who.push(SELF);
    this.#words!.add(id, who.join(' '), indexedText(textOfUtf8(text)));
  }

  #use(part: number): void {
    this.#words = new BulkInsert(this.#database, `${partName(part)} (rowid, who, words)`, 3);
  }

  #flush(): void {
    this.#places.flush();
    this.#words?.flush();
  }
}
