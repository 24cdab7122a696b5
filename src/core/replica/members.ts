/**
 * The servers of the group as this server knows them at present: those of its config, overlaid by what the group has
 * settled since. An op about a server wins over the config, which is only how a server finds the others at first.
 * Everything that asks who the members are asks here, each time that it wants to know.
 */
import type { GroupMembers, SettledMember } from '../chat/group-members.js';
import type { ConfigServer } from '../model/config.js';
import { compareDots, type Dot, type ServerId } from '../model/ids.js';
import type { MessageOf } from '../wire/message-types.js';
import type { Reporter } from './reporter.js';

export class Members {
  readonly self: ServerId;
  readonly group: string;
  readonly #seeds: readonly ConfigServer[];
  readonly #settled: GroupMembers;
  readonly #listeners: (() => void)[] = [];
  #list: readonly ConfigServer[] | undefined;

  constructor(options: {
    readonly self: ServerId;
    readonly group: string;
    readonly seeds: readonly ConfigServer[];
    readonly settled: GroupMembers;
  }) {
    this.self = options.self;
    this.group = options.group;
    this.#seeds = options.seeds;
    this.#settled = options.settled;
  }

  /** All members by rising id, this server included unless it was removed. */
  get list(): readonly ConfigServer[] {
    this.#list ??= this.#overlaid();
    return this.#list;
  }

  get others(): readonly ConfigServer[] {
    return this.list.filter(({ id }) => id !== this.self);
  }

  get ids(): readonly ServerId[] {
    return this.list.map(({ id }) => id);
  }

  /** The members as others are told of them. */
  get described(): readonly MessageOf<'Member'>[] {
    return this.list.map(({ id, host, port }) => ({ server: id, host, port }));
  }

  get(server: ServerId): ConfigServer | undefined {
    return this.list.find(({ id }) => id === server);
  }

  has(server: ServerId): boolean {
    return this.get(server) !== undefined;
  }

  /** It was a member, and the group has removed it. */
  isRemoved(server: ServerId): boolean {
    return this.removalOf(server) !== undefined;
  }

  /** An op says that it is a member, and not only the config. */
  isSettled(server: ServerId): boolean {
    return this.#settled.get(this.group, server)?.set !== undefined && this.has(server);
  }

  /** The op that removed the server; undefined where it is a member, or never was one. */
  removalOf(server: ServerId): Dot | undefined {
    return this.has(server) ? undefined : this.#settled.get(this.group, server)?.removal?.id;
  }

  /** Every other server that is or ever was a member: any of them may hold ops of this one. */
  get everOthers(): readonly ServerId[] {
    const ids = new Set([
      ...this.#seeds.map(({ id }) => id),
      ...this.#settled.of(this.group).map(({ server }) => server),
    ]);
    ids.delete(this.self);
    return [...ids];
  }

  /** How ops overrule the config that this server was started with; undefined where they do not. */
  get overruled(): string | undefined {
    const nameOf = ({ id, host, port }: ConfigServer): string => `${id} at ${host}:${port}`;
    const seeds = [...this.#seeds].sort((a, b) => a.id - b.id).map(nameOf);
    const members = this.list.map(nameOf).join(', ');
    return members === seeds.join(', ') ? undefined : members;
  }

  /** The ops that hold about servers. */
  get changes(): readonly Dot[] {
    return this.#settled.of(this.group).flatMap(({ ids }) => ids);
  }

  /** Where the group says that this server is, and where its config does; undefined where that is the same. */
  get elsewhere(): { readonly group: string; readonly config: string } | undefined {
    const [member, seed] = [this.get(this.self), this.#seeds.find(({ id }) => id === this.self)];
    if (member === undefined || seed === undefined) return undefined;
    const places = { group: `${member.host}:${member.port}`, config: `${seed.host}:${seed.port}` };
    return places.group === places.config ? undefined : places;
  }

  /** What the ops about a server that are still to be made have to carry as `change`. */
  nextChange(server: ServerId): number {
    return (this.#settled.get(this.group, server)?.change ?? 0) + 1;
  }

  /** Members that no op makes members, as ops that do: those of the config, and the one that is left in the end. */
  get unsettled(): readonly MessageOf<'MemberSetOp'>[] {
    return this.list.flatMap(({ id, ...address }) => {
      const settled = this.#settled.get(this.group, id);
      if (settled?.set !== undefined && settled.removal === undefined) return [];
      const change = settled === undefined ? 0 : this.nextChange(id);
      return [{ server: id, ...address, change, group: this.group }];
    });
  }

  /** The listener is called after each change, in the turn of the op that made it. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** An op has changed what is settled. */
  changed(): void {
    this.#list = undefined;
    for (const listener of this.#listeners) listener();
  }

  #overlaid(): readonly ConfigServer[] {
    const byId = new Map(this.#seeds.map((seed) => [seed.id, seed]));
    const settled = this.#settled.of(this.group);
    let last: { readonly removal: Removal; readonly member: ConfigServer } | undefined;
    for (const { server, set, removal } of settled) {
      if (set !== undefined) byId.set(server, memberOf(set));
      const member = byId.get(server);
      if (removal === undefined || member === undefined) continue;
      byId.delete(server);
      if (last === undefined || isLater(removal, last.removal)) last = { removal, member };
    }
    // Changes on several sides of a split may have removed every one. A group has a member: the one that was removed last.
    if (byId.size === 0 && last !== undefined) return [last.member];
    return [...byId.values()].sort((a, b) => a.id - b.id);
  }
}

type Removal = NonNullable<SettledMember['removal']>;

function isLater(one: Removal, other: Removal): boolean {
  return (one.time - other.time || compareDots(one.id, other.id)) > 0;
}

/** Says where the group and the config differ: of the members at a start, of this server's own address whenever that changes. */
export function reportMembers(members: Members, reporter: Reporter): void {
  const { overruled } = members;
  if (overruled !== undefined)
    reporter.report('info', 'The group has other members than the config.', { members: overruled });
  let reported: string | undefined;
  const reportPlace = (): void => {
    const { elsewhere } = members;
    if (elsewhere !== undefined && elsewhere.group !== reported)
      reporter.report('warning', 'The group has this server at another address than its config.', elsewhere);
    reported = elsewhere?.group;
  };
  members.onChange(reportPlace);
  reportPlace();
}

function memberOf({ server, host, port, peerHost, peerPort }: MessageOf<'MemberSetOp'>): ConfigServer {
  return {
    id: server,
    host,
    port,
    ...(peerHost !== undefined && { peerHost }),
    ...(peerPort !== undefined && { peerPort }),
  };
}
