/**
 * The file of the search index. Messages are numbered as they come, in `place`; what they say is in full text tables, one
 * for each {@link limits.searchPartMessages} of them, which keep neither the texts nor their lengths. A number says nothing
 * of the time of a message, but those of one chunk are numbered in the order of time, and chunks come nearly in that order; of each
 * block of numbers the earliest and the latest time are kept, so that a search knows where it need not look.
 */
import { limits } from '../../core/model/limits.js';
import type { Database, DatabaseDesign } from './database.js';

/** Of the schema below, of what its values mean, and of what a word is (core/model/words.ts). */
const SCHEMA_VERSION = 4;

const schema = `
  -- How far the log is read, as JSON of SavedProgress, with the checksum of both (checked.ts).
  CREATE TABLE reached (log_id INTEGER NOT NULL, progress TEXT NOT NULL, checksum INTEGER NOT NULL);
  CREATE TABLE origin (number INTEGER PRIMARY KEY, origin INTEGER NOT NULL UNIQUE);
  CREATE TABLE place (id INTEGER PRIMARY KEY, origin INTEGER NOT NULL, seq INTEGER NOT NULL, time INTEGER NOT NULL);
  CREATE TABLE block (number INTEGER PRIMARY KEY, earliest INTEGER NOT NULL, latest INTEGER NOT NULL);
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

export const searchDesign: DatabaseDesign = {
  schema,
  version: SCHEMA_VERSION,
  pageCacheBytes: limits.searchPageCacheBytes,
  walBytes: limits.searchWalBytes,
};

/**
 * `who` has the accounts of a message as words of their own, `words` what it says (core/model/words.ts makes the words, so the
 * plainest tokenizer will do).
 */
export function makePart(database: Database, part: number): void {
  const name = partName(part);
  database.exec(`
    CREATE VIRTUAL TABLE ${name} USING fts5(who, words, content='', columnsize=0, tokenize='ascii');
    -- What waits in memory is written by the end of a transaction, as one piece; and pieces are merged late, since a part is small.
    INSERT INTO ${name} (${name}, rank) VALUES ('hashsize', ${limits.searchPageCacheBytes / 4});
    INSERT INTO ${name} (${name}, rank) VALUES ('automerge', 16);
  `);
}

export function partName(part: number): string {
  return `part_${part}`;
}

/** The part that a message of this number is in. Numbers begin with 0. */
export function partOf(id: number): number {
  return Math.floor(id / limits.searchPartMessages);
}
