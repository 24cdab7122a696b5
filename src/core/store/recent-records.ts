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
import type { LogChunk } from '../model/record.js';

const BLOCK_BYTES = 1024 * 1024;

/** Records of one segment that follow each other without a gap. */
interface Block {
  /** Where its first record stands. */
  readonly position: Position;
  readonly bytes: Uint8Array;
  readonly view: DataView;
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

  /** Adds the record that stands at the position, behind all that were added. */
  add(bytes: Uint8Array, position: Position): void {
    let block = this.#blocks.at(-1);
    const isNext = block !== undefined && block.position + block.used === position;
    if (block === undefined || !isNext || block.used + bytes.length > block.bytes.length) {
      block = newBlock(position);
      this.#blocks.push(block);
    }
    block.bytes.set(bytes, block.used);
    block.used += bytes.length;
    this.#bytes += bytes.length;
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
    return { position: block.position + start, bytes: block.bytes.subarray(start, endWithin(block, start, maxBytes)) };
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

function newBlock(position: Position): Block {
  const bytes = new Uint8Array(BLOCK_BYTES);
  return { position, bytes, view: new DataView(bytes.buffer), used: 0 };
}

/** The end of the last record that ends within `maxBytes` from `start` on. */
function endWithin({ view, used }: Block, start: number, maxBytes: number): number {
  if (used - start <= maxBytes) return used;
  let end = start;
  for (;;) {
    const next = end + view.getUint32(end);
    if (next - start > maxBytes) return end;
    end = next;
  }
}
