/** A thread that runs seeds, one after the other, as it is given them. */
import { parentPort } from 'node:worker_threads';

import { assert } from '../../core/lib/assert.js';
import { nodeCrypto } from '../../io/node/crypto.js';
import { runSeed, type SeedResult } from '../../sim/campaign.js';
import type { OptionLimits } from '../../sim/options.js';

export interface SeedTask {
  readonly seed: number;
  readonly limits: OptionLimits;
  readonly repeats: boolean;
}

const port = parentPort;
assert(port !== null, 'this file is the start of a thread');
port.on('message', ({ seed, limits, repeats }: SeedTask) => {
  const result: SeedResult = runSeed(seed, limits, { digests: nodeCrypto }, repeats);
  port.postMessage(result, []);
});
