/**
 * Operation ids. A client is 16 random bytes, and numbers its operations so that no number is used twice. A repeated
 * operation is known by its id, so an application that repeats one after its own restart needs the same client, and the
 * numbers have to go on where they were.
 */
import { fraction } from '../core/client/chance.js';
import type { Counters } from '../core/client/session.js';
import { assert } from '../core/lib/assert.js';
import { fromHex, toHex } from '../core/lib/hex.js';
import { limits } from '../core/model/limits.js';
import type { Random } from '../core/ports/random.js';

const CLIENT_BYTES = 16;
const DISTANT_MIN = 2 ** 40;
const DISTANT_MAX = 2 ** 52;

/** What an installation keeps. Plain data, so that it can be stored as JSON. */
export interface Identity {
  /** 32 hexadecimal digits. */
  readonly client: string;
  /** No number from here on was ever used. */
  readonly nextCounter: number;
}

/** Where an installation keeps its identity. Two clients that run at the same time must not share one. */
export interface IdentityStore {
  /** What was kept last; undefined the first time. */
  load(): Promise<Identity | undefined>;
  /** Keeps the identity. Numbers below its `nextCounter` are used only once the promise is fulfilled. */
  reserve(identity: Identity): Promise<void>;
}

/** Counters that may have to be waited for. */
export interface AwaitedCounters extends Counters {
  /** Undefined where the next number is there; otherwise a promise after which to ask again: others may wait for it, too. */
  ready(): Promise<void> | undefined;
}

/** Begins at 1, as a client that nobody was before. */
export function freshCounters(random: Random): AwaitedCounters {
  return countersFrom(random.randomBytes(CLIENT_BYTES), 1);
}

/**
 * Goes on as a client whose last number is not known: at random, far from all that were used. That two starts of one
 * client come within a million numbers of each other has a chance of one in two thousand million.
 */
export function distantCounters(client: Uint8Array, random: Random): AwaitedCounters {
  const place = fraction(random) + fraction(random) / 2 ** 32;
  return countersFrom(client, DISTANT_MIN + Math.floor(place * (DISTANT_MAX - DISTANT_MIN)));
}

/** Goes on where the store says, and keeps the store up to date. */
export async function storedCounters(store: IdentityStore, random: Random): Promise<AwaitedCounters> {
  const kept = await store.load();
  const client = kept === undefined ? random.randomBytes(CLIENT_BYTES) : fromHex(kept.client);
  const nextCounter = kept?.nextCounter ?? 1;
  if (client?.length !== CLIENT_BYTES || !Number.isSafeInteger(nextCounter) || nextCounter < 1) {
    throw new TypeError('The identity store gave what it was never given.');
  }
  const counters = new StoredCounters(store, client, nextCounter);
  await counters.ready();
  return counters;
}

class StoredCounters implements AwaitedCounters {
  readonly client: Uint8Array;
  readonly #store: IdentityStore;
  #next: number;
  /** Numbers below are kept as used. */
  #reservedTo: number;
  #reserving: Promise<void> | undefined;

  constructor(store: IdentityStore, client: Uint8Array, next: number) {
    this.#store = store;
    this.client = client;
    this.#next = next;
    this.#reservedTo = next;
  }

  next(): number {
    assert(this.#next < this.#reservedTo, 'a number is used only after it was reserved');
    return this.#next++;
  }

  ready(): Promise<void> | undefined {
    const left = this.#reservedTo - this.#next;
    if (left < limits.clientCountersReserved / 2 && this.#reserving === undefined) {
      this.#reserving = this.#reserve();
      // Ahead of need nobody may be waiting for it; where it fails, the next call tries again.
      this.#reserving.catch(() => {});
    }
    return left > 0 ? undefined : this.#reserving;
  }

  async #reserve(): Promise<void> {
    const nextCounter = this.#reservedTo + limits.clientCountersReserved;
    try {
      await this.#store.reserve({ client: toHex(this.client), nextCounter });
      this.#reservedTo = nextCounter;
    } finally {
      this.#reserving = undefined;
    }
  }
}

function countersFrom(client: Uint8Array, start: number): AwaitedCounters {
  let next = start;
  return { client, next: () => next++, ready: () => undefined };
}
