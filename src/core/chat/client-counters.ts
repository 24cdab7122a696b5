/**
 * What was sent under each client of an account: a set of runs of counters, so "seen before" is exact for ever and a
 * client that never skips costs one run.
 */
import type { Hash64 } from '../lib/content-hash.js';
import { toHex } from '../lib/hex.js';
import { IntervalSet } from '../lib/interval-set.js';
import { formatDot, type Dot } from '../model/ids.js';
import { decode, encode } from '../wire/codec.js';
import { entityKinds, type Saveable } from './entities.js';

export class ClientCounters implements Saveable {
  readonly kind = entityKinds.client;
  readonly key: string;
  hash: Hash64 | undefined;

  constructor(
    readonly account: Dot,
    readonly client: Uint8Array,
    readonly seen: IntervalSet = new IntervalSet(),
  ) {
    this.key = clientKey(account, client);
  }

  static restore(value: Uint8Array): ClientCounters {
    const saved = decode('SavedClient', value);
    return new ClientCounters(saved.account, saved.client.slice(), new IntervalSet(saved.counters));
  }

  encode(): Uint8Array {
    return encode('SavedClient', { account: this.account, client: this.client, counters: this.seen.bounds });
  }
}

export function clientKey(account: Dot, client: Uint8Array): string {
  return `${formatDot(account)}:${toHex(client)}`;
}
