/**
 * Makes the plan of a run that fails shorter, as long as what is left still breaks the same invariant: delta debugging
 * (Zeller and Hildebrandt 2002), with a bound on the number of runs.
 */
import type { RunOptions } from './options.js';
import type { PlannedEvent } from './plan.js';
import { runPlan, type RunSettings } from './run.js';

export interface Shrunk {
  readonly plan: readonly PlannedEvent[];
  readonly runs: number;
}

export function shrink(
  options: RunOptions,
  plan: readonly PlannedEvent[],
  invariant: string,
  settings: RunSettings,
  runsMax: number,
): Shrunk {
  return new Shrinking(options, invariant, { ...settings, tell: undefined }, runsMax).shrink(plan);
}

class Shrinking {
  readonly #options: RunOptions;
  readonly #invariant: string;
  readonly #settings: RunSettings;
  readonly #runsMax: number;
  #runs = 0;

  constructor(options: RunOptions, invariant: string, settings: RunSettings, runsMax: number) {
    this.#options = options;
    this.#invariant = invariant;
    this.#settings = settings;
    this.#runsMax = runsMax;
  }

  shrink(plan: readonly PlannedEvent[]): Shrunk {
    let shortest = plan;
    let parts = 2;
    while (shortest.length > 1 && this.#mayRun) {
      const size = Math.ceil(shortest.length / parts);
      const shorter = this.#withoutParts(shortest, size);
      if (shorter.length === shortest.length && size === 1) break;
      parts = shorter.length < shortest.length ? Math.max(2, parts - 1) : Math.min(shortest.length, parts * 2);
      shortest = shorter;
    }
    return { plan: shortest, runs: this.#runs };
  }

  /** Leaves out each stretch of so many events that the breach does not need. */
  #withoutParts(plan: readonly PlannedEvent[], size: number): readonly PlannedEvent[] {
    let shortest = plan;
    // From the end: what was planned for after the breach had no part in it.
    for (let end = shortest.length; end > 0 && this.#mayRun; end -= size) {
      const rest = [...shortest.slice(0, Math.max(0, end - size)), ...shortest.slice(end)];
      if (this.#stillFails(rest)) shortest = rest;
    }
    return shortest;
  }

  get #mayRun(): boolean {
    return this.#runs < this.#runsMax;
  }

  #stillFails(plan: readonly PlannedEvent[]): boolean {
    this.#runs += 1;
    return runPlan(this.#options, plan, this.#settings).breached?.invariant === this.#invariant;
  }
}
