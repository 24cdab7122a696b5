/**
 * The keys that this server has granted to someone for the moment: to itself or to a linked peer. Whoever wants
 * something exclusive asks every server it can reach, in the order of their ids; two who can both reach one server
 * cannot both be granted there. A fixed order means no deadlock, and a refusal ends at once rather than waits.
 */
import type { ServerId } from '../model/ids.js';

export class Reservations {
  readonly #holderByKey = new Map<string, ServerId>();

  holder(key: string): ServerId | undefined {
    return this.#holderByKey.get(key);
  }

  /** Grants the key unless somebody holds it, be it the one who asks. */
  take(key: string, holder: ServerId): boolean {
    if (this.#holderByKey.has(key)) return false;
    this.#holderByKey.set(key, holder);
    return true;
  }

  /** Does nothing where another holds the key. */
  release(key: string, holder: ServerId): void {
    if (this.#holderByKey.get(key) === holder) this.#holderByKey.delete(key);
  }

  /** The op that the key was wanted for has been applied. */
  used(key: string): void {
    this.#holderByKey.delete(key);
  }

  /** The link to the holder is gone. */
  releaseAll(holder: ServerId): void {
    for (const [key, by] of this.#holderByKey) if (by === holder) this.#holderByKey.delete(key);
  }
}
