import type { Database } from './database.js';

/** Rows that one statement takes in: up to about here, a call costs more than its rows. */
const ROWS_PER_STATEMENT = 50;

/** Inserts many rows of one table; one that is there already is left out, as where a message names a stream twice. */
export class BulkInsert {
  readonly #one;
  readonly #many;
  readonly #columns: number;
  /** The rows that wait, one behind the other. */
  readonly #values: (number | string)[];
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

  add(...row: (number | string)[]): void {
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
