/**
 * The last records appended, in memory: what links still send is nearly always among them. Records are copied into
 * large blocks, so that what the network received is not kept alive by a slice of it, that a batch is a few long chunks for
 * the disk, and that a record costs no object. What was handed out of a block stays as it is.
 *
 * Holds every record that is not yet durable, and of the durable ones at most the latest
 * {@link limits.recentRecordBytes}, in whole blocks.
 */
import { limits } from '../model/limits.js';
import type { Position } from '../model/position.js';
import { recordLengthAt, type LogChunk } from '../model/record.js';

const BLOCK_BYTES = 1024 * 1024;

/** Records of one segment that follow each other without a gap. */
interface Block {
  /** Where its first record stands. */
  readonly position: Position;
  readonly bytes: Uint8Array;
  used: number;
}

export class RecentRecords {
  /** By rising position. */
  readonly #blocks: Block[] = [];
  #bytes = 0;

  /** The position of the oldest record held, or undefined if none is. */
  get start(): Position | undefined {
    return this.#blocks[0]?.position;
  }

  /** Adds whole records that stand at the position, one behind the other, behind all that were added. */
  add(bytes: Uint8Array, position: Position): void {
    const block = this.#blockFor(position, recordLengthAt(bytes, 0));
    const added = endWithin(bytes, block.bytes.length - block.used);
    block.bytes.set(added < bytes.length ? bytes.subarray(0, added) : bytes, block.used);
    block.used += added;
    this.#bytes += added;
    if (added < bytes.length) this.add(bytes.subarray(added), position + added);
  }

  #blockFor(position: Position, length: number): Block {
    const last = this.#blocks.at(-1);
    if (last?.position === position - (last?.used ?? 0) && last.used + length <= last.bytes.length) return last;
    const block = { position, bytes: new Uint8Array(BLOCK_BYTES), used: 0 };
    this.#blocks.push(block);
    return block;
  }

  /** Lets go of the oldest blocks before `durableEnd` until the rest is within the limit. */
  trim(durableEnd: Position): void {
    while (this.#bytes > limits.recentRecordBytes) {
      const oldest = this.#blocks[0];
      if (oldest === undefined || oldest.position + oldest.used > durableEnd) break;
      this.#bytes -= oldest.used;
      this.#blocks.shift();
    }
  }

  /** Records from the first one at or after `from`, of at most `maxBytes` in all; undefined where none is. */
  from(from: Position, maxBytes: number): LogChunk | undefined {
    const block = this.#blocks.find(({ position, used }) => position + used > from);
    if (block === undefined) return undefined;
    const start = Math.max(0, from - block.position);
    const bytes = block.bytes.subarray(start, block.used);
    return { position: block.position + start, bytes: bytes.subarray(0, endWithin(bytes, maxBytes)) };
  }

  /** The bytes of all records from `start` up to `end`, where records begin, as few long pieces. */
  between(start: Position, end: Position): Uint8Array[] {
    return this.#blocks
      .filter(({ position, used }) => position < end && position + used > start)
      .map(({ position, used, bytes }) =>
        bytes.subarray(Math.max(0, start - position), Math.min(used, end - position)),
      );
  }
}

/** The end of the last record that ends within `maxBytes`. */
function endWithin(bytes: Uint8Array, maxBytes: number): number {
  if (bytes.length <= maxBytes) return bytes.length;
  let end = 0;
  for (;;) {
    const next = end + recordLengthAt(bytes, end);
    if (next > maxBytes) return end;
    end = next;
  }
}
