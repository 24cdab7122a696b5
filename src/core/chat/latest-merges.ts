/** The latest merges of servers that had been apart, for operators: the same on every server that holds the same ops. */
import type { Hash64 } from '../lib/content-hash.js';
import { compareDots } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { decode, encode } from '../wire/codec.js';
import type { MessageOf } from '../wire/message-types.js';
import { entityKinds, type Saveable } from './entities.js';

type SavedMerge = MessageOf<'SavedMerge'>;

export class LatestMerges implements Saveable {
  readonly kind = entityKinds.merges;
  readonly key = 'latest';
  hash: Hash64 | undefined;
  /** The latest first. */
  #merges: SavedMerge[] = [];

  get list(): MessageOf<'Merge'>[] {
    return this.#merges.map(({ merge }) => merge);
  }

  /** Keeps the merge that the op of this id told of, if it is among the latest. */
  add(added: SavedMerge): void {
    this.#merges = [...this.#merges, added].sort(latestFirst).slice(0, limits.mergesKeptMax);
  }

  encode(): Uint8Array {
    return encode('SavedMerges', { merges: this.#merges });
  }

  restore(value: Uint8Array): void {
    this.#merges = [...decode('SavedMerges', value).merges];
  }
}

function latestFirst(a: SavedMerge, b: SavedMerge): number {
  return b.merge.time - a.merge.time || compareDots(b.id, a.id);
}
