/**
 * The transaction of the view database. It stays open over several batches and chunks, since queries on the same connection
 * see what it changed, and is committed after a while: a page that many of them touch is written once. What a crash undoes
 * is still in the log, because how far the view has come is written in the same transaction.
 */
import type { Database } from './database.js';

export class ViewTransaction {
  readonly #database: Database;
  readonly #beforeCommit: (() => void)[] = [];
  #isOpen = false;
  /** Messages that the open transaction took in. */
  messages = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The task writes what is to be in the same transaction as all else. */
  beforeCommit(task: () => void): void {
    this.#beforeCommit.push(task);
  }

  /** Something is about to be changed. */
  open(): void {
    if (!this.#isOpen) this.#database.exec('BEGIN');
    this.#isOpen = true;
  }

  /** Ends the open transaction, if there is one. */
  commit(): void {
    if (!this.#isOpen) return;
    for (const task of this.#beforeCommit) task();
    this.#database.exec('COMMIT');
    this.#isOpen = false;
    this.messages = 0;
  }
}
