/**
 * The end of a server that was removed from its group: it stays until its clients have gone and every server that it is
 * linked to holds what it holds, so that nothing that it acknowledged is lost with its disk; or until that has taken too
 * long.
 */
import { limits } from '../model/limits.js';
import type { Vector } from '../model/vector.js';
import type { Peers } from './peers.js';

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
  step(nowMs: number, { links }: Peers): Left | undefined {
    const held = this.#held;
    if (held === undefined) return undefined;
    if (links.length > 0 && links.every((link) => link.durable.coversAll(held))) return 'handedOver';
    if (nowMs - this.#sinceMs <= limits.handOverMs) return undefined;
    return links.some((link) => link.durable.coversAll(held)) ? 'handedOver' : 'notHandedOver';
  }
}
