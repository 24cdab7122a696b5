/** Runs the simulation of names seed by seed, and says at which seed it fails first, and how; or nothing. */
import { runNames } from '#src/sim/names.testing.js';

const seedsMax = Number(process.argv[2]);
for (let seed = 1; seed <= seedsMax; seed += 1) {
  try {
    runNames({ seed, servers: 3, minCopies: 2 });
  } catch (error) {
    process.stdout.write(`${seed} ${String(error)}`);
    break;
  }
}
