/**
 * When to dial, and whom: the next server at once, all of them in turn, and only after a whole round in vain a wait that
 * grows. A connection that served for a while ends the row of failures; one that ends at once is one more of them,
 * so that servers that accept and then refuse cannot make the client spin.
 *
 * In the first round a server gets less time where there is another to turn to: a machine that was switched off answers
 * nothing, and people wait meanwhile. Where that was too little for a slow link, the next round has more.
 */
import { assert } from '../lib/assert.js';
import { limits } from '../model/limits.js';
import type { Address } from '../ports/network.js';
import type { Random } from '../ports/random.js';
import { Backoff } from './backoff.js';
import type { Rotation } from './rotation.js';

export class Dialler {
  readonly #rotation: Rotation;
  readonly #backoff: Backoff;
  #dialAtMs = 0;
  #latest: Address | undefined;
  #isFirstRound = true;
  #patienceMs: number = limits.clientConnectMs;
  /** `busy`: a connection exists or is being made; `sinceMs` once it served. */
  #state: { readonly kind: 'free' } | { readonly kind: 'busy'; readonly sinceMs: number | undefined } = {
    kind: 'free',
  };

  constructor(random: Random, rotation: Rotation) {
    this.#rotation = rotation;
    this.#backoff = new Backoff(random, limits.clientRedialMinMs, limits.clientRedialMaxMs);
  }

  /** The address to dial now, and then the dialler is busy; undefined where there is none to dial yet. */
  next(nowMs: number): Address | undefined {
    if (this.#state.kind === 'busy' || nowMs < this.#dialAtMs) return undefined;
    const address = this.#rotation.next();
    if (address === undefined) {
      this.#dialAtMs = nowMs + this.#backoff.nextMs();
      this.#rotation.begin(this.#latest);
      this.#isFirstRound = false;
      return undefined;
    }
    this.#latest = address;
    this.#patienceMs =
      this.#isFirstRound && this.#rotation.hasNext ? limits.clientFirstConnectMs : limits.clientConnectMs;
    this.#state = { kind: 'busy', sinceMs: undefined };
    return address;
  }

  /** How long the latest address has from the dial to its Welcome. */
  get patienceMs(): number {
    return this.#patienceMs;
  }

  /** The connection serves. */
  serves(nowMs: number): void {
    assert(this.#state.kind === 'busy', 'what serves was dialled');
    this.#state = { kind: 'busy', sinceMs: nowMs };
  }

  /** The connection ended, or did not come about. */
  lost(nowMs: number): void {
    assert(this.#state.kind === 'busy', 'what is lost was dialled');
    const { sinceMs } = this.#state;
    if (sinceMs !== undefined && nowMs - sinceMs >= limits.clientStableMs) {
      this.#backoff.reset();
      this.#rotation.begin(this.#latest);
      this.#isFirstRound = true;
    }
    this.#state = { kind: 'free' };
  }

  /**
   * The connection is to be left for the next server of the round, however long it served. False where all were tried:
   * the next round begins, and the connection stays.
   */
  moveOn(): boolean {
    assert(this.#state.kind === 'busy', 'what is left was dialled');
    if (this.#rotation.isRoundOver) {
      this.#rotation.begin(this.#latest);
      return false;
    }
    this.#state = { kind: 'free' };
    return true;
  }

  /** When {@link next} is to be asked again. */
  get wakeAtMs(): number {
    return this.#state.kind === 'busy' ? Infinity : this.#dialAtMs;
  }
}
