/**
 * Runs the work on all systems, interleaved: each piece of work on one system after the other, and then the next; in each
 * round another system begins. So whatever else the machine is doing disturbs all of them alike.
 *
 * All systems run from beginning to end, idle while another is measured.
 */
import { CpuMeter } from '../support/machine.js';
import type { System } from '../support/system.js';
import { Traffic } from '../support/traffic.js';
import type { Figures } from './rows.js';
import { burst, warmUp, type Lengths, type Task } from './tasks.js';

/** Longer than any work takes, with all its people to connect first. */
const TASK_PATIENCE_MS = 150_000;

/** What was found of one system. */
export interface Findings {
  readonly system: System;
  /** By round. */
  readonly rounds: Figures[];
  /** By round: from the end of the burst until the system had finished all that the burst left behind. */
  readonly settleSeconds: number[];
  /** Why it is not measured any more. */
  failure: string | undefined;
}

export interface Plan {
  readonly rounds: number;
  readonly lengths: Lengths;
  /** No round begins that would not be over by then, as it seems; but the first always does. */
  readonly endMs: number;
  readonly tell: (line: string) => void;
  /** Done after each round, while no system works. */
  readonly afterRound?: () => Promise<void>;
}

/** Lets each system work for the first time, of which nothing counts. */
export async function warmUpAll(systems: readonly System[], plan: Plan): Promise<Findings[]> {
  const found = systems.map((system): Findings => ({ system, rounds: [], settleSeconds: [], failure: undefined }));
  for (const each of found) await measure(each, warmUp, 0, plan);
  return found;
}

/** Adds the figures of these tasks to what was found. */
export async function runRounds(found: readonly Findings[], tasks: readonly Task[], plan: Plan): Promise<void> {
  let longestMs = 0;
  for (let round = 0; round < plan.rounds; round += 1) {
    const startedMs = performance.now();
    if (round > 0 && startedMs + longestMs > plan.endMs) {
      plan.tell(`Round ${round + 1} is left out: it would take too long.`);
      return;
    }
    const order = found.map((_, index) => found[(index + round) % found.length]!);
    for (const task of tasks) for (const each of order) await measure(each, task, round, plan);
    await plan.afterRound?.();
    longestMs = Math.max(longestMs, performance.now() - startedMs);
  }
}

/** A system that fails is ended, and left out from then on. */
async function measure(found: Findings, task: Task, round: number, plan: Plan): Promise<void> {
  if (found.failure !== undefined) return;
  const { system } = found;
  try {
    const { figures, settleSeconds, shares } = await withinPatience(
      runTask(system, task, found.rounds[round] ?? {}, plan.lengths),
    );
    if (task === warmUp) return;
    found.rounds[round] = { ...found.rounds[round], ...figures };
    if (task === burst) found.settleSeconds.push(settleSeconds);
    const values = Object.entries(figures).map(([key, value]) => `${key} ${value.toPrecision(4)}`);
    plan.tell(`round ${round + 1}, ${task.name}, ${system.name}: ${values.join(', ')} (${shares})`);
  } catch (error) {
    found.failure = `${task.name}, round ${round + 1}: ${error instanceof Error ? error.message : String(error)}`;
    plan.tell(`${system.name} failed: ${found.failure}`);
    await system.stop();
  }
}

/** @throws Error where the work takes so long that it looks as if it would never end */
async function withinPatience<T>(work: Promise<T>): Promise<T> {
  let impatient: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    impatient = setTimeout(() => reject(new Error('it took too long')), TASK_PATIENCE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(impatient);
  }
}

interface Done {
  readonly figures: Figures;
  readonly settleSeconds: number;
  /** Who used the CPU, in words. */
  readonly shares: string;
}

async function runTask(system: System, task: Task, earlier: Figures, lengths: Lengths): Promise<Done> {
  const startedMs = performance.now();
  const traffic = await Traffic.start(system.makePerson, { clients: task.clients });
  try {
    const connectSeconds = (performance.now() - startedMs) / 1000;
    const meter = new CpuMeter(system.pids);
    const figures = await task.run(traffic, { system, lengths, earlier });
    const { shares } = meter.read();
    const endedMs = performance.now();
    await traffic.drain();
    await traffic.close();
    await system.settle();
    const settleSeconds = (performance.now() - endedMs) / 1000;
    const more = `connected in ${connectSeconds.toFixed(1)} s, settled in ${settleSeconds.toFixed(1)} s`;
    return { figures, settleSeconds, shares: `${shares}; ${more}` };
  } finally {
    await traffic.close();
  }
}
