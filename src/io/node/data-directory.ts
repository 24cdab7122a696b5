/**
 * A data directory as a whole: which server of which group it belongs to, and that one process has it at a time.
 *
 * - The lock is taken before anything in the directory is read or changed. It is the operating system's, on a file by way
 *   of SQLite, so it ends with the process however that ends, and none is ever left behind.
 * - `server.json` is written once, and names the owner from then on. A directory without it is taken for this server's.
 */
import fs from 'node:fs';
import path from 'node:path';

import Database from 'libsql';

import { isDiskFull } from './disk-full.js';
import { isFileStill } from './file-identity.js';
import { makeDurableDirectory, syncDirectoryNow } from './make-directory.js';

const LOCK_FILE = 'server.lock';
const OWNER_FILE = 'server.json';

export interface Owner {
  readonly group: string;
  readonly server: number;
}

export type DataDirectoryOpening =
  | { readonly state: 'open'; readonly directory: DataDirectory }
  /** Another process has it. */
  | { readonly state: 'inUse' }
  /** It was made by another server, or by one of another group. */
  | { readonly state: 'ofAnother'; readonly owner: Owner }
  /** Its `server.json` says of no server that it is the owner. */
  | { readonly state: 'ownerUnreadable'; readonly file: string }
  /** There is no room on its disk for what has to be written at its first opening. */
  | { readonly state: 'full' }
  /** Nothing can be kept there; the reason is the rest of a sentence about the directory. */
  | { readonly state: 'unusable'; readonly reason: string };

export class DataDirectory {
  readonly #lock: Lock;

  /** It was made, or made a server's own, when it was opened. */
  readonly isNew: boolean;

  private constructor(lock: Lock, isNew: boolean) {
    this.#lock = lock;
    this.isNew = isNew;
  }

  /** Opens the directory, or makes it, for the server that is to own it. */
  static open(directory: string, owner: Owner): DataDirectoryOpening {
    let lock: Lock | undefined;
    try {
      makeDurableDirectory(directory);
      fs.accessSync(directory, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK);
      lock = takeLock(path.join(directory, LOCK_FILE));
      if (lock === undefined) return { state: 'inUse' };
      const belonging = belong(directory, owner);
      if (typeof belonging === 'string') {
        return { state: 'open', directory: new DataDirectory(lock, belonging === 'fromNow') };
      }
      lock.database.close();
      return belonging;
    } catch (error) {
      lock?.database.close();
      if (isDiskFull(error)) return { state: 'full' };
      return { state: 'unusable', reason: whyUnusable(error as NodeJS.ErrnoException, directory) };
    }
  }

  /** Whether its path still leads to this directory. It does not where someone has removed or replaced it. */
  async isInPlace(): Promise<boolean> {
    const { file, taken } = this.#lock;
    return isFileStill(file, taken);
  }

  /** Lets others have it. Nothing in it may be open or in the making. */
  release(): void {
    this.#lock.database.close();
  }
}

/** The lock is held for as long as the database is open. */
interface Lock {
  readonly file: string;
  readonly taken: fs.Stats;
  readonly database: InstanceType<typeof Database>;
}

/** Undefined where another process has it. Throws where the file cannot be made or locked. */
function takeLock(file: string): Lock | undefined {
  const database = new Database(file);
  try {
    // On a full disk there is no room for the journal of a transaction, which is to hold a lock and changes nothing.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return { file, taken: fs.statSync(file), database };
  } catch (error) {
    database.close();
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY') return undefined;
    throw error;
  }
}

function belong(directory: string, owner: Owner): 'already' | 'fromNow' | DataDirectoryOpening {
  const file = path.join(directory, OWNER_FILE);
  if (!fs.existsSync(file)) {
    writeWhole(directory, OWNER_FILE, `${JSON.stringify({ group: owner.group, server: owner.server })}\n`);
    return 'fromNow';
  }
  const found = readOwner(fs.readFileSync(file, 'utf8'));
  if (found === undefined) return { state: 'ownerUnreadable', file };
  const isOurs = found.group === owner.group && found.server === owner.server;
  return isOurs ? 'already' : { state: 'ofAnother', owner: found };
}

function readOwner(text: string): Owner | undefined {
  try {
    const found = JSON.parse(text) as Partial<Record<keyof Owner, unknown>> | null;
    const { group, server } = found ?? {};
    return typeof group === 'string' && typeof server === 'number' ? { group, server } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The file is there with all of the text, durably, or not at all. */
function writeWhole(directory: string, name: string, text: string): void {
  const unfinished = path.join(directory, `${name}.unfinished`);
  const descriptor = fs.openSync(unfinished, 'w', 0o600);
  try {
    fs.writeFileSync(descriptor, text);
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
  fs.renameSync(unfinished, path.join(directory, name));
  syncDirectoryNow(directory);
}

function whyUnusable(error: NodeJS.ErrnoException, directory: string): string {
  switch (error.code) {
    case 'ENOTDIR':
      return error.path === path.resolve(directory) ? 'is a file' : `leads through a file, ${error.path}`;
    case 'ENAMETOOLONG':
      return 'is too long a name for this file system';
    case 'EACCES':
    case 'EPERM':
      return 'may not be written by this user';
    case 'EROFS':
      return 'is on a file system that is read-only';
    case 'ENOENT':
      return 'cannot be made: the file system there takes no directories';
    default:
      return `cannot be used: ${error.message}`;
  }
}
