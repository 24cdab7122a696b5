/** Keeps the saved state in the view database, and up to where in which log it is applied. */
import { assert } from '../../core/lib/assert.js';
import type { Position } from '../../core/model/position.js';
import type { Entity, ViewBatch } from '../../core/ports/view.js';
import { check, checksumOf } from './checked.js';
import type { Database } from './database.js';
import type { Keys } from './view-keys.js';
import type { RecordReader } from './view-records.js';
import type { ViewTransaction } from './view-transaction.js';

export class ViewWriter {
  readonly #keys: Keys;
  readonly #transaction: ViewTransaction;
  readonly #records: RecordReader;
  readonly #statements;
  #logId: number | undefined;
  #appliedTo: Position;

  constructor(database: Database, keys: Keys, transaction: ViewTransaction, records: RecordReader) {
    this.#keys = keys;
    this.#records = records;
    this.#transaction = transaction;
    transaction.beforeCommit(() => this.#save());
    this.#statements = {
      saveEntity: database.prepare('INSERT OR REPLACE INTO entity VALUES (?, ?, ?, ?)'),
      removeEntity: database.prepare('DELETE FROM entity WHERE kind = ? AND key = ?'),
      showName: database.prepare('INSERT OR IGNORE INTO name VALUES (?)'),
      hideName: database.prepare('DELETE FROM name WHERE name = ?'),
      emptyStream: database.prepare('DELETE FROM stream WHERE stream = ?'),
      move: database.prepare(
        'UPDATE message SET position = ?, length = coalesce(?, length) WHERE origin = ? AND seq = ?',
      ),
      clearApplied: database.prepare('DELETE FROM applied'),
      saveApplied: database.prepare('INSERT INTO applied VALUES (?, ?, ?)'),
    };
    const row = database.prepare('SELECT * FROM applied').raw().get() as [number, Position, number] | undefined;
    if (row !== undefined) check('How far the log was applied', row[2], row[0], row[1]);
    this.#logId = row?.[0];
    this.#appliedTo = row?.[1] ?? 0;
  }

  get applied(): { readonly logId: number; readonly appliedTo: Position } | undefined {
    return this.#logId === undefined ? undefined : { logId: this.#logId, appliedTo: this.#appliedTo };
  }

  /** Says which log an empty view is made from. */
  belongTo(logId: number): void {
    assert(this.#logId === undefined, 'a view belongs to one log');
    this.#logId = logId;
  }

  apply(batch: ViewBatch): void {
    assert(batch.appliedTo >= this.#appliedTo, 'batches are applied in the order of the log');
    this.#transaction.open();
    this.#appliedTo = batch.appliedTo;
    for (const entity of batch.entities) this.#saveEntity(entity);
    for (const place of batch.moved) {
      const { origin, seq, position } = place;
      this.#statements.move.run([position, this.#records.lengthAt(place) ?? null, origin, seq]);
    }
    for (const stream of batch.removedStreams) {
      this.#statements.emptyStream.run([this.#keys.remove('stream', stream)]);
    }
    for (const { name, visible } of batch.names) {
      const statement = visible ? this.#statements.showName : this.#statements.hideName;
      statement.run([name]);
    }
  }

  #saveEntity({ kind, key, value }: Entity): void {
    if (value === undefined) this.#statements.removeEntity.run([kind, key]);
    else this.#statements.saveEntity.run([kind, key, value, checksumOf(kind, key, value)]);
  }

  #save(): void {
    assert(this.#logId !== undefined, 'a view belongs to a log before anything is committed to it');
    this.#statements.clearApplied.run([]);
    this.#statements.saveApplied.run([this.#logId, this.#appliedTo, checksumOf(this.#logId, this.#appliedTo)]);
  }
}
