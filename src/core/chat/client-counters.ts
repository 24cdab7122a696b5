/**
 * What was sent under each client of an account: a set of runs of counters, so "seen before" is exact for ever and a
 * client that never skips costs one run.
 */
import type { Hash64 } from '../lib/content-hash.js';
import { toHex } from '../lib/hex.js';
import { IntervalSet } from '../lib/interval-set.js';
import type { Dot } from '../model/ids.js';
import { encode } from '../wire/codec.js';
import type { MessageOf } from '../wire/message-types.js';
import { entityKinds, type Saveable } from './entities.js';
import { sameBytes } from './operation-id.js';

export class ClientCounters implements Saveable {
  readonly kind = entityKinds.client;
  readonly key: string;
  hash: Hash64 | undefined;

  constructor(
    readonly account: Dot,
    accountKey: string,
    readonly client: Uint8Array,
    /** The client as text. */
    readonly hex: string,
    readonly seen: IntervalSet,
  ) {
    this.key = `${accountKey}:${hex}`;
  }

  encode(): Uint8Array {
    return encode('SavedClient', { account: this.account, client: this.client, counters: this.seen.bounds });
  }
}

/** All clients of one account. */
export class Clients {
  readonly #account: { readonly id: Dot; readonly key: string };
  readonly #byBytes = new Map<string, ClientCounters>();
  /** Of nearly all messages of an account the client is the same as of the one before. */
  #latest: ClientCounters | undefined;

  constructor(account: { readonly id: Dot; readonly key: string }) {
    this.#account = account;
  }

  /** The counters of a client; an empty set where none was heard of. */
  of(client: Uint8Array): ClientCounters {
    if (this.#latest !== undefined && sameBytes(this.#latest.client, client)) return this.#latest;
    const bytes = keyOf(client);
    this.#latest = this.#byBytes.get(bytes) ?? this.#add(bytes, client, new IntervalSet());
    return this.#latest;
  }

  /** Takes up what was saved of a client that nothing is known of yet. */
  restore({ client, counters }: MessageOf<'SavedClient'>): ClientCounters {
    return this.#add(keyOf(client), client, new IntervalSet(counters));
  }

  #add(bytes: string, client: Uint8Array, seen: IntervalSet): ClientCounters {
    const added = new ClientCounters(this.#account.id, this.#account.key, client.slice(), toHex(client), seen);
    this.#byBytes.set(bytes, added);
    return added;
  }
}

/** One character for a byte: hexadecimal digits would cost ten times as much. */
function keyOf(client: Uint8Array): string {
  return String.fromCharCode.apply(undefined, client as unknown as number[]);
}
