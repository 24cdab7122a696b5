/** How fast a server gets what it missed, until it serves clients, and until its databases of views and search have it too. */
import type { ServerGroup } from '../../test/support/server-group.js';
import { heapFlags, lagOpsOf, pidsOf } from '../support/group.js';
import { CpuMeter } from '../support/machine.js';
import { copyCut, untilCurrent, withMadeGroup, type Store } from '../support/made-group.js';
import { count } from '../support/statistics.js';
import { tellMemory } from './starts.js';

export async function measureCatchUp(store: Store, away: number): Promise<void> {
  await withMadeGroup(store, { holders: [1, 2], nodeFlags: heapFlags }, async (group) => {
    const last = group.ids.at(-1)!;
    await group.start(1);
    await group.start(2);
    await measure(group, last, 'an empty server', 0);
    await tellMemory(group, last, 'after that');
    if (away >= store.messages) return;
    await group.kill(last);
    await group.wipe(last);
    const held = await copyCut(store, group.dataDirectory(last), away);
    await measure(group, last, 'a server that was away', held);
  });
}

async function measure(group: ServerGroup, id: number, who: string, heldBefore: number): Promise<void> {
  const [there] = await group.status(1);
  const missed = there!.ops - heldBefore;
  const started = performance.now();
  const secondsSince = (): number => (performance.now() - started) / 1000;
  const starting = group.start(id);
  const meter = new CpuMeter(pidsOf(group));
  await starting;
  const seconds = secondsSince();
  const { shares } = meter.read();
  const [status] = await group.status(id);
  await untilCurrent(group, id);
  console.log(
    `catching up, ${who}: ${count(missed)} ops in ${seconds.toFixed(2)} s from the start of the process until it serves ` +
      `clients, ${count(missed / seconds)}/s (${shares}); its databases were behind by ${count(lagOpsOf(status!))} ops, ` +
      `and had them ${(secondsSince() - seconds).toFixed(1)} s later`,
  );
  await group.converged();
}
