/**
 * What waits to be written, in the order of the log: files to create, and batches of records to append. A batch is
 * for one file and of at most {@link limits.batchBytesMax}.
 */
import { limits } from '../model/limits.js';
import type { Position } from '../model/position.js';
import type { RecordRun } from '../model/record.js';
import { Heads } from './heads.js';

export interface FileToCreate {
  readonly kind: 'create';
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** What stands in the log from `start` up to `end`. */
export interface BatchToAppend {
  readonly kind: 'append';
  readonly file: string;
  readonly start: Position;
  end: Position;
  records: number;
  /** The last record of each origin in it. */
  readonly heads: Heads;
}

export class WriteQueue {
  readonly #steps: (FileToCreate | BatchToAppend)[] = [];

  addFile(file: string, bytes: Uint8Array): void {
    this.#steps.push({ kind: 'create', file, bytes });
  }

  addRecords(file: string, { bytes, first, last }: RecordRun, position: Position): void {
    const end = position + bytes.length;
    // The last batch is for this file, since another file would have been created after it.
    let batch = this.#steps.at(-1);
    if (batch?.kind !== 'append' || end - batch.start > limits.batchBytesMax) {
      batch = { kind: 'append', file, start: position, end, records: 0, heads: new Heads() };
      this.#steps.push(batch);
    }
    batch.records += last.seq - first.seq + 1;
    batch.end = end;
    batch.heads.advance(last);
  }

  /** What was taken first could not be done and is to be done first again. */
  putBack(step: FileToCreate): void {
    this.#steps.unshift(step);
  }

  takeFirst(): FileToCreate | BatchToAppend | undefined {
    return this.#steps.shift();
  }
}
