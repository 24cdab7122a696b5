/** Many runs, each from its seed, and what they came to together. */
import { optionsOf, type OptionLimits } from './options.js';
import { planOf } from './plan.js';
import { runPlan, type Breached, type RunResult, type RunSettings } from './run.js';
import { shrink } from './shrink.js';
import { describeOptions, storyOf } from './story.js';

export interface SeedResult extends RunResult {
  readonly seed: number;
  /** It was run twice, to see that nothing but its seed decides what happens. */
  readonly wasRepeated: boolean;
}

export interface Failure extends Breached {
  readonly seed: number;
}

/** A run that is shrunk is run so often at most. */
const SHRINK_RUNS_MAX = 400;

export function runSeed(seed: number, limits: OptionLimits, settings: RunSettings, repeats: boolean): SeedResult {
  const options = optionsOf(seed, limits);
  const plan = planOf(options);
  const result = runPlan(options, plan, settings);
  if (!repeats) return { ...result, seed, wasRepeated: false };
  const again = runPlan(options, plan, settings);
  const isSame = again.trace === result.trace && again.simulatedMs === result.simulatedMs;
  const differs = {
    invariant: 'Repeatable',
    how: `two runs of the seed had the traces ${result.trace} and ${again.trace}`,
    atMs: again.simulatedMs,
  };
  return { ...result, breached: result.breached ?? (isSame ? undefined : differs), seed, wasRepeated: true };
}

/** The shortest story that can be had cheaply of a seed that fails. */
export function explain({ seed, invariant }: Failure, limits: OptionLimits, settings: RunSettings): string[] {
  const options = optionsOf(seed, limits);
  const whole = planOf(options);
  const { plan, runs } = shrink(options, whole, invariant, settings, SHRINK_RUNS_MAX);
  return [
    describeOptions(options),
    `${plan.length} of ${whole.length} planned events are left after ${runs} runs`,
    ...storyOf(options, plan, settings),
  ];
}

/** What runs came to. */
export class Tally {
  seeds = 0;
  repeated = 0;
  simulatedMs = 0;
  acked = 0;
  lost = 0;
  seen = 0;
  failovers = 0;
  merges = 0;
  /** Runs that prove nothing: in which nothing was acknowledged, or no fault was injected. */
  idle = 0;
  readonly faults: Record<string, number> = {};
  readonly failures: Failure[] = [];

  add(result: SeedResult): void {
    const { seed, breached, faults } = result;
    this.seeds += 1;
    if (result.wasRepeated) this.repeated += 1;
    this.simulatedMs += result.simulatedMs;
    this.acked += result.acked;
    this.lost += result.lost;
    this.seen += result.seen;
    this.failovers += result.failovers;
    this.merges += result.merges;
    if (result.acked === 0 || Object.keys(faults).length === 0) this.idle += 1;
    for (const [kind, count] of Object.entries(faults)) this.faults[kind] = (this.faults[kind] ?? 0) + count;
    if (breached !== undefined) this.failures.push({ seed, ...breached });
  }

  counts() {
    const { seeds, repeated, simulatedMs, acked, lost, seen, failovers, merges, idle, faults } = this;
    return { seeds, repeated, simulatedMs, acked, lost, seen, failovers, merges, idle, faults };
  }
}
