/** VectorsMeet: once trouble is over, all servers come to hold the same ops. When they should is the run's to say. */
import { Vector } from '../../core/model/vector.js';
import type { Breach, Checker, Scene } from './checker.js';

export function vectorsMeet({ world, ledger }: Scene): Checker {
  const ended = (): Breach => {
    const [first, ...others] = world.running;
    if (first === undefined) return 'no server runs';
    const held = new Vector(first.status.vector);
    const other = others.find(({ status }) => !held.equals(new Vector(status.vector)));
    if (other !== undefined) return `servers ${first.id} and ${other.id} do not hold the same ops`;
    const lacking = [...ledger.ops.values()].find((op) => !ledger.isLost(op) && !held.covers(op));
    return (
      lacking && `no server holds ${lacking.key}, which is on the disk of server ${ledger.heldBy(lacking).join(', ')}`
    );
  };
  return { name: 'VectorsMeet', ended };
}
