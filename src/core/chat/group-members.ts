/**
 * What the group has settled of its servers: which ids are members and where they are reached, by the ops about them.
 *
 * Of the ops about one server the one with the highest (change, time, dot) holds. `change` counts the changes that its
 * maker knew of, so that an operator always overrules what they saw, whatever the clocks say; time decides between
 * two sides of a split. What only stood in a config counts as change 0 and loses against every operator.
 */
import type { Hash64 } from '../lib/content-hash.js';
import { compareDots, type Dot, type ServerId } from '../model/ids.js';
import type { RecordHeader } from '../model/record.js';
import { decode, encode } from '../wire/codec.js';
import type { MessageOf } from '../wire/message-types.js';
import { entityKinds, type Saveable } from './entities.js';

export class SettledMember implements Saveable {
  readonly kind = entityKinds.member;
  readonly key: string;
  hash: Hash64 | undefined;
  #saved: MessageOf<'SavedMember'>;

  constructor(
    readonly server: ServerId,
    saved: MessageOf<'SavedMember'>,
  ) {
    this.key = String(server);
    this.#saved = saved;
  }

  /** Where it is reached; undefined where it is no member any more. */
  get set(): MessageOf<'MemberSetOp'> | undefined {
    return this.#saved.set;
  }

  /** The op that holds. */
  get id(): Dot {
    return this.#saved.id;
  }

  /** Of that op. */
  get change(): number {
    return this.#saved.change;
  }

  /** Takes the op over if it holds against the one before. Says whether it did. */
  settle(saved: MessageOf<'SavedMember'>): boolean {
    if (!holdsAgainst(saved, this.#saved)) return false;
    this.#saved = saved;
    return true;
  }

  encode(): Uint8Array {
    return encode('SavedMember', this.#saved);
  }
}

export class GroupMembers {
  readonly #byServer = new Map<ServerId, SettledMember>();

  /** Undefined where no op is about the server. */
  get(server: ServerId): SettledMember | undefined {
    return this.#byServer.get(server);
  }

  /** Every server that an op is about. */
  get all(): readonly SettledMember[] {
    return [...this.#byServer.values()];
  }

  set(header: RecordHeader, op: MessageOf<'MemberSetOp'>): SettledMember | undefined {
    return this.#settle(op.server, { set: op, change: op.change, time: header.time, id: idOf(header) });
  }

  remove(header: RecordHeader, op: MessageOf<'MemberRemovedOp'>): SettledMember | undefined {
    return this.#settle(op.server, { change: op.change, time: header.time, id: idOf(header) });
  }

  restore(key: string, value: Uint8Array): SettledMember {
    const member = new SettledMember(Number(key), decode('SavedMember', value));
    this.#byServer.set(member.server, member);
    return member;
  }

  /** The server's entry if the op changed it. */
  #settle(server: ServerId, saved: MessageOf<'SavedMember'>): SettledMember | undefined {
    const member = this.#byServer.get(server);
    if (member !== undefined) return member.settle(saved) ? member : undefined;
    const first = new SettledMember(server, saved);
    this.#byServer.set(server, first);
    return first;
  }
}

function idOf({ origin, seq }: RecordHeader): Dot {
  return { origin, seq };
}

function holdsAgainst(one: MessageOf<'SavedMember'>, other: MessageOf<'SavedMember'>): boolean {
  return (one.change - other.change || one.time - other.time || compareDots(one.id, other.id)) > 0;
}
