/**
 * What operators change of the list of members: checked against the list as it stands here, written as ops, and answered
 * when it is stored like everything else. The first change writes down what only the config said so far, so that a
 * server that is new, and knows one other, learns of all.
 */
import type { ServerContext } from '../chat/context.js';
import { run, wait, waitForSuccess, type Outcome, type Steps } from '../chat/steps.js';
import { checkConfig, isLoopback, peerAddress, sharesAddress, type ConfigServer } from '../model/config.js';
import { failure, Refused } from '../model/errors.js';
import type { ServerId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { MessageOf } from '../wire/message-types.js';
import type { Members } from './members.js';
import type { Peers } from './peers.js';

export type MembersSettled = Outcome<MessageOf<'MembersSettled'>>;

export interface MemberChangesOptions {
  readonly members: Members;
  readonly peers: Peers;
  /** A server that has not caught up may not know what was settled last. */
  readonly isOpen: () => boolean;
  /** Servers prove themselves with a key that is not empty. */
  readonly hasKey: boolean;
  readonly context: Pick<ServerContext, 'minCopies' | 'lackOfCopies' | 'write' | 'writeAnyhow' | 'whyNotWritable'>;
}

export class MemberChanges {
  readonly #options: MemberChangesOptions;

  constructor(options: MemberChangesOptions) {
    this.#options = options;
  }

  /** Adds a member, or moves one to another address where that is asked for. */
  add(request: MessageOf<'AddMember'>, done: (settled: MembersSettled) => void): void {
    run(this.#add(request), done);
  }

  remove({ server }: MessageOf<'RemoveMember'>, done: (settled: MembersSettled) => void): void {
    run(this.#remove(server), done);
  }

  *#add({ move, ...address }: MessageOf<'AddMember'>): Steps<MessageOf<'MembersSettled'>> {
    const { members, hasKey } = this.#options;
    const candidate = validMember(address);
    if (!hasKey && ![candidate.host, peerAddress(candidate).host].every((host) => isLoopback(host))) {
      const text = `Others can reach "${candidate.host}", and the group has no key. Give all servers one first (groupKeyFile).`;
      throw new Refused(failure('USAGE', text));
    }
    const present = members.get(candidate.id);
    if (present !== undefined && isSame(present, candidate)) return this.#answer();
    if (move && present === undefined) throw noMember(candidate.id);
    if (!move && present !== undefined) {
      throw new Refused(
        failure(
          'MEMBER_EXISTS',
          `Server ${present.id} is a member already, at ${present.host}:${present.port}. To change its address, move it.`,
        ),
      );
    }
    const neighbour = members.list.find((member) => member !== present && sharesAddress(member, candidate));
    if (neighbour !== undefined) {
      throw new Refused(
        failure('MEMBER_EXISTS', `That is the address of server ${neighbour.id}; each server has its own.`),
      );
    }
    if (present === undefined && members.list.length >= limits.membersMax) {
      throw new Refused(
        failure('USAGE', `The group has ${members.list.length} servers; ${limits.membersMax} is the most.`),
      );
    }
    this.#prepare();
    const { storedOn } = yield* this.#write('MemberSetOp', {
      ...address,
      change: members.nextChange(candidate.id),
      group: members.group,
    });
    return this.#answer(storedOn);
  }

  *#remove(server: ServerId): Steps<MessageOf<'MembersSettled'>> {
    const { members, peers, context } = this.#options;
    const left = members.list.length - 1;
    if (!members.has(server)) throw noMember(server);
    if (left === 0) {
      throw new Refused(
        failure('USAGE', `Server ${server} is the only member: a group has at least one. Stop it instead.`),
      );
    }
    if (left < context.minCopies) {
      const servers = left === 1 ? '1 server' : `${left} servers`;
      const text = `${context.minCopies} copies are required (minCopies), and ${servers} would be left.`;
      throw new Refused(failure('NOT_ENOUGH_COPIES', text));
    }
    if (server === members.self && !peers.isAnyOpen) {
      throw new Refused(
        failure('NOWHERE_TO_MOVE', 'No other server is open that could take over what this one holds.'),
      );
    }
    this.#prepare();
    const { storedOn } = yield* this.#write('MemberRemovedOp', {
      server,
      change: members.nextChange(server),
      group: members.group,
    });
    return this.#answer(storedOn);
  }

  /** Sees to it that every server takes part in the change. @throws Refused */
  #prepare(): void {
    const { members, peers, isOpen, context } = this.#options;
    if (!isOpen()) throw new Refused('STARTING');
    const whyNot = context.whyNotWritable() ?? (this.#isShort ? undefined : context.lackOfCopies());
    if (whyNot !== undefined) throw new Refused(whyNot);
    const old = peers.links.find(({ version }) => version < 2);
    if (old !== undefined) {
      throw new Refused(
        failure(
          'VERSION_UNSUPPORTED',
          `Server ${old.server} runs a version that keeps to the members of its config. Upgrade all servers first.`,
        ),
      );
    }
    for (const op of members.unsettled) context.write('MemberSetOp', op)(() => undefined);
  }

  *#write<N extends 'MemberSetOp' | 'MemberRemovedOp'>(name: N, op: MessageOf<N>) {
    const { context } = this.#options;
    if (this.#isShort) return yield* wait(context.writeAnyhow(name, op));
    return yield* waitForSuccess(context.write(name, op));
  }

  /** The group has fewer members than copies are required: nothing can be written in it until there are more. */
  get #isShort(): boolean {
    const { members, context } = this.#options;
    return members.list.length < context.minCopies;
  }

  #answer(storedOn?: MessageOf<'StoredOn'>): MessageOf<'MembersSettled'> {
    return { changed: storedOn !== undefined, storedOn, members: this.#options.members.described };
  }
}

/** @throws Refused where a config with such a server would be refused */
function validMember({ server, ...address }: Omit<MessageOf<'AddMember'>, 'move'>): ConfigServer {
  const defined = Object.entries(address).filter(([, value]) => value !== undefined);
  const reading = checkConfig({ servers: [{ id: server, ...Object.fromEntries(defined) }] });
  if (reading.state === 'invalid')
    throw new Refused(failure('USAGE', `${reading.problems.map(({ text }) => text).join('; ')}.`));
  return reading.config.servers[0]!;
}

function isSame(one: ConfigServer, other: ConfigServer): boolean {
  return (['host', 'port', 'peerHost', 'peerPort'] as const).every((key) => one[key] === other[key]);
}

function noMember(server: ServerId): Refused {
  return new Refused(failure('MEMBER_NOT_FOUND', `No server ${server} is a member of the group.`));
}
