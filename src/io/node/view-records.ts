/**
 * Reads records back from the files of the log, by position. What does not read as the very record that the view expects
 * there is not given out. A file stays open while the log writes to it, until a record is not found in it: a damaged
 * segment may have been made anew, as another file of the same name.
 */
import fs from 'node:fs';
import { join } from 'node:path';

import type { Dot } from '../../core/model/ids.js';
import { limits } from '../../core/model/limits.js';
import { offsetOf, segmentFileName, segmentOf, type Position } from '../../core/model/position.js';
import { readRecord, RECORD_HEADER_BYTES } from '../../core/model/record.js';
import type { MessagePlace } from '../../core/ports/view.js';
import { isDescriptorShortage } from './descriptors.js';
import type { CrossingRecords } from './view-messages.js';

/** Where a message's record stands. */
export interface RecordPlace extends Dot {
  readonly position: Position;
  readonly length: number;
}

export class RecordReader {
  readonly #directory: string;
  /** Open files by segment, the one used longest ago first. */
  readonly #files = new Map<number, number>();
  /** Where pages are put together; one more record than a page holds, so that the last can be read before it is cut. */
  readonly #buffer = new Uint8Array(limits.viewAnswerBytesMax + limits.recordBytesMax);

  constructor(logDirectory: string) {
    this.#directory = logDirectory;
  }

  /** The first records of `places`, up to `limit` and to the size of an answer. Unreadable ones do not count. */
  readPage(places: Iterable<RecordPlace>, limit: number): CrossingRecords {
    let count = 0;
    let used = 0;
    let more = false;
    const unreadable: MessagePlace[] = [];
    for (const place of places) {
      more = count === limit;
      if (more) break;
      if (!this.#readInto(used, place)) {
        const { origin, seq, position } = place;
        unreadable.push({ origin, seq, position });
        continue;
      }
      more = used + place.length > limits.viewAnswerBytesMax;
      if (more) break;
      used += place.length;
      count += 1;
    }
    return { bytes: this.#buffer.slice(0, used), more, unreadable };
  }

  /** The length of the record that stands at the place; undefined where another does, or none. */
  lengthAt({ origin, seq, position }: Omit<RecordPlace, 'length'>): number | undefined {
    const file = this.#open(segmentOf(position));
    if (file === undefined) return undefined;
    const bytes = this.#buffer.subarray(0, RECORD_HEADER_BYTES);
    if (!readFully(file, bytes, offsetOf(position))) return undefined;
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    return this.#readInto(0, { origin, seq, position, length }) ? length : undefined;
  }

  close(): void {
    for (const file of this.#files.values()) fs.closeSync(file);
    this.#files.clear();
  }

  /** Whether the record is now in the buffer. */
  #readInto(at: number, place: RecordPlace): boolean {
    const segment = segmentOf(place.position);
    const file = this.#open(segment);
    if (file === undefined) return false;
    const bytes = this.#buffer.subarray(at, at + place.length);
    const reading = readFully(file, bytes, offsetOf(place.position)) ? readRecord(bytes, 0) : undefined;
    if (reading?.state === 'whole') {
      const { length, origin, seq } = reading.header;
      if (length === place.length && origin === place.origin && seq === place.seq) return true;
    }
    this.#close(segment, file);
    return false;
  }

  #open(segment: number): number | undefined {
    let file = this.#files.get(segment);
    if (file === undefined) file = openIfPresent(join(this.#directory, segmentFileName(segment)));
    else this.#files.delete(segment);
    if (file === undefined) return undefined;
    this.#files.set(segment, file);
    if (this.#files.size > limits.viewSegmentsOpenMax) this.#closeOldest();
    return file;
  }

  #closeOldest(): void {
    for (const [segment, file] of this.#files) {
      this.#close(segment, file);
      return;
    }
  }

  #close(segment: number, file: number): void {
    fs.closeSync(file);
    this.#files.delete(segment);
  }
}

/** Waits for a descriptor where there is none: that is no damage. The thread of the view has nothing else to do. */
function openIfPresent(path: string): number | undefined {
  for (;;) {
    try {
      return fs.openSync(path, 'r');
    } catch (error) {
      // Whatever else keeps the file from being opened, its records cannot be had; the caller reports it.
      if (!isDescriptorShortage(error)) return undefined;
    }
    Atomics.wait(neverWoken, 0, 0, limits.descriptorWaitMs);
  }
}

const neverWoken = new Int32Array(new SharedArrayBuffer(4));

/** Whether all of `bytes` could be filled. */
function readFully(file: number, bytes: Uint8Array, offset: number): boolean {
  let done = 0;
  try {
    while (done < bytes.length) {
      const read = fs.readSync(file, bytes, done, bytes.length - done, offset + done);
      if (read === 0) return false;
      done += read;
    }
    return true;
  } catch {
    // A failing disk is the log's to act on: here it means that this record cannot be had.
    return false;
  }
}
