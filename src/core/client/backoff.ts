/**
 * How long to wait after the nth failure in a row: twice as long each time, between two bounds, and a random part of
 * it, so that clients that lost the same server do not come back together.
 */
import type { Random } from '../ports/random.js';
import { fraction } from './chance.js';

export class Backoff {
  readonly #random: Random;
  readonly #minMs: number;
  readonly #maxMs: number;
  #failures = 0;

  constructor(random: Random, minMs: number, maxMs: number) {
    this.#random = random;
    this.#minMs = minMs;
    this.#maxMs = maxMs;
  }

  /** Milliseconds to wait now: from half of the current step to the whole of it. */
  nextMs(): number {
    const stepMs = Math.min(this.#maxMs, this.#minMs * 2 ** this.#failures);
    if (stepMs < this.#maxMs) this.#failures++;
    return stepMs / 2 + (stepMs / 2) * fraction(this.#random);
  }

  reset(): void {
    this.#failures = 0;
  }
}
