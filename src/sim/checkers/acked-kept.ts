/**
 * AckedKept: an acknowledgement is a fact. When someone is told that something is stored on so many servers, it was durable
 * on that many, on all of them where all waited for each other, and on no fewer than the config requires. In the end every
 * server holds it, and its reader has it, unless faults took every disk that held it. No start takes away what was durable.
 */
import { formatDot } from '../../core/model/ids.js';
import { Vector } from '../../core/model/vector.js';
import type { Telling } from '../device.js';
import type { Breach, Checker, Scene } from './checker.js';

/** After this long everything that was under way in trouble has come. */
export const CALM_MS = 1_500;

export function ackedKept(scene: Scene): Checker {
  const { ledger, world, options } = scene;

  const told = ({ kind, dot, what, storedOn, askedAtMs }: Telling): Breach => {
    if (storedOn === undefined) return undefined;
    const { copies } = storedOn;
    if (copies < options.minCopies) {
      return `${what} was told to be stored on ${copies} servers, and ${options.minCopies} are required`;
    }
    // A deletion is told without the dot of its op.
    if (kind === 'deletion') return undefined;
    const holders = ledger.everHeldBy(dot);
    if (holders.length < copies) {
      return `${what} (${formatDot(dot)}) was told to be stored on ${copies} servers; it was durable on ${said(holders)}`;
    }
    const { calmSinceMs } = scene;
    if (calmSinceMs === undefined || askedAtMs < calmSinceMs + CALM_MS || copies >= options.servers) return undefined;
    return `${what} (${formatDot(dot)}) was told to be stored on ${copies} of ${options.servers} servers, and all were waiting for each other`;
  };

  const ended = (): Breach => {
    for (const { id, status } of world.running) {
      const held = new Vector(status.vector);
      const missing = ledger.acked.find((op) => op.kind !== 'deletion' && !op.isLost && !held.covers(op));
      if (missing !== undefined) return `server ${id} lacks ${missing.what} (${missing.key}), which was acknowledged`;
    }
    const deleted = new Set([...ledger.deletions.values()].map(({ account }) => formatDot(account)));
    const undone = ledger.acked.find(({ kind, key, isLost }) => kind === 'deletion' && !isLost && !deleted.has(key));
    return undone && `${undone.what} was acknowledged, and no disk has it`;
  };

  return { name: 'AckedKept', told, diskChanged: () => ledger.cut, ended };
}

function said(servers: readonly number[]): string {
  return servers.length === 0 ? 'none' : servers.join(', ');
}
