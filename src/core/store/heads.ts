/**
 * What a log holds, with proof: for each origin the seq and the checksum of the last record of its unbroken chain.
 *
 * A record counts only where it continues its origin's chain: its seq is the next one and it names the checksum of the
 * one before. So the heads never cover a record behind a gap, and a copy of a record held already changes nothing.
 */
import type { Origin } from '../model/ids.js';
import type { RecordHeader } from '../model/record.js';
import { Vector } from '../model/vector.js';

export interface Head {
  readonly seq: number;
  readonly checksum: number;
}

export class Heads {
  readonly #headByOrigin: Map<Origin, Head>;

  constructor(entries: Iterable<readonly [Origin, Head]> = []) {
    this.#headByOrigin = new Map(entries);
  }

  get(origin: Origin): Head | undefined {
    return this.#headByOrigin.get(origin);
  }

  /** The highest seq held of the origin; 0 where none is. */
  seq(origin: Origin): number {
    return this.#headByOrigin.get(origin)?.seq ?? 0;
  }

  continuedBy(header: RecordHeader): boolean {
    const head = this.#headByOrigin.get(header.origin);
    if (head === undefined) return header.seq === 1 && header.previous === 0;
    return header.seq === head.seq + 1 && header.previous === head.checksum;
  }

  /** Only for a record that continues its chain, or the last of several that do. */
  advance(header: RecordHeader): void {
    this.#headByOrigin.set(header.origin, header);
  }

  set(origin: Origin, head: Head | undefined): void {
    if (head === undefined) this.#headByOrigin.delete(origin);
    else this.#headByOrigin.set(origin, head);
  }

  get size(): number {
    return this.#headByOrigin.size;
  }

  /** By origin, so that equal heads give equal lists. */
  entries(): (readonly [Origin, Head])[] {
    return [...this.#headByOrigin].sort(([a], [b]) => a - b);
  }

  clone(): Heads {
    return new Heads(this.#headByOrigin);
  }

  vector(): Vector {
    return new Vector(this.entries().map(([origin, head]) => ({ origin, seq: head.seq })));
  }
}
