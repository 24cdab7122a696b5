/** Small numbers for origins, so that the words that stand for accounts are short. */
import type { Dot, Origin } from '../../core/model/ids.js';
import type { Database } from './database.js';

/** In place of the number of an origin that no account in the index has. */
const UNKNOWN = 0;

export class SearchOrigins {
  readonly #add;
  readonly #numbers = new Map<Origin, number>();

  constructor(database: Database) {
    this.#add = database.prepare('INSERT INTO origin (origin) VALUES (?) RETURNING number').raw();
    const origins = database.prepare('SELECT number, origin FROM origin').raw().all() as [number, Origin][];
    for (const [number, origin] of origins) this.#numbers.set(origin, number);
  }

  /** The word that stands for an account. */
  wordOf({ origin, seq }: Dot): string {
    let number = this.#numbers.get(origin);
    if (number === undefined) {
      [number] = this.#add.get([origin]) as [number];
      this.#numbers.set(origin, number);
    }
    return `${number}o${seq}`;
  }

  /** The same for a search, which makes nothing known. */
  knownWordOf({ origin, seq }: Dot): string {
    return `${this.#numbers.get(origin) ?? UNKNOWN}o${seq}`;
  }
}
