/**
 * A disk in memory, for tests and simulated worlds. It can lose power, fill up, fail on request and be damaged.
 *
 * What was confirmed is kept by a crash. Of an append in flight any part may have reached the disk, also one with older
 * sectors missing; a create in flight has happened or not. Operations end in the order in which `schedule` runs them.
 */
import {
  Unreadable,
  type Disk,
  type DiskFailure,
  type DiskSpace,
  type ReadResult,
  type WriteResult,
} from '../core/ports/disk.js';
import { GrowingBytes } from './growing-bytes.js';

export type WriteKind = 'create' | 'append' | 'overwrite';

interface WriteInFlight {
  readonly kind: WriteKind;
  readonly file: string;
  readonly bytes: Uint8Array;
  /** Of an overwrite. */
  readonly offset?: number;
}

type Operation = WriteKind | 'read';

interface PlannedFailure {
  readonly failure: DiskFailure;
  /** How much of an append reaches the file all the same. */
  readonly bytesWritten: number;
}

/** Who looks on from outside. Any of these may crash the disk's server. */
export interface DiskWatch {
  /** A write was asked for and is under way. */
  asked(): void;
  /** A write is on the medium, and who asked for it has not been told. */
  written(file: string, bytes: Uint8Array, kind: WriteKind): void;
  /** Who asked for it has been told, and has done what it does then. */
  told(): void;
}

const nobody: DiskWatch = { asked: () => undefined, written: () => undefined, told: () => undefined };

const SECTOR_BYTES = 512;
const TOTAL_BYTES = 2 ** 40;

export class MemoryDisk implements Disk {
  readonly #schedule: (run: () => void) => void;
  readonly #files: Map<string, GrowingBytes>;
  readonly #inFlight = new Set<WriteInFlight>();
  readonly #failures: Record<Operation, PlannedFailure[]> = { create: [], append: [], overwrite: [], read: [] };
  /** Sectors that cannot be read until they are written again, as `file sector`. */
  readonly #unreadable = new Set<string>();
  #hasPower = true;
  /** What other files than these take. */
  #otherBytes = 0;
  watch: DiskWatch = nobody;
  /** How many operations were begun, and how many bytes `readNow` gave: for tests about how much is read. */
  readonly counts = { create: 0, append: 0, overwrite: 0, read: 0, truncate: 0, bytesReadNow: 0 };

  /** `schedule` runs what it is given once, later, in order. */
  constructor(schedule: (run: () => void) => void, files: ReadonlyMap<string, Uint8Array> = new Map()) {
    this.#schedule = schedule;
    this.#files = new Map([...files].map(([file, bytes]) => [file, new GrowingBytes(bytes)]));
  }

  /** A write is under way. */
  get isWriting(): boolean {
    return this.#inFlight.size > 0;
  }

  /** It does what it is asked to. */
  get isWell(): boolean {
    return this.#otherBytes === 0 && Object.values(this.#failures).every((planned) => planned.length === 0);
  }

