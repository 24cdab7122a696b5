/**
 * What a client keeps of the group that it met: its name, and where its servers are now. A config may be older than the
 * group; with what was kept the client finds servers that the config does not have, once all those of the config are gone.
 */
import { checkConfig } from '../core/model/config.js';
import type { ServerAddress } from './types.js';

/** Plain data, so that it can be stored as JSON. */
export interface KnownGroup {
  readonly group: string;
  readonly servers: readonly ServerAddress[];
}

/** Where clients keep the group that they met. Clients of one config may share one, also at the same time. */
export interface GroupStore {
  /** What was kept last; undefined where there is nothing. */
  load(): Promise<KnownGroup | undefined>;
  /** Keeps this in place of what was kept before. */
  keep(known: KnownGroup): Promise<void>;
}

/** What was kept, where it can be had and is sound. What cannot be had must not keep a client from connecting. */
export async function loadKnownGroup(store: GroupStore): Promise<KnownGroup | undefined> {
  try {
    const kept = await store.load();
    const reading = checkConfig(kept);
    return kept !== undefined && reading.state === 'valid' ? kept : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps what servers tell, each time that it is something else. */
export class GroupKeeper {
  readonly #store: GroupStore;
  #kept: string;
  #keeping: Promise<void> = Promise.resolve();

  constructor(store: GroupStore, kept: KnownGroup | undefined) {
    this.#store = store;
    this.#kept = JSON.stringify(kept);
  }

  told(known: KnownGroup): void {
    const text = JSON.stringify(known);
    if (text === this.#kept) return;
    this.#kept = text;
    // One after the other, so that the last stays. A store that fails has the list that it had, and is asked with the next.
    this.#keeping = this.#keeping
      .then(() => this.#store.keep(known))
      .catch(() => {
        if (this.#kept === text) this.#kept = '';
      });
  }

  /** Fulfilled when all that was told has been kept. */
  settled(): Promise<void> {
    return this.#keeping;
  }
}
