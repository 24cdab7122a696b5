/**
 * Which ops came late: when servers that had been apart met again, one of them got these after it may have shown newer
 * ones. Whoever notices says so in an op, so it is known on every server, and for good.
 */
import type { Hash64 } from '../lib/content-hash.js';
import { IntervalSet } from '../lib/interval-set.js';
import type { Dot, Origin } from '../model/ids.js';
import { decode, encode } from '../wire/codec.js';
import type { MessageOf } from '../wire/message-types.js';
import { entityKinds, type EntityBook, type Saveable } from './entities.js';

export class LateOps {
  readonly #book: EntityBook;
  readonly #byOrigin = new Map<Origin, LateOfOrigin>();

  constructor(book: EntityBook) {
    this.#book = book;
  }

  has(dot: Dot): boolean {
    return this.#byOrigin.get(dot.origin)?.seqs.has(dot.seq) ?? false;
  }

  add({ origin, first, last }: MessageOf<'OpRange'>): void {
    if (origin < 1 || first < 1 || last < first) return;
    let late = this.#byOrigin.get(origin);
    if (late === undefined) {
      late = new LateOfOrigin(origin, new IntervalSet());
      this.#byOrigin.set(origin, late);
    }
    if (late.seqs.addRun(first, last)) this.#book.touch(late);
  }

  restore(key: string, value: Uint8Array): void {
    const late = new LateOfOrigin(Number(key), new IntervalSet(decode('SavedLate', value).seqs));
    this.#byOrigin.set(late.origin, late);
    this.#book.loaded(late, value);
  }
}

class LateOfOrigin implements Saveable {
  readonly kind = entityKinds.late;
  readonly key: string;
  hash: Hash64 | undefined;

  constructor(
    readonly origin: Origin,
    readonly seqs: IntervalSet,
  ) {
    this.key = String(origin);
  }

  encode(): Uint8Array {
    return encode('SavedLate', { seqs: this.seqs.bounds });
  }
}