  list(): string[] {
    return [...this.#files.keys()].sort();
  }

  size(file: string): number {
    return this.#contents(file).length;
  }

  readNow(file: string, offset: number, length: number): Uint8Array {
    const bytes = this.#contents(file).slice(offset, offset + length);
    if (this.#isUnreadable(file, offset, bytes.length)) throw new Unreadable(`${file} cannot be read`);
    this.counts.bytesReadNow += bytes.length;
    return bytes;
  }

  truncate(file: string, size: number): void {
    this.counts.truncate += 1;
    this.#contents(file).truncate(size);
  }

  create(file: string, bytes: Uint8Array, done: (result: WriteResult) => void): void {
    this.#write({ kind: 'create', file, bytes: bytes.slice() }, done);
  }

  append(file: string, chunks: readonly Uint8Array[], done: (result: WriteResult) => void): void {
    this.#write({ kind: 'append', file, bytes: concatenate(chunks) }, done);
  }

  overwrite(file: string, offset: number, bytes: Uint8Array, done: (result: WriteResult) => void): void {
    this.#write({ kind: 'overwrite', file, bytes: bytes.slice(), offset }, done);
  }

  read(file: string, offset: number, length: number, done: (result: ReadResult) => void): void {
    this.counts.read += 1;
    const planned = this.#failures.read.shift();
    this.#later(() => {
      const contents = this.#files.get(file);
      if (planned !== undefined) done(planned.failure);
      else if (contents === undefined) done({ state: 'failed', reason: `${file} does not exist` });
      else if (this.#isUnreadable(file, offset, Math.min(length, contents.length - offset)))
        done({ state: 'failed', reason: `${file} cannot be read` });
      else done({ state: 'read', bytes: contents.slice(offset, offset + length) });
    });
  }

  spaceNow(): DiskSpace {
    return { freeBytes: this.#freeBytes, totalBytes: TOTAL_BYTES };
  }

  space(done: (space: DiskSpace | undefined) => void): void {
    this.#later(() => done(this.spaceNow()));
  }

  /** The next operation of this kind not yet asked for ends so. */
  failNext(operation: Operation, failure: DiskFailure, bytesWritten = 0): void {
    this.#failures[operation].push({ failure, bytesWritten });
  }

  /** Something else fills the disk, and leaves so many bytes. */
  fill(freeBytes: number): void {
    this.#otherBytes = TOTAL_BYTES - this.#usedBytes - freeBytes;
  }

  /** What filled it is gone. */
  makeRoom(): void {
    this.#otherBytes = 0;
  }

  /** Calls off {@link failNext} and {@link fill}. */
  mend(): void {
    this.makeRoom();
    for (const planned of Object.values(this.#failures)) planned.length = 0;
  }

  /** Turns the byte at `offset` into another. */
  damage(file: string, offset: number, mask = 0xff): void {
    this.#contents(file).flip(offset, mask);
  }

  /** Sectors from `offset` on, of so many bytes, cannot be read until they are written again. */
  makeUnreadable(file: string, offset: number, bytes: number): void {
    for (const sector of sectors(offset, bytes)) this.#unreadable.add(`${file} ${sector}`);
  }

  remove(file: string): void {
    this.#files.delete(file);
  }

  /** The bytes of a file as they are now, to be looked at and not kept. */
  look(file: string): Uint8Array {
    return this.#contents(file).view();
  }

  /** Cuts the power: nothing in flight is ever told of. Returns the disk as the next start finds it. */
  crash(chance: (below: number) => number): MemoryDisk {
    this.#hasPower = false;
    const after = new MemoryDisk(this.#schedule);
    after.#otherBytes = this.#otherBytes;
    for (const sector of this.#unreadable) after.#unreadable.add(sector);
    for (const [file, bytes] of this.#files) after.#files.set(file, bytes);
    this.#files.clear();
    for (const write of this.#inFlight) {
      if (write.kind === 'create') {
        if (chance(2) === 0) after.#files.set(write.file, new GrowingBytes(write.bytes));
      } else {
        after.#apply({ ...write, bytes: tear(write.bytes, chance) });
      }
    }
    return after;
  }

  /** The same contents at this moment, on another disk: a backup. */
  copy(): MemoryDisk {
    const copy = new MemoryDisk(this.#schedule, new Map([...this.#files].map(([file, bytes]) => [file, bytes.view()])));
    copy.#otherBytes = this.#otherBytes;
    for (const sector of this.#unreadable) copy.#unreadable.add(sector);
    return copy;
  }

  get #usedBytes(): number {
    let used = 0;
    for (const bytes of this.#files.values()) used += bytes.length;
    return used;
  }

  get #freeBytes(): number {
    return Math.max(0, TOTAL_BYTES - this.#otherBytes - this.#usedBytes);
  }

  #write(write: WriteInFlight, done: (result: WriteResult) => void): void {
    this.counts[write.kind] += 1;
    const planned = this.#failures[write.kind].shift();
    this.#inFlight.add(write);
    this.#later(() => {
      this.#inFlight.delete(write);
      if (planned !== undefined) {
        if (write.kind === 'append') this.#apply({ ...write, bytes: write.bytes.subarray(0, planned.bytesWritten) });
        done(planned.failure);
        return;
      }
      if (write.kind !== 'overwrite' && write.bytes.length > this.#freeBytes) {
        if (write.kind === 'append') this.#apply({ ...write, bytes: write.bytes.subarray(0, this.#freeBytes) });
        done({ state: 'full' });
        return;
      }
      if (write.kind !== 'create' && !this.#files.has(write.file)) {
        done({ state: 'failed', reason: `${write.file} does not exist` });
        return;
      }
      this.#apply(write);
      this.watch.written(write.file, write.bytes, write.kind);
      if (!this.#hasPower) return;
      done({ state: 'written' });
      this.watch.told();
    });
    this.watch.asked();
  }

  #apply({ kind, file, bytes, offset }: WriteInFlight): void {
    if (kind === 'create') this.#files.set(file, new GrowingBytes(bytes));
    else if (offset === undefined) this.#contents(file).append(bytes);
    else this.#contents(file).overwrite(offset, bytes);
    if (this.#unreadable.size === 0) return;
    const written = sectors(offset ?? 0, offset === undefined ? this.#contents(file).length : bytes.length);
    if (kind !== 'append') for (const sector of written) this.#unreadable.delete(`${file} ${sector}`);
  }

  #isUnreadable(file: string, offset: number, bytes: number): boolean {
    if (this.#unreadable.size === 0) return false;
    return sectors(offset, bytes).some((sector) => this.#unreadable.has(`${file} ${sector}`));
  }

  #later(run: () => void): void {
    this.#schedule(() => {
      if (this.#hasPower) run();
    });
  }

  #contents(file: string): GrowingBytes {
    const bytes = this.#files.get(file);
    if (bytes === undefined) throw new Error(`${file} does not exist`);
    return bytes;
  }
}

/** What is left of a write that a crash broke off: all of it, nothing, a beginning, or some length of it with sectors missing. */
function tear(bytes: Uint8Array, chance: (below: number) => number): Uint8Array {
  if (chance(4) === 0) return bytes.slice();
  const torn = bytes.slice(0, chance(bytes.length + 1));
  if (chance(2) === 0) return torn;
  for (let start = 0; start < torn.length; start += SECTOR_BYTES) {
    if (chance(3) === 0) torn.fill(0, start, start + SECTOR_BYTES);
  }
  return torn;
}

function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** The numbers of the sectors that these bytes are in. */
function sectors(offset: number, bytes: number): number[] {
  const first = Math.floor(offset / SECTOR_BYTES);
  const end = Math.ceil((offset + bytes) / SECTOR_BYTES);
  return Array.from({ length: Math.max(0, end - first) }, (_, index) => first + index);
}
