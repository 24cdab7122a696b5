/**
 * Small numbers for the texts that name streams, conversations and clients, and for origins. A number is never given
 * twice, and a text keeps its number.
 */
import { assert } from '../../core/lib/assert.js';
import type { Origin } from '../../core/model/ids.js';
import { limits } from '../../core/model/limits.js';
import { RecentMap } from '../../core/lib/recent-map.js';
import type { Database } from './database.js';

const kinds = { stream: 1, conversation: 2, client: 3 } as const;
export type KeyKind = keyof typeof kinds;

/** In place of the number of a stream that was emptied for good. */
export const REMOVED_KEY = 0;

type Row = [number: number, text: string, removed: number];

export class Keys {
  readonly #recent: Record<KeyKind, RecentMap<string, number>> = {
    stream: new RecentMap(limits.viewKeysCachedMax),
    conversation: new RecentMap(limits.viewKeysCachedMax),
    client: new RecentMap(limits.viewKeysCachedMax),
  };
  /** There are few origins: one for each server, and one more for each time that a server lost its memory. */
  readonly #numbersByOrigin = new Map<Origin, number>();
  readonly #originsByNumber = new Map<number, Origin>();
  readonly #statements;

  constructor(database: Database) {
    this.#statements = {
      find: database.prepare('SELECT number, text, removed FROM key WHERE kind = ? AND text = ?').raw(),
      add: database.prepare('INSERT INTO key (kind, text) VALUES (?, ?) RETURNING number, text, removed').raw(),
      remove: database.prepare('UPDATE key SET removed = 1 WHERE kind = ? AND text = ?'),
      text: database.prepare('SELECT text FROM key WHERE number = ?').raw(),
      addOrigin: database.prepare('INSERT INTO origin (origin) VALUES (?) RETURNING number').raw(),
    };
    const origins = database.prepare('SELECT number, origin FROM origin').raw().all() as [number, Origin][];
    for (const [number, origin] of origins) this.#rememberOrigin(origin, number);
  }

  /** The number of a text; undefined where it has none yet, {@link REMOVED_KEY} where it was removed. */
  find(kind: KeyKind, text: string): number | undefined {
    const known = this.#recent[kind].get(text);
    if (known !== undefined) return known;
    const row = this.#statements.find.get([kinds[kind], text]) as Row | undefined;
    return row === undefined ? undefined : this.#remember(kind, row);
  }

  /** The number of a text, given now if it had none; {@link REMOVED_KEY} where it was removed. */
  intern(kind: KeyKind, text: string): number {
    return this.find(kind, text) ?? this.#remember(kind, this.#statements.add.get([kinds[kind], text]) as Row);
  }

  /** Removes a text for good. Returns the number that it had, {@link REMOVED_KEY} if it was removed before. */
  remove(kind: KeyKind, text: string): number {
    const number = this.intern(kind, text);
    this.#statements.remove.run([kinds[kind], text]);
    this.#recent[kind].delete(text);
    return number;
  }

  textOf(number: number): string {
    const [text] = this.#statements.text.get([number]) as [string];
    return text;
  }

  internOrigin(origin: Origin): number {
    const known = this.#numbersByOrigin.get(origin);
    if (known !== undefined) return known;
    const [number] = this.#statements.addOrigin.get([origin]) as [number];
    this.#rememberOrigin(origin, number);
    return number;
  }

  /** The origin that was given this number. */
  originOf(number: number): Origin {
    const origin = this.#originsByNumber.get(number);
    assert(origin !== undefined, 'every number of an origin in the database is known');
    return origin;
  }

  #remember(kind: KeyKind, [number, text, removed]: Row): number {
    const key = removed === 1 ? REMOVED_KEY : number;
    this.#recent[kind].set(text, key);
    return key;
  }

  #rememberOrigin(origin: Origin, number: number): void {
    this.#numbersByOrigin.set(origin, number);
    this.#originsByNumber.set(number, origin);
  }
}
