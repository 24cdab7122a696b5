/**
 * The files of one data directory, flat, as the log needs them. Calls marked "at start" are synchronous and meant for
 * the time before a server serves. `done` is never called before the call returns.
 */
export type DiskFailure =
  | { readonly state: 'full' }
  /** Reading or writing failed; the text is the operating system's, for the log. Never retry a failed sync. */
  | { readonly state: 'failed'; readonly reason: string };

export type WriteResult = { readonly state: 'written' } | DiskFailure;
export type ReadResult = { readonly state: 'read'; readonly bytes: Uint8Array } | DiskFailure;

/** Of the file system that holds the files: what this process may still fill, and how large it is. */
export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Thrown where the medium does not give these bytes. Others of the file it may give. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

export interface Disk {
  /** File names in order. At start. */
  list(): string[];
  /** Bytes in the file. At start. */
  size(file: string): number;
  /** Up to `length` bytes; fewer only at the end of the file. At start. Throws where the disk fails: {@link Unreadable} or else. */
  readNow(file: string, offset: number, length: number): Uint8Array;
  /** Cuts the file to `size`, and makes all of it durable, also where nothing is cut. At start. Throws where the disk fails. */
  truncate(file: string, size: number): void;
  /** Makes a new file with these bytes, or replaces one as a whole. When done, the file and its name are durable. */
  create(file: string, bytes: Uint8Array, done: (result: WriteResult) => void): void;
  /** Appends to a file; one append at a time. When done, all of it is durable. After a failure, any part may be. */
  append(file: string, chunks: readonly Uint8Array[], done: (result: WriteResult) => void): void;
  /** Writes over what stands at `offset`, or on from the end. When done, it is durable. After a failure, any part may be. */
  overwrite(file: string, offset: number, bytes: Uint8Array, done: (result: WriteResult) => void): void;
  read(file: string, offset: number, length: number, done: (result: ReadResult) => void): void;
  /** Undefined where the system does not say. At start. */
  spaceNow(): DiskSpace | undefined;
  /** The same at any time. */
  space(done: (space: DiskSpace | undefined) => void): void;
}
