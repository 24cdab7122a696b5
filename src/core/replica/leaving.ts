/**
 * The end of a server that was removed from its group: it stays until its clients have gone and every member that it is
 * linked to holds what it holds, so that nothing that it acknowledged is lost with its disk; or until that has taken too
 * long. Others that were removed as well do not count: they are about to go too.
 */
import { limits } from '../model/limits.js';
import type { Vector } from '../model/vector.js';
import type { PeerLink } from './peer-link.js';

/** How a removed server has left: whether somebody else holds all that it held. */
export type Left = 'handedOver' | 'notHandedOver';

export class Leaving {
  readonly #sinceMs: number;
  /** What is to be handed over; undefined while there are clients. */
  #held: Vector | undefined;

  constructor(sinceMs: number) {
    this.#sinceMs = sinceMs;
  }

  /** The clients have gone: no more will come to what is held. */
  begin(held: Vector): void {
    this.#held = held;
  }

  /** Undefined while there is something to wait for. */
  step(nowMs: number, members: readonly PeerLink[]): Left | undefined {
    const held = this.#held;
    if (held === undefined) return undefined;
    if (members.length > 0 && members.every((link) => link.durable.coversAll(held))) return 'handedOver';
    if (nowMs - this.#sinceMs <= limits.handOverMs) return undefined;
    return members.some((link) => link.durable.coversAll(held)) ? 'handedOver' : 'notHandedOver';
  }
}
