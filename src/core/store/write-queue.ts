/**
 * What waits to be written, in the order of the log: files to create, and batches of records to append. A batch is
 * for one file and of at most {@link limits.batchBytesMax}.
 */
import type { Origin } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { Position } from '../model/position.js';
import type { RecordHeader } from '../model/record.js';
import type { LogRecord } from './recent-records.js';

export interface FileToCreate {
  readonly kind: 'create';
  readonly file: string;
  readonly bytes: Uint8Array;
}

export interface BatchToAppend {
  readonly kind: 'append';
  readonly file: string;
  readonly chunks: Uint8Array[];
  bytes: number;
  records: number;
  /** The position after its last record. */
  end: Position;
  /** Its last record of each origin. */
  readonly lastByOrigin: Map<Origin, RecordHeader>;
}

export class WriteQueue {
  readonly #steps: (FileToCreate | BatchToAppend)[] = [];

  addFile(file: string, bytes: Uint8Array): void {
    this.#steps.push({ kind: 'create', file, bytes });
  }

  addRecord(file: string, { bytes, header, position }: LogRecord): void {
    // The last batch is for this file, since another file would have been created after it.
    let batch = this.#steps.at(-1);
    if (batch?.kind !== 'append' || batch.bytes + bytes.length > limits.batchBytesMax) {
      batch = { kind: 'append', file, chunks: [], bytes: 0, records: 0, end: position, lastByOrigin: new Map() };
      this.#steps.push(batch);
    }
    addChunk(batch.chunks, bytes);
    batch.bytes += bytes.length;
    batch.records += 1;
    batch.end = position + bytes.length;
    batch.lastByOrigin.set(header.origin, header);
  }

  /** What was taken first could not be done and is to be done first again. */
  putBack(step: FileToCreate): void {
    this.#steps.unshift(step);
  }

  takeFirst(): FileToCreate | BatchToAppend | undefined {
    return this.#steps.shift();
  }
}

/** Chunks that follow each other in memory become one: the disk takes a few long ones faster than many short ones. */
function addChunk(chunks: Uint8Array[], bytes: Uint8Array): void {
  const last = chunks.at(-1);
  if (last !== undefined && last.buffer === bytes.buffer && last.byteOffset + last.length === bytes.byteOffset) {
    chunks[chunks.length - 1] = new Uint8Array(last.buffer, last.byteOffset, last.length + bytes.length);
  } else {
    chunks.push(bytes);
  }
}
