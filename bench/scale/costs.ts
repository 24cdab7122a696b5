/** What a message costs where more is stored, and where there are more servers. */
import { pidsOf } from '../support/group.js';
import { CpuMeter } from '../support/machine.js';
import { untilCurrent, withMadeGroup, type Store } from '../support/made-group.js';
import { peopleOf } from '../support/people.js';
import { count, median } from '../support/statistics.js';
import { Traffic } from '../support/traffic.js';

const CLIENTS = 100;
const IN_FLIGHT = 16;
const MESSAGES_A_RUN = 60_000;

/** Microseconds of CPU for a message, of all servers together and all their threads: the median of the runs. */
export async function measureCost(store: Store, servers: number, runs: number): Promise<number> {
  const found: number[] = [];
  await withMadeGroup(store, { servers }, async (group) => {
    await group.startAll();
    await group.converged();
    const traffic = await Traffic.start(peopleOf(group, 'frames'), { clients: CLIENTS });
    // One run more than counts: the first finds the program not yet compiled.
    for (let run = 0; run <= runs; run += 1) {
      const meter = new CpuMeter(pidsOf(group));
      await traffic.sendCount(IN_FLIGHT, MESSAGES_A_RUN);
      // What views and search have yet to take in is part of the price.
      for (const id of group.ids) await untilCurrent(group, id);
      const { seconds, shares } = meter.read();
      const micros = (seconds * 1e6) / MESSAGES_A_RUN;
      if (run > 0) found.push(micros);
      else continue;
      console.log(
        `cost: ${count(store.messages)} stored, ${servers} servers: ${micros.toFixed(1)} µs CPU a message (${shares})`,
      );
    }
    await traffic.close();
  });
  return median(found);
}

/** Costs as ratios to the first of them. */
export function tellGrowth(costs: readonly { readonly what: string; readonly micros: number }[]): void {
  const [first] = costs;
  for (const { what, micros } of costs) {
    console.log(`cost, ${what}: ${micros.toFixed(1)} µs a message, ${(micros / first!.micros).toFixed(2)} x`);
  }
}
