/**
 * Converge: the state is a function of the set of ops. Servers that hold the same ops have the same state, at any moment; and
 * in the end it is the state that a fresh fold of all ops gives, taken in another order.
 */
import { ChatState } from '../../core/chat/state.js';
import { bodyOf } from '../../core/model/record.js';
import { compareDots } from '../../core/model/ids.js';
import { Vector } from '../../core/model/vector.js';
import type { Breach, Checker, Scene } from './checker.js';

export function converge({ world, ledger }: Scene): Checker {
  const sampled = (): Breach => {
    const seen = new Map<string, { readonly id: number; readonly stateHash: string }>();
    for (const { id, status } of world.running) {
      const { stateHash } = status;
      const key = status.vector.map(({ origin, seq }) => `${origin} ${seq}`).join();
      const other = seen.get(key);
      if (other === undefined) seen.set(key, { id, stateHash });
      else if (other.stateHash !== stateHash) {
        return `servers ${other.id} and ${id} hold the same ops and have the states ${other.stateHash} and ${stateHash}`;
      }
    }
    return undefined;
  };

  const ended = (): Breach => {
    const [server] = world.running;
    if (server === undefined) return undefined;
    const { vector, stateHash } = server.status;
    const held = new Vector(vector);
    const state = new ChatState();
    for (const { record, ...header } of [...ledger.ops.values()].sort(compareDots)) {
      if (held.covers(header)) state.apply({ ...header, length: record.length }, bodyOf(record));
    }
    const folded = state.book.stateHash();
    if (folded === stateHash) return undefined;
    return `server ${server.id} has the state ${stateHash}; its ops, taken origin by origin, give ${folded}`;
  };
  return { name: 'Converge', sampled, ended };
}
