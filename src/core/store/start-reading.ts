/**
 * Reading at a start, where the medium may not give all of a file: what it does not give is zeros, which are no record and
 * no header, and so damaged like any other bytes that are not right.
 */
import { limits } from '../model/limits.js';
import { Unreadable, type Disk } from '../ports/disk.js';

export interface StartReading {
  readonly bytes: Uint8Array;
  /** Some of them the medium did not give. */
  readonly hasUnreadable: boolean;
}

/** Up to `length` bytes; fewer only at the end of the file. Throws where the disk fails in another way. */
export function readAtStart(disk: Disk, file: string, offset: number, length: number): StartReading {
  try {
    return { bytes: disk.readNow(file, offset, length), hasUnreadable: false };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
  }
  const bytes = new Uint8Array(Math.max(0, Math.min(length, disk.size(file) - offset)));
  for (let at = 0; at < bytes.length;) {
    const piece = Math.min(limits.scrubPieceBytes - ((offset + at) % limits.scrubPieceBytes), bytes.length - at);
    try {
      bytes.set(disk.readNow(file, offset + at, piece), at);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
    }
    at += piece;
  }
  return { bytes, hasUnreadable: true };
}
