/**
 * A set of positive integers kept as runs, so that a client's counters 1 to a million cost one run. Invariant: runs
 * rise and do not touch each other.
 */
export class IntervalSet {
  /** first, last, first, last, … */
  readonly #bounds: number[];

  constructor(bounds: readonly number[] = []) {
    this.#bounds = [...bounds];
  }

  has(value: number): boolean {
    const run = this.#runFrom(value);
    return run < this.#bounds.length && this.#bounds[run]! <= value;
  }

  /** Adds the value. Returns whether it was new. */
  add(value: number): boolean {
    const bounds = this.#bounds;
    const run = this.#runFrom(value);
    if (run < bounds.length && bounds[run]! <= value) return false;
    const joinsBefore = run > 0 && bounds[run - 1] === value - 1;
    const joinsAfter = run < bounds.length && bounds[run] === value + 1;
    if (joinsBefore && joinsAfter) bounds.splice(run - 1, 2);
    else if (joinsBefore) bounds[run - 1] = value;
    else if (joinsAfter) bounds[run] = value;
    else bounds.splice(run, 0, value, value);
    return true;
  }

  get runs(): number {
    return this.#bounds.length / 2;
  }

  /** The runs: first, last, first, last, rising. */
  get bounds(): readonly number[] {
    return this.#bounds;
  }

  /** The index of the first run that ends at or after the value. Values rise, so the last run is the likely one. */
  #runFrom(value: number): number {
    const bounds = this.#bounds;
    let low = 0;
    let high = bounds.length / 2;
    if (high > 0 && bounds[bounds.length - 1]! < value) return bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (bounds[middle * 2 + 1]! < value) low = middle + 1;
      else high = middle;
    }
    return low * 2;
  }
}
