/**
 * A turn is what events from the world set off that arrive together. What must happen once per turn, and not once per op
 * or per frame, is registered here: that is what makes batches out of whatever arrived together, without any timer.
 *
 * Where the world can tell that it has handed over all that had arrived (`whenHandedOver`), a turn lasts until then, and
 * else for one event.
 */
export class Turn {
  readonly #whenHandedOver: ((end: () => void) => void) | undefined;
  readonly #atEnd: (() => void)[] = [];
  #depth = 0;
  #isEndDue = false;

  /** `whenHandedOver` calls back once, and not before it returns. */
  constructor(whenHandedOver?: (end: () => void) => void) {
    this.#whenHandedOver = whenHandedOver;
  }

  /** Tasks run at the end of every turn, in the order in which they were added. */
  atEnd(task: () => void): void {
    this.#atEnd.push(task);
  }

  /** Runs the handler of an event as a part of a turn. */
  run(handler: () => void): void {
    this.#depth += 1;
    try {
      handler();
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) this.#endSoon();
    }
  }

  /** Ends the turn now. For the last one. */
  end(): void {
    this.#isEndDue = false;
    for (const task of this.#atEnd) task();
  }

  /** Makes a callback that a port will call into an event of its own. */
  event<T extends unknown[]>(callback: (...values: T) => void): (...values: T) => void {
    return (...values) => this.run(() => callback(...values));
  }

  #endSoon(): void {
    if (this.#whenHandedOver === undefined) {
      this.end();
    } else if (!this.#isEndDue) {
      this.#isEndDue = true;
      this.#whenHandedOver(this.#endDue);
    }
  }

  readonly #endDue = (): void => {
    if (this.#isEndDue) this.end();
  };
}
