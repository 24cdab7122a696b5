/**
 * Writes that wait to be durable everywhere they must be: on this server and on every server of its in-sync set as
 * it stands now. A server that leaves the set is no longer waited for.
 */
import type { Dot, Origin } from '../model/ids.js';
import type { Vector } from '../model/vector.js';

/** A write that waits. One object for each: there is one for each message. */
export interface PendingWrite extends Dot {
  /** When it began to wait, on the monotonic clock. */
  readonly sinceMs: number;
  /** Told once, with how many servers hold the op durably, this one included. */
  stored(copies: number): void;
}

/** What the writes are measured against. `inSync` is a part of `linked`; all vectors are of durable ops. */
export interface DurableView {
  readonly own: Vector;
  readonly inSync: readonly Vector[];
  readonly linked: readonly Vector[];
}

export class PendingWrites {
  /** Under the present origin, by rising seq: only the front needs looking at. */
  readonly #own: PendingWrite[] = [];
  #first = 0;
  /** Ops of other origins: sends that were repeated here after another server took them. Rare, and in any order. */
  #others: PendingWrite[] = [];

  get size(): number {
    return this.#own.length - this.#first + this.#others.length;
  }

  add(write: PendingWrite): void {
    const last = this.#own.at(-1);
    if (last === undefined || (last.origin === write.origin && last.seq < write.seq)) this.#own.push(write);
    else this.#others.push(write);
  }

  /** Tells every write that is stored where it must be. */
  advance(view: DurableView): void {
    this.#advanceOwn(view);
    if (this.#others.length > 0) this.#advanceOthers(view);
  }

  /** The first of the waiting writes that the vector does not cover, by when it began to wait. */
  oldestLackedBy(vector: Vector): number | undefined {
    let oldest: number | undefined;
    const front = this.#own[this.#first];
    if (front !== undefined) {
      // Their seqs rise, so those that are covered are at the front, and there may be thousands.
      const covered = vector.get(front.origin);
      let low = this.#first;
      let high = this.#own.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (this.#own[middle]!.seq <= covered) low = middle + 1;
        else high = middle;
      }
      oldest = this.#own[low]?.sinceMs;
    }
    for (const waiting of this.#others) {
      if (!vector.covers(waiting) && (oldest === undefined || waiting.sinceMs < oldest)) oldest = waiting.sinceMs;
    }
    return oldest;
  }

  #advanceOwn(view: DurableView): void {
    const front = this.#own[this.#first];
    if (front === undefined) return;
    const { origin } = front;
    const safe = safeSeq(origin, view);
    const copies = new CopyCount(origin, view);
    while (this.#first < this.#own.length) {
      const waiting = this.#own[this.#first]!;
      // A callback may have drained the queue and begun another origin.
      if (waiting.origin !== origin || waiting.seq > safe) break;
      this.#first += 1;
      waiting.stored(copies.of(waiting.seq));
    }
    if (this.#first === this.#own.length) {
      this.#own.length = 0;
      this.#first = 0;
    } else if (this.#first > 4096) {
      this.#own.splice(0, this.#first);
      this.#first = 0;
    }
  }

  #advanceOthers(view: DurableView): void {
    const others = this.#others;
    this.#others = [];
    for (const waiting of others) {
      if (waiting.seq <= safeSeq(waiting.origin, view)) {
        waiting.stored(new CopyCount(waiting.origin, view).of(waiting.seq));
      } else {
        this.#others.push(waiting);
      }
    }
  }
}

/** Up to which seq every server that must hold the origin's ops does. */
function safeSeq(origin: Origin, view: DurableView): number {
  let safe = view.own.get(origin);
  for (const vector of view.inSync) safe = Math.min(safe, vector.get(origin));
  return safe;
}

class CopyCount {
  readonly #seqs: number[];

  constructor(origin: Origin, view: DurableView) {
    this.#seqs = view.linked.map((vector) => vector.get(origin));
  }

  of(seq: number): number {
    let copies = 1;
    for (const held of this.#seqs) if (held >= seq) copies += 1;
    return copies;
  }
}
