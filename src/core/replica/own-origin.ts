/**
 * The origin that this server numbers its ops under, and the rule that no dot is used twice.
 *
 * A peer may hold ops of this server that its own disk lost: power went between send and sync, a disk was replaced, a
 * backup restored, a machine reverted. So the origin of an earlier run is taken up again only once every other server
 * that is or was a member has shown what it holds and none holds more of it. Otherwise a new one is drawn, at the first
 * write and not before: after a start of the whole group the members have long spoken by then.
 *
 * Within an origin hybrid time rises. A server whose clock was far ahead at its last run, and is not any more, therefore
 * draws a new origin too, and does not go on in a future that the others do not share.
 *
 * There is no mark of a clean stop: a restored backup would carry it.
 */
import { decode, encode } from '../wire/codec.js';
import type { MessageOf } from '../wire/message-types.js';
import type { Entity } from '../ports/view.js';
import { readUint53 } from '../lib/uint53.js';
import type { Hash64 } from '../lib/content-hash.js';
import { entityKinds, type EntityBook, type Saveable } from '../chat/entities.js';
import type { HybridTime } from '../model/hybrid-time.js';
import type { Origin, ServerId } from '../model/ids.js';
import { Vector } from '../model/vector.js';
import type { Crypto } from '../ports/crypto.js';

export class OwnOrigin implements Saveable {
  readonly kind = entityKinds.self;
  readonly key = 'origin';
  hash: Hash64 | undefined;

  readonly #others: () => readonly ServerId[];
  readonly #heard = new Set<ServerId>();
  /** All that the others have shown when they were first heard. */
  readonly shown = new Vector();
  readonly #crypto: Crypto;
  readonly #book: EntityBook;
  /** Of an earlier run, and not yet known to be safe; 0 where there is none. */
  #candidate: Origin;
  #current: Origin = 0;
  /** Of the last op written. */
  #time: HybridTime = 0;

  constructor(options: {
    /** Every other server that is or was a member. */
    readonly others: () => readonly ServerId[];
    readonly crypto: Crypto;
    readonly book: EntityBook;
    readonly saved: Origin;
  }) {
    this.#others = options.others;
    this.#crypto = options.crypto;
    this.#book = options.book;
    this.#candidate = options.saved;
  }

  /** 0 before the first write, and after something cast doubt on it. */
  get current(): Origin {
    return this.#current;
  }

  /**
   * A peer has shown all that it holds, durable or not.
   * @returns whether the present origin had to be given up.
   */
  heard(server: ServerId, theirs: Vector, held: Vector): boolean {
    if (!this.#heard.has(server)) this.shown.join(theirs);
    this.#heard.add(server);
    const holdsMore = (origin: Origin): boolean => origin !== 0 && theirs.get(origin) > held.get(origin);
    if (holdsMore(this.#candidate)) this.#candidate = 0;
    if (!holdsMore(this.#current)) return false;
    this.#current = 0;
    return true;
  }

  /** Whether each of the servers has shown what it holds since this one was started. */
  hasHeard(servers: readonly { readonly id: ServerId }[]): boolean {
    return servers.every(({ id }) => this.#heard.has(id));
  }

  /** The origin to number the next op under. */
  forWriting(): Origin {
    if (this.#current !== 0) return this.#current;
    const isSafe = this.#candidate !== 0 && this.#others().every((server) => this.#heard.has(server));
    this.#current = isSafe ? this.#candidate : drawOrigin(this.#crypto);
    this.#candidate = 0;
    return this.#current;
  }

  /** An op was written at this time. */
  wrote(time: HybridTime): void {
    this.#time = time;
    this.#book.touch(this);
  }

  encode(): Uint8Array {
    return encode('SavedSelf', { origin: this.#current, time: this.#time });
  }
}

/** What the last run saved of itself. */
export function savedSelf(entities: readonly Entity[] = []): MessageOf<'SavedSelf'> {
  const value = entities.find(({ kind }) => kind === entityKinds.self)?.value;
  return value === undefined ? { origin: 0, time: 0 } : decode('SavedSelf', value);
}

/** A random integer from 1 to 2^53 - 1. */
function drawOrigin(crypto: Crypto): Origin {
  const bytes = new Uint8Array(8);
  bytes.set(crypto.randomBytes(7), 1);
  bytes[1]! &= 0x1f;
  const origin = readUint53(new DataView(bytes.buffer), 0);
  return origin === undefined || origin === 0 ? drawOrigin(crypto) : origin;
}
