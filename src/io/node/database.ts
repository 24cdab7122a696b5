/**
 * Databases that can be rebuilt from the log: opened, or made anew where they cannot be used. Nothing in them is ever
 * repaired or migrated.
 */
import { chmodSync, closeSync, existsSync, openSync, rmSync } from 'node:fs';

import Libsql from 'libsql';

export type Database = InstanceType<typeof Libsql>;

export interface DatabaseDesign {
  /** The statements that make it; they set `user_version` to the version. */
  readonly schema: string;
  /** Of the schema, and of what its values mean. A database of another version is built anew. */
  readonly version: number;
  /** Must hold what one transaction changes, or SQLite writes pages early. */
  readonly pageCacheBytes: number;
  readonly walBytes: number;
}

const PAGE_BYTES = 4096;
/** What SQLite has beside the database while it works, with the database itself first. */
const FILE_SUFFIXES = ['', '-wal', '-shm', '-journal'];
/** They hold password hashes and words of messages, and the directory may be one that others can look into. */
const FILE_MODE = 0o600;

export interface OpenedDatabase {
  readonly database: Database;
  /** Why the database that was there had to be deleted, if it had to. */
  readonly rebuilding: string | undefined;
}

/**
 * Opens the database in `file`, or makes it. One that cannot be used is deleted first. Throws where even that does not
 * help (no space, no right to write), and where another process has the database open.
 */
export function openDatabase(file: string, design: DatabaseDesign): OpenedDatabase {
  try {
    const database = tryOpen(file, design);
    if (database !== undefined) return { database, rebuilding: undefined };
    return { database: makeDatabase(file, design), rebuilding: 'it was made by another version of Holdfast' };
  } catch (error) {
    if (codeOf(error) === 'SQLITE_BUSY') throw error;
    return { database: makeDatabase(file, design), rebuilding: error instanceof Error ? error.message : String(error) };
  }
}

/** A new, empty database in place of whatever `file` was. */
export function makeDatabase(file: string, design: DatabaseDesign): Database {
  deleteDatabase(file);
  const database = tryOpen(file, design);
  if (database === undefined) throw new Error(`${file} could not be replaced.`);
  return database;
}

function deleteDatabase(file: string): void {
  for (const suffix of FILE_SUFFIXES) rmSync(`${file}${suffix}`, { force: true });
}

/** SQLite makes its other files with the mode of the database. */
function makePrivate(file: string): void {
  if (!existsSync(file)) closeSync(openSync(file, 'a', FILE_MODE));
  for (const path of FILE_SUFFIXES.map((suffix) => `${file}${suffix}`)) {
    if (existsSync(path)) chmodSync(path, FILE_MODE);
  }
}

/** Prepares each of the statements; their rows are arrays. */
export function prepareAll<K extends string>(
  database: Database,
  statements: Readonly<Record<K, string>>,
): Record<K, Libsql.Statement> {
  const prepared = Object.entries<string>(statements).map(([name, text]) => [name, database.prepare(text).raw()]);
  return Object.fromEntries(prepared) as Record<K, Libsql.Statement>;
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
  return error instanceof Libsql.SqliteError ? error.code : undefined;
}

/** The database, with its schema; undefined where it has another one. */
function tryOpen(
  file: string,
  { schema, version: wanted, pageCacheBytes, walBytes }: DatabaseDesign,
): Database | undefined {
  makePrivate(file);
  const database = new Libsql(file);
  // One process alone, so the index of the write-ahead log need not be shared, and a second process is refused.
  database.pragma('locking_mode = EXCLUSIVE');
  database.pragma('journal_mode = WAL');
  // A power cut may undo the last transactions, which the log still has. Set, since builds differ in what they begin with.
  database.pragma('synchronous = NORMAL');
  database.pragma(`cache_size = -${pageCacheBytes / 1024}`);
  database.pragma(`wal_autocheckpoint = ${walBytes / PAGE_BYTES}`);
  const [version] = database.prepare('PRAGMA user_version').raw().get() as [number];
  if (version === wanted) return database;
  const [tables] = database.prepare('SELECT count(*) FROM sqlite_schema').raw().get() as [number];
  if (version === 0 && tables === 0) {
    database.exec(`BEGIN; ${schema} COMMIT;`);
    return database;
  }
  database.close();
  return undefined;
}
