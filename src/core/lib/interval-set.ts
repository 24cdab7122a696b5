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

  /** Adds every value from `first` to `last`. Returns whether any was new. */
  addRun(first: number, last: number): boolean {
    const bounds = this.#bounds;
    let from = this.#runFrom(first);
    if (from < bounds.length && bounds[from]! <= first && bounds[from + 1]! >= last) return false;
    // The run before may end just where this one begins.
    if (from > 0 && bounds[from - 1] === first - 1) from -= 2;
    let to = from;
    let [low, high] = [first, last];
    while (to < bounds.length && bounds[to]! <= last + 1) {
      low = Math.min(low, bounds[to]!);
      high = Math.max(high, bounds[to + 1]!);
      to += 2;
    }
    bounds.splice(from, to - from, low, high);
    return true;
  }

  /** The highest value; 0 where there is none. */
  get last(): number {
    return this.#bounds.at(-1) ?? 0;
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
