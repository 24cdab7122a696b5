/**
 * Which server to try next. A round tries every known address once, in random order; the server that was lost last
 * comes last. No server is ever struck off: the next round has them all again.
 *
 * The addresses of the config stay for good; those that servers tell, or that were kept of what they told an earlier run,
 * are replaced by what they tell next. A pinned client has the addresses of its config and no others.
 */
import { assert } from '../lib/assert.js';
import { limits } from '../model/limits.js';
import type { Address } from '../ports/network.js';
import type { Random } from '../ports/random.js';
import { shuffled } from './chance.js';

export class Rotation {
  readonly #random: Random;
  readonly #seeds: readonly Address[];
  readonly #pinned: boolean;
  #told: readonly Address[];
  #round: Address[];

  constructor(random: Random, seeds: readonly Address[], pinned: boolean, kept: readonly Address[] = []) {
    assert(seeds.length > 0, 'a client knows at least one server');
    this.#random = random;
    this.#seeds = seeds;
    this.#pinned = pinned;
    this.#told = pinned ? [] : kept;
    this.#round = shuffled(random, this.#known());
  }

  /** Whether the address is in the config. */
  isSeed(address: Address): boolean {
    return this.#seeds.some((seed) => sameAddress(seed, address));
  }

  /** How many addresses are known. */
  get size(): number {
    return this.#known().length;
  }

  /** What a server says the group is. */
  learn(addresses: readonly Address[]): void {
    if (!this.#pinned) this.#told = addresses;
  }

  /** All were tried. */
  get isRoundOver(): boolean {
    return this.#round.length === 0;
  }

  /** The next address of the round; undefined once all were tried. */
  next(): Address | undefined {
    return this.#round.shift();
  }

  /** Whether the round has another address. */
  get hasNext(): boolean {
    return this.#round.length > 0;
  }

  /** Begins a round with every known address; `last`, where it is one of them, is tried last. */
  begin(last?: Address): void {
    const addresses = this.#known();
    const isLast = (address: Address) => last !== undefined && sameAddress(address, last);
    const others = addresses.filter((address) => !isLast(address));
    this.#round = [...shuffled(this.#random, others), ...addresses.filter(isLast)];
  }

  #known(): Address[] {
    const known: Address[] = [];
    for (const address of [...this.#seeds, ...this.#told]) {
      if (known.length === limits.clientAddressesMax) break;
      if (!known.some((other) => sameAddress(other, address))) known.push(address);
    }
    return known;
  }
}

function sameAddress(one: Address, other: Address): boolean {
  return one.host === other.host && one.port === other.port;
}
