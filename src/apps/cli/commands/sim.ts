import { performance } from 'node:perf_hooks';

import { nodeCrypto } from '../../../io/node/crypto.js';
import { explain, type Failure, type Tally } from '../../../sim/campaign.js';
import type { OptionLimits } from '../../../sim/options.js';
import { jsonLine } from '../../output/printable.js';
import { simulate } from '../../sim/simulate.js';
import { writeData, writeNote } from '../console.js';
import { CommandFailed } from '../command-failed.js';

export interface SimCommandOptions {
  readonly seeds: string;
  readonly start: string;
  readonly servers: string;
  readonly json?: true;
}

const PROGRESS_EVERY_MS = 5_000;
const REPEAT_EVERY = 20;
/** Stories are long, and the second rarely tells more than the first. */
const STORIES_MAX = 3;
const SERVERS_MAX = 5;

/** `holdfast sim [--seeds <n>] [--start <seed>] [--servers <n>] [--json]` */
export async function sim(options: SimCommandOptions): Promise<number> {
  const seeds = wholeNumber('--seeds', options.seeds);
  const start = wholeNumber('--start', options.start);
  const limits = serversOf(options.servers);
  const startedMs = performance.now();
  let toldMs = startedMs;
  const tally = await simulate({
    start,
    seeds,
    limits,
    repeatEvery: REPEAT_EVERY,
    progress: ({ seeds: done, failures }) => {
      if (performance.now() - toldMs < PROGRESS_EVERY_MS) return;
      toldMs = performance.now();
      writeNote(`${done} of ${seeds} seeds, ${failures.length} failed`);
    },
  });
  const tookMs = performance.now() - startedMs;
  if (options.json === true)
    writeData(
      jsonLine({ start, ...tally.counts(), failures: tally.failures, seedsPerSecond: (seeds / tookMs) * 1000 }),
    );
  else {
    for (const failure of tally.failures.filter(hasStory).slice(0, STORIES_MAX)) {
      writeNote(`Seed ${failure.seed} failed. Looking for a shorter way to the same...`);
      for (const line of explain(failure, limits, { digests: nodeCrypto })) writeData(line);
      writeData(`To repeat it: holdfast sim --seeds 1 --start ${failure.seed} --servers ${options.servers}\n`);
    }
    for (const line of reportLines(tally, start, tookMs)) writeData(line);
  }
  return tally.failures.length === 0 ? 0 : 1;
}

/** That two runs of a seed differ is no matter of what is planned. */
function hasStory({ invariant }: Failure): boolean {
  return invariant !== 'Repeatable';
}

function reportLines(tally: Tally, start: number, tookMs: number): string[] {
  const faults = Object.entries(tally.faults).sort(([one], [other]) => (one < other ? -1 : 1));
  return [
    `seeds         ${tally.seeds}, from ${start} on; ${tally.repeated} of them run twice, with the same trace`,
    `simulated     ${(tally.simulatedMs / 3_600_000).toFixed(2)} h`,
    `faults        ${faults.map(([kind, count]) => `${kind} ${count}`).join(', ')}`,
    `acknowledged  ${tally.acked}, of which faults took every copy of ${tally.lost}`,
    `shown         ${tally.seen} messages`,
    `failovers     ${tally.failovers}, merges ${tally.merges}`,
    `idle          ${tally.idle} seeds without an acknowledgement or a fault`,
    `speed         ${((tally.seeds / tookMs) * 1000).toFixed(1)} seeds/s`,
    ...tally.failures.map(
      ({ seed, invariant, how }) => `FAILED        seed ${seed}: ${invariant}: ${how.split('\n')[0]}`,
    ),
    tally.failures.length === 0
      ? 'No invariant was broken.'
      : `${tally.failures.length} of ${tally.seeds} seeds broke an invariant.`,
  ];
}

function serversOf(text: string): OptionLimits {
  const match = /^([1-9]\d*)(?:\.\.([1-9]\d*))?$/.exec(text);
  const serversMin = Number(match?.[1] ?? 0);
  const serversMax = Number(match?.[2] ?? serversMin);
  if (serversMin < 2 || serversMax < serversMin || serversMax > SERVERS_MAX) {
    throw new CommandFailed('USAGE', `--servers is a number from 2 to ${SERVERS_MAX}, or a range such as 3..5.`);
  }
  return { serversMin, serversMax };
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > 2 ** 32 - 1) {
    throw new CommandFailed('USAGE', `${option} is a whole number from 1 on.`);
  }
  return number;
}
