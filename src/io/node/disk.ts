/**
 * The files of a data directory on Node.
 *
 * Appends go to a descriptor that stays open, in one system call each, which on Linux also waits for the disk (O_DSYNC):
 * one trip through the thread pool in place of two. Elsewhere a sync follows the write, since only that is known to
 * reach the medium there.
 *
 * Once a server serves, a file for which there is no descriptor is waited for: nothing has failed, and nothing is written
 * yet.
 */
import fs from 'node:fs';
import path from 'node:path';

import { limits } from '../../core/model/limits.js';
import {
  Unreadable,
  type Disk,
  type DiskFailure,
  type DiskSpace,
  type ReadResult,
  type WriteResult,
} from '../../core/ports/disk.js';
import { isDescriptorShortage, openInTime } from './descriptors.js';
import { isAbsence, isFileStill } from './file-identity.js';
import { makeDurableDirectory, syncDirectory, syncDirectoryNow } from './make-directory.js';

const { O_APPEND, O_DSYNC, O_WRONLY } = fs.constants;
const WRITES_ARE_SYNCED = process.platform === 'linux';
const APPEND_FLAGS = O_WRONLY | O_APPEND | (WRITES_ARE_SYNCED ? O_DSYNC : 0);

/** A file that is being made; a crash may leave it behind. */
const UNFINISHED_SUFFIX = '.unfinished';

/** Descriptors kept open for reading. */
const OPEN_READERS_MAX = 64;

export class NodeDisk implements Disk {
  readonly #directory: string;
  /** The names that are there, unless someone else has removed one. */
  readonly #files: Set<string>;
  #appender: { readonly file: string; readonly descriptor: number } | undefined;
  /** The one used last comes last. */
  readonly #readerByFile = new Map<string, Reader>();

