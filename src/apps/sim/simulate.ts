/** Runs a range of seeds on all processors and adds up what they came to. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

import { Tally, type SeedResult } from '../../sim/campaign.js';
import type { OptionLimits } from '../../sim/options.js';
import type { SeedTask } from './seed-worker.js';

export interface SimulateOptions {
  readonly start: number;
  readonly seeds: number;
  readonly limits: OptionLimits;
  /** Every so many seeds, one is run twice. */
  readonly repeatEvery: number;
  readonly progress: (tally: Tally) => void;
  /** Stops with the seed that fails first, as soon as one does. */
  readonly stopsAtFailure?: boolean;
}

export async function simulate(options: SimulateOptions): Promise<Tally> {
  const tally = new Tally();
  const endSeed = options.start + options.seeds;
  let nextSeed = options.start;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./seed-worker.js', import.meta.url));
      const giveNext = (): void => {
        const isOver = nextSeed >= endSeed || (options.stopsAtFailure === true && tally.failures.length > 0);
        if (isOver) {
          worker.terminate().then(() => resolve(), reject);
          return;
        }
        const repeats = nextSeed % options.repeatEvery === 0;
        const task: SeedTask = { seed: nextSeed, limits: options.limits, repeats };
        nextSeed += 1;
        worker.postMessage(task, []);
      };
      worker.on('message', (result: SeedResult) => {
        tally.add(result);
        options.progress(tally);
        giveNext();
      });
      worker.on('error', reject);
      giveNext();
    });
  const workers = Math.max(1, Math.min(availableParallelism(), options.seeds));
  await Promise.all(Array.from({ length: workers }, work));
  tally.failures.sort((one, other) => one.seed - other.seed);
  return tally;
}
