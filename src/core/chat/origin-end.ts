/**
 * How far one origin has been applied, and the checksum of its last record. As each record's checksum covers its
 * predecessor's, the checksum stands for the origin's whole history.
 */
import type { Hash64 } from '../lib/content-hash.js';
import type { Origin } from '../model/ids.js';
import { decode, encode } from '../wire/codec.js';
import { entityKinds, type Saveable } from './entities.js';

export class OriginEnd implements Saveable {
  readonly kind = entityKinds.origin;
  readonly key: string;
  hash: Hash64 | undefined;
  #seq = 0;
  #checksum = 0;

  constructor(readonly origin: Origin) {
    this.key = String(origin);
  }

  static restore(key: string, value: Uint8Array): OriginEnd {
    const end = new OriginEnd(Number(key));
    const { seq, checksum } = decode('SavedOrigin', value);
    end.moveTo(seq, checksum);
    return end;
  }

  get seq(): number {
    return this.#seq;
  }

  get checksum(): number {
    return this.#checksum;
  }

  moveTo(seq: number, checksum: number): void {
    this.#seq = seq;
    this.#checksum = checksum;
  }

  encode(): Uint8Array {
    return encode('SavedOrigin', { seq: this.#seq, checksum: this.#checksum });
  }
}
