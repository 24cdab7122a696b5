/**
 * Applies batches to the view database, several in one transaction. The transaction stays open between batches, since
 * queries on the same connection see what it changed, and is committed after a while: a page that many batches touch
 * is written once. What a crash undoes is still in the log, because the position that the view is applied to is written
 * in the same transaction.
 */
import { assert } from '../../core/lib/assert.js';
import { compareInTime } from '../../core/model/hybrid-time.js';
import type { Dot } from '../../core/model/ids.js';
import type { Position } from '../../core/model/position.js';
import type { Entity, MessageRow, ViewBatch } from '../../core/ports/view.js';
import type { Database } from './database.js';
import { REMOVED_KEY, type Keys } from './view-keys.js';

export class ViewWriter {
  readonly #database: Database;
  readonly #keys: Keys;
  readonly #rows;
  readonly #statements;
  #logId: number | undefined;
  #appliedTo: Position;
  #inTransaction = false;
  #messagesInTransaction = 0;

  constructor(database: Database, keys: Keys) {
    this.#database = database;
    this.#keys = keys;
    this.#rows = {
      message: new BulkInsert(database, 'message', 6),
      conversation: new BulkInsert(database, 'conversation', 4),
      stream: new BulkInsert(database, 'stream', 3),
      sent: new BulkInsert(database, 'sent', 4),
    };
    this.#statements = {
      saveEntity: database.prepare('INSERT OR REPLACE INTO entity VALUES (?, ?, ?)'),
      removeEntity: database.prepare('DELETE FROM entity WHERE kind = ? AND key = ?'),
      showName: database.prepare('INSERT OR IGNORE INTO name VALUES (?)'),
      hideName: database.prepare('DELETE FROM name WHERE name = ?'),
      emptyStream: database.prepare('DELETE FROM stream WHERE stream = ?'),
      copies: database
        .prepare(
          `SELECT m.origin, m.seq, m.time FROM sent s
             CROSS JOIN origin o ON o.number = s.origin
             CROSS JOIN message m ON m.origin = o.origin AND m.seq = s.seq
           WHERE s.client = ? AND s.counter = ? AND m.conversation = ?`,
        )
        .raw(),
      move: database.prepare('UPDATE message SET position = ? WHERE origin = ? AND seq = ?'),
      markCopied: database.prepare('INSERT OR IGNORE INTO copied VALUES (?, ?, ?, ?, ?)'),
      hideCopy: database.prepare(
        'DELETE FROM conversation WHERE conversation = ? AND time = ? AND origin = ? AND seq = ?',
      ),
      clearApplied: database.prepare('DELETE FROM applied'),
      saveApplied: database.prepare('INSERT INTO applied VALUES (?, ?)'),
    };
    const row = database.prepare('SELECT log_id, position FROM applied').raw().get() as [number, Position] | undefined;
    this.#logId = row?.[0];
    this.#appliedTo = row?.[1] ?? 0;
  }

  get applied(): { readonly logId: number; readonly to: Position } | undefined {
    return this.#logId === undefined ? undefined : { logId: this.#logId, to: this.#appliedTo };
  }

  get inTransaction(): boolean {
    return this.#inTransaction;
  }

  get messagesInTransaction(): number {
    return this.#messagesInTransaction;
  }

  /** Says which log an empty view is made from. */
  belongTo(logId: number): void {
    assert(this.#logId === undefined, 'a view belongs to one log');
    this.#logId = logId;
  }

  apply(batch: ViewBatch): void {
    assert(batch.appliedTo >= this.#appliedTo, 'batches are applied in the order of the log');
    if (!this.#inTransaction) this.#database.exec('BEGIN');
    this.#inTransaction = true;
    this.#appliedTo = batch.appliedTo;
    this.#messagesInTransaction += batch.messages.length;
    for (const entity of batch.entities) this.#save(entity);
    for (const message of batch.messages) this.#add(message);
    for (const rows of Object.values(this.#rows)) rows.flush();
    for (const { origin, seq, position } of batch.moved) this.#statements.move.run([position, origin, seq]);
    for (const message of batch.messages) if (message.secondCopy) this.#joinCopies(message);
    for (const stream of batch.removedStreams) {
      this.#statements.emptyStream.run([this.#keys.remove('stream', stream)]);
    }
    for (const { name, visible } of batch.names) {
      const statement = visible ? this.#statements.showName : this.#statements.hideName;
      statement.run([name]);
    }
  }

  /** Ends the open transaction, if there is one. */
  commit(): void {
    if (!this.#inTransaction) return;
    assert(this.#logId !== undefined, 'a view belongs to a log before anything is committed to it');
    this.#statements.clearApplied.run([]);
    this.#statements.saveApplied.run([this.#logId, this.#appliedTo]);
    this.#database.exec('COMMIT');
    this.#inTransaction = false;
    this.#messagesInTransaction = 0;
  }

  #save({ kind, key, value }: Entity): void {
    if (value === undefined) this.#statements.removeEntity.run([kind, key]);
    else this.#statements.saveEntity.run([kind, key, value]);
  }

  #add(message: MessageRow): void {
    const { origin, seq, time } = message;
    const originNumber = this.#keys.internOrigin(origin);
    const conversation = this.#keys.intern('conversation', message.conversation);
    const client = this.#keys.intern('client', message.client);
    this.#rows.message.add(origin, seq, time, message.position, message.length, conversation);
    this.#rows.conversation.add(conversation, time, origin, seq);
    this.#rows.sent.add(client, message.counter, originNumber, seq);
    for (const text of message.streams) {
      const stream = this.#keys.intern('stream', text);
      if (stream !== REMOVED_KEY) this.#rows.stream.add(stream, originNumber, seq);
    }
  }

  /** Notes that all messages of one send are copies of each other; the conversation keeps the one that stands for it. */
  #joinCopies(message: MessageRow): void {
    const conversation = this.#keys.intern('conversation', message.conversation);
    const client = this.#keys.intern('client', message.client);
    const { counter } = message;
    const rows = this.#statements.copies.all([client, counter, conversation]) as [number, number, number][];
    if (rows.length < 2) return;
    const copies = rows
      .map(([origin, seq, time]): Dot & { time: number } => ({ origin, seq, time }))
      .sort(compareInTime);
    for (const [index, { origin, seq, time }] of copies.entries()) {
      this.#statements.markCopied.run([origin, seq, conversation, client, counter]);
      if (index > 0) this.#statements.hideCopy.run([conversation, time, origin, seq]);
    }
  }
}

/** Rows that one statement takes in: up to about here, a call costs more than its rows. */
const ROWS_PER_STATEMENT = 50;

/** Inserts many rows of one table; one that is there already is left out, as where a message names a stream twice. */
class BulkInsert {
  readonly #one;
  readonly #many;
  readonly #columns: number;
  /** The rows that wait, one behind the other. */
  readonly #values: number[];
  #used = 0;

  constructor(database: Database, table: string, columns: number) {
    const row = `(${Array.from({ length: columns }, () => '?').join(', ')})`;
    const prepare = (rows: number) =>
      database.prepare(`INSERT OR IGNORE INTO ${table} VALUES ${Array.from({ length: rows }, () => row).join(', ')}`);
    this.#one = prepare(1);
    this.#many = prepare(ROWS_PER_STATEMENT);
    this.#columns = columns;
    this.#values = Array.from({ length: columns * ROWS_PER_STATEMENT }, () => 0);
  }

  add(...row: number[]): void {
    for (const value of row) {
      this.#values[this.#used] = value;
      this.#used += 1;
    }
    if (this.#used < this.#values.length) return;
    this.#many.run(this.#values);
    this.#used = 0;
  }

  flush(): void {
    for (let at = 0; at < this.#used; at += this.#columns) this.#one.run(this.#values.slice(at, at + this.#columns));
    this.#used = 0;
  }
}
