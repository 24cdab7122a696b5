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

/** An op of one kind about one server, and its place among others. */
interface Settling {
  readonly change: number;
  readonly time: number;
  readonly id: Dot;
}

interface Setting extends Settling {
  readonly set: MessageOf<'MemberSetOp'>;
}

export class SettledMember implements Saveable {
  readonly kind = entityKinds.member;
  readonly key: string;
  hash: Hash64 | undefined;
  /** The best of those that say where it is, and of those that say that it is no member. */
  #setting: Setting | undefined;
  #removal: Settling | undefined;

  constructor(
    readonly group: string,
    readonly server: ServerId,
  ) {
    this.key = keyOf(group, server);
  }

  /** Where it is reached, or was before it was removed; undefined where only a config says so. */
  get set(): MessageOf<'MemberSetOp'> | undefined {
    return this.#setting?.set;
  }

  /** The op that removed it; undefined where it is a member. */
  get removal(): Settling | undefined {
    const isRemoved = this.#removal !== undefined && isAfter(this.#removal, this.#setting);
    return isRemoved ? this.#removal : undefined;
  }

  /** The ops that say this. */
  get ids(): readonly Dot[] {
    return [this.#setting, this.#removal].flatMap((settling) => settling?.id ?? []);
  }

  /** How many changes of the server are known here. */
  get change(): number {
    return Math.max(this.#setting?.change ?? 0, this.#removal?.change ?? 0);
  }

  /** Says whether anything is different now. */
  setBy(setting: Setting): boolean {
    if (!isAfter(setting, this.#setting)) return false;
    this.#setting = setting;
    return true;
  }

  removedBy(removal: Settling): boolean {
    if (!isAfter(removal, this.#removal)) return false;
    this.#removal = removal;
    return true;
  }

  restore(value: Uint8Array): void {
    const { set, setAt, removedAt } = decode('SavedMember', value);
    this.#setting = set && setAt && { set, ...setAt };
    this.#removal = removedAt;
  }

  encode(): Uint8Array {
    const place = ({ change, time, id }: Settling): Settling => ({ change, time, id });
    return encode('SavedMember', {
      set: this.#setting?.set,
      setAt: this.#setting && place(this.#setting),
      removedAt: this.#removal,
    });
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

  /** Returns the server's entry if the op changed it. */
  set(header: RecordHeader, op: MessageOf<'MemberSetOp'>): SettledMember | undefined {
    const member = this.#member(op);
    return member.setBy({ set: op, ...placeOf(header, op.change) }) ? member : undefined;
  }

  /** The same. */
  remove(header: RecordHeader, op: MessageOf<'MemberRemovedOp'>): SettledMember | undefined {
    const member = this.#member(op);
    return member.removedBy(placeOf(header, op.change)) ? member : undefined;
  }

  restore(key: string, value: Uint8Array): SettledMember {
    const at = key.indexOf(' ');
    const member = this.#member({ group: key.slice(at + 1), server: Number(key.slice(0, at)) });
    member.restore(value);
    return member;
  }

  #member({ group, server }: { readonly group: string; readonly server: ServerId }): SettledMember {
    let member = this.get(group, server);
    if (member === undefined) {
      member = new SettledMember(group, server);
      this.#byKey.set(member.key, member);
    }
    return member;
  }
}

function keyOf(group: string, server: ServerId): string {
  return `${server} ${group}`;
}

function placeOf({ time, origin, seq }: RecordHeader, change: number): Settling {
  return { change, time, id: { origin, seq } };
}

function isAfter(one: Settling, other: Settling | undefined): boolean {
  if (other === undefined) return true;
  return (one.change - other.change || one.time - other.time || compareDots(one.id, other.id)) > 0;
}
