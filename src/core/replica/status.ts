/** How this server is and how it sees the others, for operators. */
import type { ChatState } from '../chat/state.js';
import type { Origin, ServerId } from '../model/ids.js';
import { Vector } from '../model/vector.js';
import type { Log } from '../store/log.js';
import type { MessageOf } from '../wire/message-types.js';
import type { Members } from './members.js';
import type { Peers } from './peers.js';
import type { SearchFeed } from './search-feed.js';

export interface StatusFacts {
  readonly members: Members;
  readonly software: string;
  /** See the field `state` of Status. */
  readonly life: string;
  readonly nowMs: number;
  readonly uptimeMs: number;
  readonly state: ChatState;
  readonly log: Log;
  readonly origin: Origin;
  readonly peers: Peers;
  readonly clients: number;
  readonly sessions: number;
  readonly viewLagOps: number;
  readonly search: Pick<SearchFeed, 'lagOps' | 'canSearch'>;
  readonly damage: MessageOf<'DamageStatus'>;
  readonly disk: MessageOf<'DiskStatus'> | undefined;
  readonly minCopies: number;
}

export function describeStatus(facts: StatusFacts): MessageOf<'Status'> {
  const { members, software, life, uptimeMs, state, log, origin, clients, sessions, viewLagOps } = facts;
  const held = state.applied;
  return {
    server: members.self,
    state: life,
    software,
    uptimeMs: Math.round(uptimeMs),
    ops: held.total,
    stateHash: state.book.stateHash(),
    origin,
    peers: members.others.map(({ id }) => describePeer(facts, id, held)),
    clients,
    sessions,
    logBytes: log.bytes,
    viewLagOps,
    searchLagOps: facts.search.lagOps,
    cannotSearch: !facts.search.canSearch,
    vector: held.entries(),
    merges: state.merges.list,
    damage: facts.damage,
    disk: facts.disk,
    minCopies: facts.minCopies,
    members: members.described,
  };
}

function describePeer({ peers, nowMs }: StatusFacts, server: ServerId, held: Vector): MessageOf<'PeerStatus'> {
  const link = peers.link(server);
  const lastHeardMs = peers.lastHeardMs(server);
  return {
    server,
    linked: link !== undefined,
    inSync: link?.inSync ?? false,
    lagOps: lagOf(held, peers.lastDurable(server) ?? new Vector()),
    lastHeardMs: lastHeardMs === undefined ? 0 : Math.round(nowMs - lastHeardMs),
    everHeard: lastHeardMs !== undefined,
    refusal: peers.refusalOf(server),
  };
}

function lagOf(held: Vector, theirs: Vector): number {
  let ops = 0;
  for (const { origin, seq } of held.entries()) ops += Math.max(0, seq - theirs.get(origin));
  return ops;
}
