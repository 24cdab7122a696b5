/**
 * A turn is everything that one event from the world sets off. What must happen once per turn, and not once per op
 * or per frame, is registered here: that is what makes batches out of whatever arrived together, without any timer.
 */
export class Turn {
  readonly #atEnd: (() => void)[] = [];
  #depth = 0;

  /** Tasks run at the end of every turn, in the order in which they were added. */
  atEnd(task: () => void): void {
    this.#atEnd.push(task);
  }

  /** Runs the handler of an event as a turn; within a turn, as a part of it. */
  run(handler: () => void): void {
    this.#depth += 1;
    try {
      handler();
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) for (const task of this.#atEnd) task();
    }
  }

  /** Makes a callback that a port will call into an event of its own. */
  event<T extends unknown[]>(callback: (...values: T) => void): (...values: T) => void {
    return (...values) => this.run(() => callback(...values));
  }
}
