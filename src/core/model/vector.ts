/**
 * Version vectors (Parker et al. 1983): for each origin the highest seq held. A server that holds (origin, k) holds
 * (origin, 1) to (origin, k), so a vector names a whole set of ops.
 */
import type { Dot, Origin } from './ids.js';

export class Vector {
  readonly #seqByOrigin: Map<Origin, number>;

  constructor(entries: Iterable<Dot> = []) {
    this.#seqByOrigin = new Map();
    for (const entry of entries) this.raise(entry.origin, entry.seq);
  }

  /** The highest seq held of the origin; 0 where none is. */
  get(origin: Origin): number {
    return this.#seqByOrigin.get(origin) ?? 0;
  }

  covers(dot: Dot): boolean {
    return this.get(dot.origin) >= dot.seq;
  }

  /** True where every op that `other` names is named here too. */
  coversAll(other: Vector): boolean {
    for (const [origin, seq] of other.#seqByOrigin) if (this.get(origin) < seq) return false;
    return true;
  }

  /** Moves the origin's entry up to seq; an entry never goes down. Returns whether it moved. */
  raise(origin: Origin, seq: number): boolean {
    if (seq <= this.get(origin)) return false;
    this.#seqByOrigin.set(origin, seq);
    return true;
  }

  /** Raises every entry to at least that of `other`. Returns whether any moved. */
  join(other: Vector): boolean {
    let moved = false;
    for (const [origin, seq] of other.#seqByOrigin) moved = this.raise(origin, seq) || moved;
    return moved;
  }

  get size(): number {
    return this.#seqByOrigin.size;
  }

  /** How many ops the vector names. */
  get total(): number {
    let total = 0;
    for (const seq of this.#seqByOrigin.values()) total += seq;
    return total;
  }

  /** The entries by origin, so that equal vectors give equal lists. */
  entries(): Dot[] {
    return [...this.#seqByOrigin].map(([origin, seq]) => ({ origin, seq })).sort((a, b) => a.origin - b.origin);
  }

  /** The entries that `other` does not cover, by origin. */
  beyond(other: Vector): Dot[] {
    const entries: Dot[] = [];
    for (const [origin, seq] of this.#seqByOrigin) if (other.get(origin) < seq) entries.push({ origin, seq });
    return entries.length > 1 ? entries.sort((a, b) => a.origin - b.origin) : entries;
  }

  origins(): IterableIterator<Origin> {
    return this.#seqByOrigin.keys();
  }

  clone(): Vector {
    return new Vector(this.entries());
  }

  equals(other: Vector): boolean {
    return this.coversAll(other) && other.coversAll(this);
  }
}
