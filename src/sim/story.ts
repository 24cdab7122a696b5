/** Tells a run: what befell whom when, what servers reported, what people were told and shown, and what broke. */
import type { RunOptions } from './options.js';
import type { PlannedEvent } from './plan.js';
import { runPlan, type RunSettings } from './run.js';

export function storyOf(options: RunOptions, plan: readonly PlannedEvent[], settings: RunSettings): string[] {
  const lines: string[] = [];
  runPlan(options, plan, {
    ...settings,
    tell: (atMs, who, what) => void lines.push(`${timeOf(atMs)}  ${(who === '' ? '-' : who).padEnd(13)}  ${what}`),
  });
  return lines;
}

export function describeOptions(options: RunOptions): string {
  const { seed, servers, people, sessionsPerAccount, minCopies } = options;
  const { troubleMs, faultEveryMs, faults, segmentBytes } = options;
  return [
    `seed ${seed}: ${servers} servers, ${people} people, sessionsPerAccount ${sessionsPerAccount}, minCopies ${minCopies}`,
    `${(troubleMs / 1000).toFixed(1)} s of trouble, a fault about every ${faultEveryMs} ms, segments of ${segmentBytes} bytes`,
    `clocks ahead by ${options.clockSkewsMs.join(', ')} ms`,
    `faults: ${faults.join(', ')}`,
  ].join('; ');
}

function timeOf(atMs: number): string {
  return `${(atMs / 1000).toFixed(4).padStart(9)} s`;
}
