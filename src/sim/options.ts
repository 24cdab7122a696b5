/** What one run is like, drawn from its seed. All of it is told with the seed. */
import { limits } from '../core/model/limits.js';
import { SeededRandom } from './seeded-random.js';

/** Faults that leave every server that runs in reach of all others that run. */
const wholeFaults = ['crash', 'crashAtEffect', 'leaveOne', 'stop', 'loseView', 'crashClient', 'moveClient'] as const;
/** Faults after which servers may be apart for a while. */
const splittingFaults = ['break', 'cut', 'split', 'freeze', 'hang', 'slow', 'cutClient'] as const;
const clockFaults = ['clock'] as const;
/** Faults that take what was durable. */
const diskFaults = ['wipe', 'rollBack', 'flip', 'loseSegment', 'failWrite', 'full', 'failRead'] as const;

const allFaults = [...wholeFaults, ...splittingFaults, ...clockFaults, ...diskFaults] as const;
export type FaultKind = (typeof allFaults)[number];

export interface RunOptions {
  readonly seed: number;
  readonly servers: number;
  readonly people: number;
  readonly sessionsPerAccount: number;
  readonly minCopies: number;
  /** How long there is trouble. */
  readonly troubleMs: number;
  /** From one fault to the next, on the average. */
  readonly faultEveryMs: number;
  readonly faults: readonly FaultKind[];
  /** By server, in the order of their ids. */
  readonly clockSkewsMs: readonly number[];
  readonly segmentBytes: number;
}

export interface OptionLimits {
  readonly serversMin: number;
  readonly serversMax: number;
}

export function optionsOf(seed: number, { serversMin, serversMax }: OptionLimits): RunOptions {
  const random = new SeededRandom(seed ^ 0x0b7105);
  const servers = serversMin + random.below(serversMax - serversMin + 1);
  const faults = drawFaults(random);
  // Beyond the limit hybrid time no longer follows what was seen, and so order is lost where servers take turns.
  const skewMs = random.pick([0, 0, 50, limits.clockSkewMs / 2 - 1, isWhole({ faults }) ? 0 : 2 * limits.clockSkewMs]);
  return {
    seed,
    servers,
    people: 2 + random.below(3),
    sessionsPerAccount: random.oneIn(4) ? 2 : 1,
    troubleMs: 3_000 + random.below(5_000),
    faultEveryMs: 100 + random.below(500),
    faults,
    clockSkewsMs: Array.from({ length: servers }, () => (skewMs === 0 ? 0 : random.below(2 * skewMs) - skewMs)),
    segmentBytes: random.pick([2_048, 8_192, 65_536]),
    minCopies: random.oneIn(3) ? 1 + random.below(servers) : 1,
  };
}

/** A third of all runs keep the servers together, a third leaves the disks alone, and a third has everything. */
function drawFaults(random: SeededRandom): FaultKind[] {
  const possible: readonly FaultKind[] = random.pick([
    wholeFaults,
    [...wholeFaults, ...splittingFaults, ...clockFaults],
    allFaults,
  ]);
  const chosen = possible.filter(() => random.oneIn(2));
  return chosen.length === 0 ? ['crash'] : chosen;
}

/** Servers that run are never apart, so what is exclusive is, and what one person sends another comes in order. */
export function isWhole({ faults }: Pick<RunOptions, 'faults'>): boolean {
  return faults.every((fault) => (wholeFaults as readonly FaultKind[]).includes(fault));
}

/** Names must stay unique through any split, unless a disk loses what it confirmed. */
export function isStrict(options: Pick<RunOptions, 'faults' | 'minCopies' | 'servers'>): boolean {
  return 2 * options.minCopies > options.servers && !losesDisks(options);
}

/** Faults may take what was durable, and servers then say so. */
export function losesDisks({ faults }: Pick<RunOptions, 'faults'>): boolean {
  return faults.some((fault) => (diskFaults as readonly FaultKind[]).includes(fault));
}
