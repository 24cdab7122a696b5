/**
 * Made time: one queue of everything that is going to happen, in the order of its moments, and of being queued where
 * these are equal. Nothing happens but when a test lets it, so a run is a function of what the test does.
 */
import type { Clock } from '../core/ports/clock.js';

interface Planned {
  readonly atMs: number;
  readonly order: number;
  action: (() => void) | undefined;
}

const WALL_START_MS = 1_700_000_000_000;

export class Timeline {
  #nowMs = 0;
  #order = 0;
  #trace = 0;
  /** A binary heap, the next at the front. */
  readonly #heap: Planned[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Stands for all that happened, and when: two runs that differ in anything soon differ in this. */
  get trace(): number {
    return this.#trace >>> 0;
  }

  /** Makes something a part of the trace. */
  note(fact: number): void {
    const mixed = Math.imul(this.#trace ^ fact, 0x9e3779b1);
    this.#trace = mixed ^ (mixed >>> 15);
  }

  /** A clock of this time; its wall clock is ahead of true time by what `skewMs` says. */
  clock(skewMs: () => number = () => 0): Clock {
    return {
      wallMs: () => Math.floor(WALL_START_MS + this.#nowMs + skewMs()),
      monotonicMs: () => this.#nowMs,
    };
  }

  /** Does something after the delay, never at once. Returns what calls it off. */
  after(delayMs: number, action: () => void): () => void {
    const planned: Planned = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order, action };
    this.#order += 1;
    this.#insert(planned);
    return () => {
      planned.action = undefined;
    };
  }

  /** Lets everything happen that is due within the time. */
  advance(forMs: number): void {
    const endMs = this.#nowMs + forMs;
    while (this.#step(endMs));
    this.#nowMs = endMs;
  }

  /** Lets things happen until the condition holds, for so long at most. Returns whether it does. */
  advanceUntil(condition: () => boolean, withinMs: number): boolean {
    const endMs = this.#nowMs + withinMs;
    while (!condition()) {
      if (this.#step(endMs)) continue;
      this.#nowMs = endMs;
      return condition();
    }
    return true;
  }

  #step(endMs: number): boolean {
    const next = this.#heap[0];
    if (next === undefined || next.atMs > endMs) return false;
    this.#removeFirst();
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    if (next.action === undefined) return true;
    this.note(next.order);
    this.note(this.#nowMs * 1000);
    next.action();
    return true;
  }

  #insert(planned: Planned): void {
    const heap = this.#heap;
    let at = heap.push(planned) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent]!, planned)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = planned;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (isBefore(last, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(one: Planned, other: Planned): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
