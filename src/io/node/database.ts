/**
 * Databases that can be rebuilt from the log: opened, or made anew where they cannot be used. Nothing in them is ever
 * repaired or migrated.
 */
import { accessSync, chmodSync, closeSync, constants, existsSync, openSync, rmSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';

import Libsql from 'libsql';

import { assert } from '../../core/lib/assert.js';
import { limits } from '../../core/model/limits.js';

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

/**
 * What SQLite fails with for want of something outside the file, be it room, a right or a file descriptor. What the file
 * holds may be sound then, and is needed as soon as the want is over.
 */
const OUTSIDE_THE_FILE: ReadonlySet<string | undefined> = new Set([
  'AUTH',
  'BUSY',
  'CANTOPEN',
  'FULL',
  'INTERRUPT',
  'IOERR',
  'LOCKED',
  'MISUSE',
  'NOLFS',
  'NOMEM',
  'PERM',
  'PROTOCOL',
  'READONLY',
]);

/** Where the file may be written, its header alone says that it may not. */
const READ_ONLY = 'SQLITE_READONLY';

export interface OpenedDatabase<T> {
  /** What `read` returned. */
  readonly opened: T;
  /** Why the database that was there had to be deleted, if it had to. */
  readonly rebuilding: string | undefined;
}

/**
 * Opens the database in `file`, or makes it, and does with it what `read` does: that is to read all that is read at a
 * start. A database that is of another version, or of which that cannot be read, is deleted and made anew. Throws where
 * something outside the file is in the way (no space, no right, no file descriptor, another process that has it open);
 * then the file stays.
 */
export function openDatabase<T>(
  file: string,
  design: DatabaseDesign,
  read: (database: Database) => T,
): OpenedDatabase<T> {
  const database = connect(file);
  let rebuilding = 'it was made by another version of Holdfast';
  try {
    if (setUp(database, design)) return { opened: read(database), rebuilding: undefined };
  } catch (error) {
    const code = codeOf(error);
    if (code !== undefined && !isDamage(code, file)) {
      database.close();
      throw error;
    }
    // What is not SQLite's was thrown over a value that nothing of ours has written.
    rebuilding = error instanceof Error ? error.message : String(error);
  }
  database.close();
  return { opened: read(makeDatabase(file, design)), rebuilding };
}

/** A new, empty database in place of whatever `file` was. */
export function makeDatabase(file: string, design: DatabaseDesign): Database {
  deleteDatabase(file);
  const database = connect(file);
  assert(setUp(database, design), 'a file that was not there is of no other version');
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

/**
 * Whether the disk has room for the largest transaction of a database. Where it has none, a transaction can stay open:
 * what it changed is seen all the same, and one that does not fit is undone and ends its thread. A small disk would never
 * have so much; there it is as much as is kept free of messages.
 */
export function hasRoom(file: string, { pageCacheBytes }: DatabaseDesign): boolean {
  try {
    const { bavail, blocks, bsize } = statfsSync(dirname(file));
    return bavail * bsize >= Math.min(pageCacheBytes, blocks * bsize * limits.diskReservePart);
  } catch {
    // The directory was removed, or the system does not say.
    return true;
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
 * Does work on the database in `file`. Where the file turns out to hold something that was not written to it, it is
 * deleted, so that the next start makes it anew. The work's errors are thrown in a form that can leave the thread.
 */
export function guarded<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    if (isDamage(code, file)) deleteDatabase(file);
    // The library's own errors are not errors to the structured clone between threads, and would lose their text.
    const { message } = error as Error;
    throw Object.assign(new Error(`${file}: ${message} (${code})`, { cause: error }), { code });
  }
}

/**
 * The statements are all ours, so one that fails for nothing outside the file fails for what is in it. A code that the
 * library has no name for may mean anything, and the file is kept.
 */
function isDamage(code: string, file: string): boolean {
  if (code === READ_ONLY) return mayWrite(file);
  const [library, kind] = code.split('_');
  return library === 'SQLITE' && !OUTSIDE_THE_FILE.has(kind);
}

function mayWrite(file: string): boolean {
  try {
    for (const path of [file, dirname(file)]) accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** SQLite's name for what went wrong; undefined where it was not SQLite that failed. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Libsql.SqliteError ? error.code : undefined;
}

/** Reads nothing of the file, so whatever is thrown is for something outside it. */
function connect(file: string): Database {
  makePrivate(file);
  return new Libsql(file);
}

/** Gives an empty database its schema. Returns whether it has this schema then; else it has another one. */
function setUp(database: Database, { schema, version: wanted, pageCacheBytes, walBytes }: DatabaseDesign): boolean {
  // One process alone, so the index of the write-ahead log need not be shared, and a second process is refused.
  database.pragma('locking_mode = EXCLUSIVE');
  database.pragma('journal_mode = WAL');
  // A power cut may undo the last transactions, which the log still has. Set, since builds differ in what they begin with.
  database.pragma('synchronous = NORMAL');
  database.pragma(`cache_size = -${pageCacheBytes / 1024}`);
  database.pragma(`wal_autocheckpoint = ${walBytes / PAGE_BYTES}`);
  const [version] = database.prepare('PRAGMA user_version').raw().get() as [number];
  // A header that lets nobody write is to be met now, and not in the first transaction.
  database.exec(`BEGIN; PRAGMA user_version = ${version}; ROLLBACK`);
  if (version === wanted) return true;
  const [tables] = database.prepare('SELECT count(*) FROM sqlite_schema').raw().get() as [number];
  if (version === 0 && tables === 0) {
    database.exec(`BEGIN; ${schema} COMMIT;`);
    return true;
  }
  return false;
}
