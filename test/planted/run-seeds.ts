/** A process that runs seeds from 1 on, of the program in a folder, until one breaks an invariant. Tells what came of it. */
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

import { nodeCrypto } from '#src/io/node/crypto.js';
import type { runSeed as RunSeed } from '#src/sim/campaign.js';
import type { Catch } from './plant.js';

const [folder = '', seedsMax = '0'] = process.argv.slice(2);
const url = pathToFileURL(join(folder, 'dist/sim/campaign.js')).href;
const { runSeed } = (await import(url)) as { readonly runSeed: typeof RunSeed };

function runUntilBroken(): Catch {
  for (let seed = 1; seed <= Number(seedsMax); seed += 1) {
    const limits = { serversMin: 3, serversMax: 5 };
    const { breached } = runSeed(seed, limits, { digests: nodeCrypto }, false);
    if (breached !== undefined) return { seeds: seed, invariant: breached.invariant, how: breached.how };
  }
  return { seeds: Number(seedsMax), invariant: undefined, how: undefined };
}

process.stdout.write(JSON.stringify(runUntilBroken()));
