/**
 * An account: what the ops that name it add up to, in whatever order they came. Its id is the dot of the op that
 * created it. Ops about it may arrive before that op does, so an account can be there and not yet be known.
 */
import { compareDots, formatDot, type Dot, type ServerId } from '../model/ids.js';
import { Vector } from '../model/vector.js';
import { decode, encode } from '../wire/codec.js';
import type { MessageOf } from '../wire/message-types.js';
import { crc32c } from '../lib/crc32c.js';
import { assert } from '../lib/assert.js';
import type { Hash64 } from '../lib/content-hash.js';
import { Clients } from './client-counters.js';
import { entityKinds, type Saveable } from './entities.js';
import { copyOperation } from './operation-id.js';

export interface Session {
  readonly id: Dot;
  readonly key: string;
  readonly tokenHash: Uint8Array;
  /** The login that opened it; its client names the sends of the session. */
  readonly operation: MessageOf<'OperationId'>;
  readonly time: number;
}

/** What the op that created the account says. */
export interface Creation {
  readonly name: string;
  readonly passwordHash: string;
  readonly operation: MessageOf<'OperationId'>;
  readonly seen: Vector;
  readonly time: number;
  /** The server that has to confirm it before it counts; 0 where it counts at once. */
  readonly coordinator: ServerId;
}

interface Confirmation {
  /** The first of the ops that say so. */
  readonly id: Dot;
  /** Claims of the name that the coordinator knew, by any of them. */
  readonly seen: Vector;
}

export class Account implements Saveable {
  readonly kind = entityKinds.account;
  readonly key: string;
  hash: Hash64 | undefined;

  readonly mark: DeliveryMark;
  readonly clients: Clients;
  #creation: Creation | undefined;
  #confirmation: Confirmation | undefined;
  #deleted = false;
  /** It was displaced at some time since this process knows of it. */
  wasDisplaced = false;
  #displaced = false;
  readonly #sessions = new Map<string, Session>();
  readonly #closedEarly = new Map<string, Dot>();

  constructor(readonly id: Dot) {
    this.key = formatDot(id);
    this.mark = new DeliveryMark(this.key);
    this.clients = new Clients(this);
  }

  get creation(): Creation | undefined {
    return this.#creation;
  }

  /** Displaced by another claim of the same name that its maker did not know of (see `Names`). Follows from the claims. */
  get displaced(): boolean {
    return this.#displaced;
  }

  set displaced(isDisplaced: boolean) {
    this.#displaced = isDisplaced;
    this.wasDisplaced ||= isDisplaced;
  }

  get deleted(): boolean {
    return this.#deleted;
  }

  /** The op that confirmed it; undefined where none did, or none has to. */
  get confirmation(): Dot | undefined {
    return this.#confirmation?.id;
  }

