/**
 * NoGaps: a server that holds an op of an origin holds all before it. Each record that a log appends is the next of its
 * origin after what the log counts; that is what its disk holds, unless a start has found this disk damaged: then it may count
 * less, and take the rest a second time (S18, S36). A server says, applies and shows nothing that its undamaged disk does
 * not hold.
 */
import { formatDot } from '../../core/model/ids.js';
import type { Breach, Checker, Scene } from './checker.js';

export function noGaps({ ledger, world }: Scene): Checker {
  const sampled = (): Breach => {
    for (const { id, status } of world.running) {
      if (ledger.isDamaged(id)) continue;
      const held = ledger.held(id);
      const tooMuch = status.vector.find((dot) => !held.covers(dot));
      if (tooMuch !== undefined) {
        return `server ${id} says that it holds ${formatDot(tooMuch)}, and its disk has ${held.get(tooMuch.origin)} of that origin`;
      }
    }
    return undefined;
  };
  return { name: 'NoGaps', stored: () => ledger.gap, sampled };
}
