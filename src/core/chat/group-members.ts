/**
 * What the group has settled of its servers: which ids are members and where they are reached, by the ops about them.
 *
 * Of the ops about one server the one with the highest (change, time, dot) holds. `change` counts the changes that its
 * maker knew of, so that an operator always overrules what they saw, whatever the clocks say; time decides between
 * two sides of a split. What only stood in a config counts as change 0 and loses against every operator.
 *
 * A log may be copied into a group of another name, which has other servers under the same ids: each op names its group.
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
    readonly group: string,
    readonly server: ServerId,
    saved: MessageOf<'SavedMember'>,
  ) {
    this.key = keyOf(group, server);
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
  readonly #byKey = new Map<string, SettledMember>();

  /** Undefined where no op is about the server. */
  get(group: string, server: ServerId): SettledMember | undefined {
    return this.#byKey.get(keyOf(group, server));
  }

  /** Every server of the group that an op is about. */
  of(group: string): readonly SettledMember[] {
    return [...this.#byKey.values()].filter((member) => member.group === group);
  }

  set(header: RecordHeader, op: MessageOf<'MemberSetOp'>): SettledMember | undefined {
    return this.#settle(op, { set: op, change: op.change, time: header.time, id: idOf(header) });
  }

  remove(header: RecordHeader, op: MessageOf<'MemberRemovedOp'>): SettledMember | undefined {
    return this.#settle(op, { change: op.change, time: header.time, id: idOf(header) });
  }

  restore(key: string, value: Uint8Array): SettledMember {
    const at = key.indexOf(' ');
    const member = new SettledMember(key.slice(at + 1), Number(key.slice(0, at)), decode('SavedMember', value));
    this.#byKey.set(key, member);
    return member;
  }

  /** The server's entry if the op changed it. */
  #settle(
    { group, server }: { readonly group: string; readonly server: ServerId },
    saved: MessageOf<'SavedMember'>,
  ): SettledMember | undefined {
    const member = this.get(group, server);
    if (member !== undefined) return member.settle(saved) ? member : undefined;
    const first = new SettledMember(group, server, saved);
    this.#byKey.set(first.key, first);
    return first;
  }
}

function keyOf(group: string, server: ServerId): string {
  return `${server} ${group}`;
}

function idOf({ origin, seq }: RecordHeader): Dot {
  return { origin, seq };
}

function holdsAgainst(one: MessageOf<'SavedMember'>, other: MessageOf<'SavedMember'>): boolean {
  return (one.change - other.change || one.time - other.time || compareDots(one.id, other.id)) > 0;
}