  /** It is known, and nothing more is needed for it to have been an account. */
  get isFinal(): boolean {
    if (this.#creation === undefined) return false;
    return this.#creation.coordinator === 0 || this.#confirmation !== undefined;
  }

  /** It can be logged in to and written to. */
  get alive(): boolean {
    return this.isFinal && !this.#deleted;
  }

  /** It may become an account, or not: its coordinator has yet to say. */
  get isTentative(): boolean {
    return this.#creation !== undefined && !this.isFinal && !this.#deleted;
  }

  /** Whoever made this claim of a name, or confirmed it, knew of the other claim. */
  knew(other: Account): boolean {
    return this.#creation?.seen.covers(other.id) === true || this.#confirmation?.seen.covers(other.id) === true;
  }

  get sessions(): Iterable<Session> {
    return this.#sessions.values();
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  session(id: Dot): Session | undefined {
    return this.#sessions.get(formatDot(id));
  }

  /** The name as people see it. */
  get displayName(): string {
    if (this.#creation === undefined) return '?';
    return this.displaced ? this.suffixedName : this.#creation.name;
  }

  /** The name as people see it while it is displaced. */
  get suffixedName(): string {
    return `${this.#creation!.name}~${this.suffix}`;
  }

  /** The name that it was created with, where it is displaced; else empty. */
  get formerName(): string {
    return this.displaced ? this.#creation!.name : '';
  }

  /** Four characters that tell a displaced account from others of its name. */
  get suffix(): string {
    const checksum = crc32c(new TextEncoder().encode(this.key));
    return (checksum % 36 ** 4).toString(36).padStart(4, '0');
  }

  create(creation: Creation): void {
    assert(this.#creation === undefined, 'an account is created once');
    this.#creation = this.#deleted ? { ...creation, passwordHash: '' } : creation;
  }

  /** May come more than once, and before the op that created the account. */
  confirm(id: Dot, seen: Vector): void {
    const before = this.#confirmation;
    if (before !== undefined) seen.join(before.seen);
    const isFirst = before === undefined || compareDots(id, before.id) < 0;
    this.#confirmation = { id: isFirst ? id : before.id, seen };
  }

  /** Always wins, and is for good. Sessions, mark and password go; the name stays, for the messages it sent. */
  delete(): void {
    this.#deleted = true;
    this.#sessions.clear();
    this.#closedEarly.clear();
    this.mark.clear();
    if (this.#creation !== undefined) this.#creation = { ...this.#creation, passwordHash: '' };
  }

  openSession(session: Session): void {
    if (this.#deleted || this.#closedEarly.delete(session.key)) return;
    this.#sessions.set(session.key, session);
  }

  /**
   * Ends a session. `opened` says whether the op that opened it has been applied: where not, the end is remembered
   * until it is.
   */
  closeSession(id: Dot, opened: boolean): void {
    if (this.#deleted) return;
    const key = formatDot(id);
    if (!this.#sessions.delete(key) && !opened) this.#closedEarly.set(key, id);
  }

  encode(): Uint8Array {
    const creation = this.#creation;
    const sessions = [...this.#sessions.values()].sort((a, b) => compareDots(a.id, b.id));
    return encode('SavedAccount', {
      name: creation?.name ?? '',
      passwordHash: creation?.passwordHash ?? '',
      operation: creation?.operation ?? { client: new Uint8Array(0), counter: 0 },
      seen: creation?.seen.entries() ?? [],
      time: creation?.time ?? 0,
      deleted: this.#deleted,
      known: creation !== undefined,
      sessions: sessions.map(({ id, tokenHash, operation, time }) => ({ id, tokenHash, operation, time })),
      closedEarly: [...this.#closedEarly.values()].sort(compareDots),
      coordinator: creation?.coordinator ?? 0,
      confirmation: this.#confirmation?.id,
      seenAtConfirmation: this.#confirmation?.seen.entries() ?? [],
    });
  }

  restore(value: Uint8Array): void {
    const saved = decode('SavedAccount', value);
    if (saved.known) {
      const { name, passwordHash, time, coordinator } = saved;
      const [operation, seen] = [copyOperation(saved.operation), new Vector(saved.seen)];
      this.#creation = { name, passwordHash, operation, seen, time, coordinator };
    }
    if (saved.confirmation !== undefined) this.confirm(saved.confirmation, new Vector(saved.seenAtConfirmation));
    this.#deleted = saved.deleted;
    for (const id of saved.closedEarly) this.#closedEarly.set(formatDot(id), id);
    for (const session of saved.sessions) {
      this.#sessions.set(formatDot(session.id), {
        id: session.id,
        key: formatDot(session.id),
        tokenHash: session.tokenHash.slice(),
        operation: copyOperation(session.operation),
        time: session.time,
      });
    }
  }
}

/** Up to where messages reached the account. Joined by maximum, so it never goes back. */
export class DeliveryMark implements Saveable {
  readonly kind = entityKinds.mark;
  hash: Hash64 | undefined;
  #vector = new Vector();

  constructor(readonly key: string) {}

  get vector(): Vector {
    return this.#vector;
  }

  clear(): void {
    this.#vector = new Vector();
  }

  encode(): Uint8Array {
    return encode('SavedMark', { mark: this.#vector.entries() });
  }

  restore(value: Uint8Array): void {
    this.#vector = new Vector(decode('SavedMark', value).mark);
  }
}
