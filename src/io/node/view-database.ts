/**
 * The file of the view database: opened, or made anew where it cannot be used. All of it can be rebuilt from the log, so
 * nothing in it is ever repaired or migrated.
 *
 * A message has one row in `message`, by dot; one in `conversation`, where it is found by time; one in each `stream` that
 * it belongs to; and one in `sent`, where it is found by its operation id. Texts that name streams, conversations and
 * clients are numbered in `key`. `stream` and `sent` have the most rows and are spread most widely, so they name origins
 * by number too; the smaller these rows, the fewer pages a transaction has to write, and that is what it costs.
 */
import { rmSync } from 'node:fs';

import Database from 'libsql';

import { limits } from '../../core/model/limits.js';

export type ViewDatabase = InstanceType<typeof Database>;

/** Of the schema below, and of what its values mean. A database of another version is built anew. */
const SCHEMA_VERSION = 1;

const PAGE_BYTES = 4096;

const schema = `
  CREATE TABLE applied (log_id INTEGER NOT NULL, position INTEGER NOT NULL);
  CREATE TABLE entity (kind INTEGER, key TEXT, value BLOB NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;
  CREATE TABLE name (name TEXT PRIMARY KEY) WITHOUT ROWID;

  CREATE TABLE key (
    number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, text TEXT NOT NULL, removed INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, text)
  );
  CREATE TABLE origin (number INTEGER PRIMARY KEY, origin INTEGER NOT NULL UNIQUE);

  CREATE TABLE message (
    origin INTEGER, seq INTEGER, time INTEGER NOT NULL, position INTEGER NOT NULL, length INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    PRIMARY KEY (origin, seq)
  ) WITHOUT ROWID;
  CREATE TABLE conversation (
    conversation INTEGER, time INTEGER, origin INTEGER, seq INTEGER,
    PRIMARY KEY (conversation, time, origin, seq)
  ) WITHOUT ROWID;
  CREATE TABLE stream (
    stream INTEGER, origin INTEGER, seq INTEGER,
    PRIMARY KEY (stream, origin, seq)
  ) WITHOUT ROWID;
  CREATE TABLE sent (
    client INTEGER, counter INTEGER, origin INTEGER, seq INTEGER,
    PRIMARY KEY (client, counter, origin, seq)
  ) WITHOUT ROWID;

  -- Messages of which there is more than one copy, and the send that they are copies of. Few.
  CREATE TABLE copied (
    origin INTEGER, seq INTEGER, conversation INTEGER NOT NULL, client INTEGER NOT NULL, counter INTEGER NOT NULL,
    PRIMARY KEY (origin, seq)
  ) WITHOUT ROWID;
  CREATE INDEX copied_by_send ON copied (conversation, client, counter);

  PRAGMA user_version = ${SCHEMA_VERSION};
`;

export interface OpenedDatabase {
  readonly database: ViewDatabase;
  /** Why the database that was there had to be deleted, if it had to. */
  readonly rebuilding: string | undefined;
}

/**
 * Opens the database in `file`, or makes it. One that cannot be used is deleted first. Throws where even that does not
 * help (no space, no right to write), and where another process has the database open.
 */
export function openDatabase(file: string): OpenedDatabase {
  try {
    const database = tryOpen(file);
    if (database !== undefined) return { database, rebuilding: undefined };
    return { database: makeDatabase(file), rebuilding: 'it was made by another version of Holdfast' };
  } catch (error) {
    if (codeOf(error) === 'SQLITE_BUSY') throw error;
    return { database: makeDatabase(file), rebuilding: error instanceof Error ? error.message : String(error) };
  }
}

/** A new, empty database in place of whatever `file` was. */
export function makeDatabase(file: string): ViewDatabase {
  deleteDatabase(file);
  const database = tryOpen(file);
  if (database === undefined) throw new Error(`${file} could not be replaced.`);
  return database;
}

function deleteDatabase(file: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${suffix}`, { force: true });
}

/** Prepares each of the statements; their rows are arrays. */
export function prepareAll<K extends string>(
  database: ViewDatabase,
  statements: Readonly<Record<K, string>>,
): Record<K, Database.Statement> {
  const prepared = Object.entries<string>(statements).map(([name, text]) => [name, database.prepare(text).raw()]);
  return Object.fromEntries(prepared) as Record<K, Database.Statement>;
}

/**
 * Does work on the database in `file`. Where the file turns out to hold something that SQLite did not write, it is
 * deleted, so that the next start makes it anew. The work's errors are thrown in a form that can leave the thread.
 */
export function guarded<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    if (isDamage(code)) deleteDatabase(file);
    // The library's own errors are not errors to the structured clone between threads, and would lose their text.
    const { message } = error as Error;
    throw Object.assign(new Error(`${file}: ${message} (${code})`, { cause: error }), { code });
  }
}

/** Whether what {@link guarded} threw, also in another thread, was for want of room on the disk. */
export function isDiskFull(error: Error): boolean {
  return 'code' in error && error.code === 'SQLITE_FULL';
}

function isDamage(code: string): boolean {
  return code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB';
}

/** SQLite's name for what went wrong; undefined where it was not SQLite that failed. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Database.SqliteError ? error.code : undefined;
}

/** The database, with its schema; undefined where it has another one. */
function tryOpen(file: string): ViewDatabase | undefined {
  const database = new Database(file);
  // One process alone, so the index of the write-ahead log need not be shared, and a second process is refused.
  database.pragma('locking_mode = EXCLUSIVE');
  database.pragma('journal_mode = WAL');
  // A power cut may undo the last transactions, which the log still has. Set, since builds differ in what they begin with.
  database.pragma('synchronous = NORMAL');
  database.pragma(`cache_size = -${limits.viewPageCacheBytes / 1024}`);
  database.pragma(`wal_autocheckpoint = ${limits.viewWalBytes / PAGE_BYTES}`);
  const [version] = database.prepare('PRAGMA user_version').raw().get() as [number];
  if (version === SCHEMA_VERSION) return database;
  const [tables] = database.prepare('SELECT count(*) FROM sqlite_schema').raw().get() as [number];
  if (version === 0 && tables === 0) {
    database.exec(`BEGIN; ${schema} COMMIT;`);
    return database;
  }
  database.close();
  return undefined;
}
