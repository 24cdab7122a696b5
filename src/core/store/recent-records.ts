/**
 * The last records appended, in memory: what links still send is nearly always among them. Records are copied into
 * large blocks, so that what the network received is not kept alive by a slice of it, and so that a batch is a few
 * long chunks for the disk.
 *
 * Holds every record that is not yet durable, and of the durable ones the latest {@link limits.recentRecordBytes}.
 */
import { limits } from '../model/limits.js';
import type { Position } from '../model/position.js';
import type { RecordHeader } from '../model/record.js';

export interface LogRecord {
  /** Read-only, and good for as long as it is kept. */
  readonly bytes: Uint8Array;
  readonly header: RecordHeader;
  readonly position: Position;
}

const BLOCK_BYTES = 1024 * 1024;

export class RecentRecords {
  /** Those from `#oldest` on are held; the places before it are cleared now and then. */
  #records: (LogRecord | undefined)[] = [];
  #oldest = 0;
  #bytes = 0;
  #block = new Uint8Array(0);
  #blockUsed = 0;

  /** The position of the oldest record held, or undefined if none is. */
  get start(): Position | undefined {
    return this.#records[this.#oldest]?.position;
  }

  add(bytes: Uint8Array, header: RecordHeader, position: Position): LogRecord {
    if (this.#blockUsed + bytes.length > this.#block.length) {
      this.#block = new Uint8Array(BLOCK_BYTES);
      this.#blockUsed = 0;
    }
    const copy = this.#block.subarray(this.#blockUsed, this.#blockUsed + bytes.length);
    copy.set(bytes);
    this.#blockUsed += bytes.length;
    const record = { bytes: copy, header, position };
    this.#records.push(record);
    this.#bytes += bytes.length;
    return record;
  }

  /** Lets go of the oldest records before `durableEnd` until the rest is within the limit. */
  trim(durableEnd: Position): void {
    while (this.#bytes > limits.recentRecordBytes) {
      const record = this.#records[this.#oldest];
      if (record === undefined || record.position >= durableEnd) break;
      this.#bytes -= record.bytes.length;
      this.#records[this.#oldest] = undefined;
      this.#oldest += 1;
    }
    if (this.#oldest * 2 > this.#records.length) {
      this.#records = this.#records.slice(this.#oldest);
      this.#oldest = 0;
    }
  }

  /** Records from the first one at or after `from`, of at most `maxBytes` in all. */
  from(from: Position, maxBytes: number): LogRecord[] {
    const found: LogRecord[] = [];
    let bytes = 0;
    for (let index = this.#indexOf(from); index < this.#records.length; index += 1) {
      const record = this.#records[index]!;
      bytes += record.bytes.length;
      if (bytes > maxBytes) break;
      found.push(record);
    }
    return found;
  }

  #indexOf(from: Position): number {
    let low = this.#oldest;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#records[middle]!.position < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
