/**
 * CaughtUp: a server that starts serves nobody before it holds what the others held. Where servers are never apart, it holds
 * by then all that each of the others that has run meanwhile held when it started.
 */
import { formatDot, type ServerId } from '../../core/model/ids.js';
import type { Vector } from '../../core/model/vector.js';
import { isWhole } from '../options.js';
import type { MadeServer } from '../server.js';
import type { Breach, Checker, Scene } from './checker.js';

interface Held {
  readonly incarnation: number;
  readonly held: Vector;
}

export function caughtUp({ options, world, ledger }: Scene): Checker {
  const othersAtStart = new Map<ServerId, Map<ServerId, Held>>();

  const started = (server: MadeServer): Breach => {
    const others = world.running.filter((other) => other !== server && other.isOpen);
    const held = others.map(({ id, incarnation }) => [id, { incarnation, held: ledger.held(id).clone() }] as const);
    othersAtStart.set(server.id, new Map(held));
    return undefined;
  };

  const opened = (server: MadeServer): Breach => {
    if (!isWhole(options)) return undefined;
    const here = ledger.held(server.id);
    for (const [id, { incarnation, held }] of othersAtStart.get(server.id) ?? []) {
      const hasRun = world.server(id).incarnation === incarnation;
      const lacking = held.entries().find((dot) => !here.covers(dot));
      if (!hasRun || lacking === undefined) continue;
      return `server ${server.id} serves clients without ${formatDot(lacking)}, which server ${id} held when it started`;
    }
    return undefined;
  };
  return { name: 'CaughtUp', started, opened };
}