  /** Makes the directory where it is missing, and removes what a crash left unfinished. Throws where that fails. */
  constructor(directory: string) {
    this.#directory = directory;
    makeDurableDirectory(directory);
    for (const file of fs.readdirSync(directory)) {
      if (file.endsWith(UNFINISHED_SUFFIX)) fs.rmSync(this.#path(file));
    }
    // A process that was killed may have left a name that can be seen and is not durable yet.
    syncDirectoryNow(directory);
    this.#files = new Set(this.list());
  }

  /**
   * A file of this disk that someone else has removed, or replaced while it was appended to; undefined where there is
   * none. What is appended to such a file is written, and gone when this process ends.
   */
  async lostFile(): Promise<string | undefined> {
    const known = [...this.#files];
    const appender = this.#appender;
    if (appender !== undefined) {
      const opened = fs.fstatSync(appender.descriptor);
      if (!(await isFileStill(this.#path(appender.file), opened))) return appender.file;
    }
    try {
      const found = new Set(await fs.promises.readdir(this.#directory));
      return known.find((file) => !found.has(file));
    } catch (error) {
      return isAbsence(error) ? known[0] : undefined;
    }
  }

  list(): string[] {
    return fs
      .readdirSync(this.#directory)
      .filter((file) => !file.endsWith(UNFINISHED_SUFFIX))
      .sort();
  }

  size(file: string): number {
    return fs.statSync(this.#path(file)).size;
  }

  readNow(file: string, offset: number, length: number): Uint8Array {
    const descriptor = fs.openSync(this.#path(file), 'r');
    try {
      const bytes = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const count = fs.readSync(descriptor, bytes, filled, length - filled, offset + filled);
        if (count === 0) break;
        filled += count;
      }
      return bytes.subarray(0, filled);
    } catch (error) {
      throw codeOf(error) === 'EIO' ? new Unreadable((error as Error).message, { cause: error }) : error;
    } finally {
      fs.closeSync(descriptor);
    }
  }

  truncate(file: string, size: number): void {
    const descriptor = fs.openSync(this.#path(file), 'r+');
    try {
      fs.ftruncateSync(descriptor, size);
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  }

  create(file: string, bytes: Uint8Array, done: (result: WriteResult) => void): void {
    void this.#createAndTell(file, bytes, done);
  }

  async #createAndTell(file: string, bytes: Uint8Array, done: (result: WriteResult) => void): Promise<void> {
    let result: WriteResult = { state: 'written' };
    try {
      await this.#create(file, bytes);
    } catch (error) {
      result = failureOf(error);
    }
    done(result);
  }

  async #create(file: string, bytes: Uint8Array): Promise<void> {
    const unfinished = this.#path(`${file}${UNFINISHED_SUFFIX}`);
    const handle = await openInTime(unfinished, 'w', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.promises.rename(unfinished, this.#path(file));
    this.#files.add(file);
    await syncDirectory(this.#directory);
    this.#forget(file);
  }

  append(file: string, chunks: readonly Uint8Array[], done: (result: WriteResult) => void): void {
    let descriptor: number;
    try {
      descriptor = this.#openToAppend(file);
    } catch (error) {
      if (isDescriptorShortage(error)) {
        setTimeout(() => this.append(file, chunks, done), limits.descriptorWaitMs);
        return;
      }
      const failure = failureOf(error);
      process.nextTick(() => done(failure));
      return;
    }
    const waiting = chunks.filter((chunk) => chunk.length > 0);
    if (waiting.length === 0) process.nextTick(() => done({ state: 'written' }));
    else appendAll(descriptor, waiting, done);
  }

  overwrite(file: string, offset: number, bytes: Uint8Array, done: (result: WriteResult) => void): void {
    void this.#overwriteAndTell(file, offset, bytes, done);
  }

  async #overwriteAndTell(
    file: string,
    offset: number,
    bytes: Uint8Array,
    done: (result: WriteResult) => void,
  ): Promise<void> {
    let result: WriteResult = { state: 'written' };
    try {
      const handle = await openInTime(this.#path(file), 'r+');
      try {
        for (let at = 0; at < bytes.length;) {
          const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, offset + at);
          at += bytesWritten;
        }
        await handle.datasync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      result = failureOf(error);
    }
    done(result);
  }

  read(file: string, offset: number, length: number, done: (result: ReadResult) => void): void {
    let reader: Reader;
    try {
      reader = this.#openToRead(file);
    } catch (error) {
      if (isDescriptorShortage(error)) {
        setTimeout(() => this.read(file, offset, length, done), limits.descriptorWaitMs);
        return;
      }
      const failure = failureOf(error);
      process.nextTick(() => done(failure));
      return;
    }
    reader.begin();
    readAll(reader.descriptor, offset, new Uint8Array(length), 0, (result) => {
      reader.end();
      done(result);
    });
  }

  spaceNow(): DiskSpace | undefined {
    try {
      return spaceOf(fs.statfsSync(this.#directory));
    } catch {
      return undefined;
    }
  }

  space(done: (space: DiskSpace | undefined) => void): void {
    fs.statfs(this.#directory, (error, found) => done(error === null ? spaceOf(found) : undefined));
  }

  /** Closes the files. Nothing may be in flight. */
  close(): void {
    if (this.#appender !== undefined) fs.closeSync(this.#appender.descriptor);
    this.#appender = undefined;
    for (const reader of this.#readerByFile.values()) reader.retire();
    this.#readerByFile.clear();
  }

  #openToAppend(file: string): number {
    if (this.#appender?.file !== file) {
      const descriptor = fs.openSync(this.#path(file), APPEND_FLAGS);
      if (this.#appender !== undefined) fs.closeSync(this.#appender.descriptor);
      this.#appender = { file, descriptor };
    }
    return this.#appender.descriptor;
  }

  #openToRead(file: string): Reader {
    const reader = this.#readerByFile.get(file) ?? new Reader(fs.openSync(this.#path(file), 'r'));
    this.#readerByFile.delete(file);
    this.#readerByFile.set(file, reader);
    if (this.#readerByFile.size > OPEN_READERS_MAX) {
      const [oldest] = this.#readerByFile.keys();
      this.#retireReader(oldest!);
    }
    return reader;
  }

  #retireReader(file: string): void {
    this.#readerByFile.get(file)?.retire();
    this.#readerByFile.delete(file);
  }

  /** The name stands for another file now. */
  #forget(file: string): void {
    this.#retireReader(file);
    if (this.#appender?.file !== file) return;
    fs.closeSync(this.#appender.descriptor);
    this.#appender = undefined;
  }

  #path(file: string): string {
    return path.join(this.#directory, file);
  }
}

/** A descriptor for reading, closed once it is retired and no read uses it any more. */
class Reader {
  readonly descriptor: number;
  #reads = 0;
  #isRetired = false;

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  begin(): void {
    this.#reads += 1;
  }

  end(): void {
    this.#reads -= 1;
    if (this.#isRetired && this.#reads === 0) fs.closeSync(this.descriptor);
  }

  retire(): void {
    this.#isRetired = true;
    if (this.#reads === 0) fs.closeSync(this.descriptor);
  }
}

/** Writes all chunks, in more than one call only where the system takes less than it was given. */
function appendAll(descriptor: number, chunks: readonly Uint8Array[], done: (result: WriteResult) => void): void {
  fs.writev(descriptor, chunks, (error, written) => {
    if (error !== null) {
      done(failureOf(error));
      return;
    }
    const rest = chunksAfter(chunks, written);
    if (rest.length > 0) appendAll(descriptor, rest, done);
    else if (WRITES_ARE_SYNCED) done({ state: 'written' });
    else fs.fdatasync(descriptor, (failed) => done(failed === null ? { state: 'written' } : failureOf(failed)));
  });
}

/** `bavail` leaves out what only the administrator may fill. */
function spaceOf({ bavail, blocks, bsize }: fs.StatsFs): DiskSpace {
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

export function chunksAfter(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let passed = 0;
  for (const [index, chunk] of chunks.entries()) {
    if (passed + chunk.length > bytes) return [chunk.subarray(bytes - passed), ...chunks.slice(index + 1)];
    passed += chunk.length;
  }
  return [];
}

function readAll(
  descriptor: number,
  offset: number,
  bytes: Uint8Array,
  filled: number,
  done: (result: ReadResult) => void,
): void {
  fs.read(descriptor, bytes, filled, bytes.length - filled, offset + filled, (error, count) => {
    if (error !== null) done(failureOf(error));
    else if (count === 0 || filled + count === bytes.length)
      done({ state: 'read', bytes: bytes.subarray(0, filled + count) });
    else readAll(descriptor, offset, bytes, filled + count, done);
  });
}

function failureOf(error: unknown): DiskFailure {
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return { state: 'full' };
  return { state: 'failed', reason: error instanceof Error ? error.message : String(error) };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
