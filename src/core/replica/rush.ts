/**
 * Whether ops come faster than the views follow. Views that read on meanwhile would take the processor from those ops, and be
 * behind all the same; so they rest, and go on when fewer come, when somebody waits for them, or when they are so far
 * behind that most of what they may lag by is used up. A machine that keeps up never gets so far that they rest.
 */
import { limits } from '../model/limits.js';

export class Rush {
  #ops = 0;
  #sinceMs: number;
  #isOn = false;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  /** An op has been applied. */
  applied(): void {
    this.#ops += 1;
  }

  /** To be called every {@link limits.tickMs} or so. */
  tick(nowMs: number): void {
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs < limits.tickMs) return;
    this.#isOn = this.#ops * 1000 > limits.rushOpsPerSecond * elapsedMs;
    this.#ops = 0;
    this.#sinceMs = nowMs;
  }

  /** Whether a view that is so many ops behind rests. */
  holds(lagOps: number): boolean {
    return this.#isOn && lagOps > limits.rushLagOps && lagOps < limits.viewLagOpsMax * 0.75;
  }
}
