/** Finds out after how many seeds each planted bug is caught, and writes it into docs/simulator.md. `npm run planted` */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { plantedBugs } from './bugs.js';
import { runUntilCaught } from './plant.js';
import { SEEDS_MAX, tableOf, withTable } from './table.js';

const path = join(fileURLToPath(new URL('../../..', import.meta.url)), 'docs', 'simulator.md');
const seedsByBug = new Map<string, number>();
const waiting = [...plantedBugs];

async function work(): Promise<void> {
  for (let bug = waiting.shift(); bug !== undefined; bug = waiting.shift()) {
    const { seeds, invariant } = await runUntilCaught(bug, SEEDS_MAX);
    if (invariant === undefined) throw new Error(`${bug.name} is not caught within ${SEEDS_MAX} seeds.`);
    seedsByBug.set(bug.name, seeds);
    process.stderr.write(`${bug.name}: ${invariant} after ${seeds}\n`);
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, work));
const document = readFileSync(path, 'utf8');
writeFileSync(path, withTable(document, tableOf(seedsByBug)));
