/**
 * What the answers of all servers, asked at about the same moment, say of the group as a whole.
 *
 * A write is acknowledged when it is on the server that took it and on every peer that this server has in sync. So the
 * group can lose any `canLose` servers without losing an acknowledged operation, `canLose` being the smallest number of
 * in-sync peers that a server which is up has.
 */
import type { ConfigServer } from '../../core/model/config.js';
import { wallMsOf } from '../../core/model/hybrid-time.js';
import { limits } from '../../core/model/limits.js';
import { bytesText } from '../output/bytes-text.js';
import { counted } from '../output/message-text.js';
import { printable } from '../output/printable.js';

interface PeerAnswer {
  readonly server: number;
  readonly linked: boolean;
  readonly inSync: boolean;
  /** Ops that the answering server holds and the peer does not, as last heard. */
  readonly lagOps: number;
  /** Why there is no link although the two met; empty where there is no such reason. */
  readonly refusal: string;
}

/** What one server got from another after they had been apart. */
interface MergeAnswer {
  readonly server: number;
  readonly peer: number;
  readonly apartMs: number;
  readonly ops: number;
  readonly messages: number;
  readonly lateMessages: number;
  readonly displaced: number;
  readonly sessionsEnded: number;
  readonly time: number;
}

export interface StatusAnswer {
  /** `joining` or `open`. */
  readonly state: string;
  readonly software: string;
  readonly uptimeMs: number;
  readonly ops: number;
  readonly stateHash: string;
  readonly clients: number;
  readonly sessions: number;
  readonly logBytes: number;
  readonly viewLagOps: number;
  readonly searchLagOps: number;
  readonly cannotSearch: boolean;
  readonly damage?: { readonly places: readonly unknown[]; readonly lackedOps: number } | undefined;
  readonly disk?: { readonly freeBytes: number; readonly reserveBytes: number; readonly full: boolean } | undefined;
  /** 0 from a server of a version that does not tell. */
  readonly minCopies: number;
  readonly peers: readonly PeerAnswer[];
  /** Of the group as it knows it; none from a server of a version that does not tell. */
  readonly members: readonly { readonly server: number; readonly host: string; readonly port: number }[];
  /** The latest first. */
  readonly merges: readonly MergeAnswer[];
  /** Equal on servers that hold the same ops. */
  readonly vector: string;
}

export type Refusal = 'other group' | 'other version';

/** The reason is a sentence for people. */
export type Asked =
  | { readonly state: 'answered'; readonly answer: StatusAnswer }
  /** Something answered, and it is no server of this group or none that this program can talk to. */
  | { readonly state: 'refused'; readonly refusal: Refusal; readonly reason: string }
  | { readonly state: 'unreachable'; readonly reason: string };

/** One server as `--json` prints it. What only the server itself could tell is null where it did not. */
export interface ServerLine {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly state: string;
  readonly reason: string | null;
  readonly stateHash: string | null;
  readonly software: string | null;
  readonly uptimeMs: number | null;
  readonly ops: number | null;
  /** The most that a server linked to it holds and it does not; null where none is linked to it. */
  readonly lagOps: number | null;
  /** Ids of the servers that its new writes wait for. */
  readonly inSyncWith: readonly number[] | null;
  readonly clients: number | null;
  readonly sessions: number | null;
  readonly logBytes: number | null;
  readonly viewLagOps: number | null;
  /** Null also where the server cannot search. */
  readonly searchLagOps: number | null;
  /** Room on its disk. */
  readonly diskFreeBytes: number | null;
  /** Places of its log that are damaged and could not be mended so far; operations that its disk lost. */
  readonly damagedPlaces: number | null;
  readonly lackedOps: number | null;
  /** It stores nothing for want of room. */
  readonly diskFull: boolean | null;
  /** An operation that fewer servers would hold is refused by it. */
  readonly minCopies: number | null;
}

/** One merge as `--json` prints it: `at` in place of the hybrid time. */
export interface MergeLine extends Omit<MergeAnswer, 'time'> {
  /** ISO 8601. */
  readonly at: string;
}

export type Health = 'healthy' | 'degraded' | 'down';

export interface StatusReport {
  readonly servers: readonly ServerLine[];
  /** After which splits servers met again, the latest first. */
  readonly merges: readonly MergeLine[];
  readonly health: Health;
  readonly up: number;
  readonly canLose: number;
  readonly verdict: string;
}

/** A database that is less far behind is told of in `--json` alone: it takes that in within a second or so. */
const LAG_OPS_TOLD = 10_000;

/** Nothing is wrong; something is, and the service goes on; no server serves. */
export const exitCodeByHealth: Readonly<Record<Health, number>> = { healthy: 0, degraded: 8, down: 6 };

interface Open {
  readonly id: number;
  readonly answer: StatusAnswer;
}

/** `former`: servers that are known here and are not members. */
export function reportStatus(
  servers: readonly ConfigServer[],
  askedById: ReadonlyMap<number, Asked>,
  former: readonly number[] = [],
): StatusReport {
  const open: Open[] = servers.flatMap(({ id }) => {
    const asked = askedById.get(id);
    return asked?.state === 'answered' && asked.answer.state === 'open' ? [{ id, answer: asked.answer }] : [];
  });
  const openIds = new Set(open.map(({ id }) => id));
  const copies = open.map(
    ({ answer }) => answer.peers.filter((peer) => peer.inSync && openIds.has(peer.server)).length,
  );
  const canLose = open.length === 0 ? 0 : Math.min(...copies);
  const troubles = [
    ...strangers(askedById),
    ...fullDisks(open),
    ...damages(open),
    ...failedSearches(open),
    ...tooFewCopies(open),
    ...minCopiesThatDiffer(open),
    ...membersThatDiffer(open),
    ...pairsNotInSync(open),
    ...refusals(open),
    ...statesThatDiffer(open),
  ];
  const isWhole = open.length === servers.length && troubles.length === 0;
  const health = open.length === 0 ? 'down' : isWhole ? 'healthy' : 'degraded';
  const counts = `${open.length} of ${servers.length} up`;
  const title = { healthy: 'Healthy', degraded: 'Degraded', down: 'Down' }[health];
  const verdict = health === 'down' ? `${title}: ${counts}.` : `${title}: ${counts}, can lose ${canLose}.`;
  return {
    servers: servers.map((server) => serverLine(server, askedById)),
    merges: mergesOf(open),
    health,
    up: open.length,
    canLose,
    verdict: [verdict, ...troubles, ...laggards(open), ...notMembers(former)].join(' '),
  };
}

/** Servers that cannot reach each other know of different ones. */
function mergesOf(open: readonly Open[]): MergeLine[] {
  const byPlace = new Map<string, MergeAnswer>();
  for (const { answer } of open) {
    for (const merge of answer.merges) byPlace.set(`${merge.time} ${merge.server} ${merge.peer}`, merge);
  }
  const latestFirst = [...byPlace.values()].sort((a, b) => b.time - a.time || a.server - b.server || a.peer - b.peer);
  return latestFirst.slice(0, limits.mergesKeptMax).map(({ time, ...merge }) => ({
    ...merge,
    at: new Date(wallMsOf(time)).toISOString(),
  }));
}

function strangers(askedById: ReadonlyMap<number, Asked>): string[] {
  return [...askedById].flatMap(([id, asked]) =>
    asked.state === 'refused' ? [`Server ${id}: ${printable(asked.reason)}`] : [],
  );
}

function damages(open: readonly Open[]): string[] {
  return open.flatMap(({ id, answer: { damage } }) => {
    const places = damage?.places.length ?? 0;
    const lackedOps = damage?.lackedOps ?? 0;
    return [
      ...(places > 0 ? [`The log of server ${id} is damaged in ${counted(places, 'place')}.`] : []),
      ...(lackedOps > 0 ? [`Server ${id} has lost ${counted(lackedOps, 'operation')} that no other has.`] : []),
    ];
  });
}

function failedSearches(open: readonly Open[]): string[] {
  return open
    .filter(({ answer }) => answer.cannotSearch)
    .map(
      ({ id }) => `Server ${id} cannot search: its index failed. Its log says why, and it tries again every minute.`,
    );
}

/** No trouble: databases that are being built, or that a burst has left behind, catch up by themselves. */
function laggards(open: readonly Open[]): string[] {
  return open.flatMap(({ id, answer: { viewLagOps, searchLagOps } }) => {
    const lacking = [
      ...(viewLagOps >= LAG_OPS_TOLD ? [`${counted(viewLagOps, 'operation')} into its view database`] : []),
      ...(searchLagOps >= LAG_OPS_TOLD ? [`${counted(searchLagOps, 'operation')} into its search index`] : []),
    ];
    return lacking.length === 0 ? [] : [`Server ${id} has yet to take ${lacking.join(' and ')}.`];
  });
}

function fullDisks(open: readonly Open[]): string[] {
  return open.flatMap(({ id, answer: { disk } }) =>
    disk?.full === true
      ? [
          `The disk of server ${id} is full: it stores nothing with less than ${bytesText(disk.reserveBytes)} free, and ${bytesText(disk.freeBytes)} are.`,
        ]
      : [],
  );
}

/** Servers that refuse to write, because they wait for fewer servers than are required. */
function tooFewCopies(open: readonly Open[]): string[] {
  return open.flatMap(({ id, answer: { minCopies, peers } }) => {
    const copies = 1 + peers.filter(({ inSync }) => inSync).length;
    if (copies >= minCopies) return [];
    return [`Server ${id} stores nothing new: minCopies is ${minCopies}, and it can make ${copies}.`];
  });
}

function minCopiesThatDiffer(open: readonly Open[]): string[] {
  const told = open.filter(({ answer }) => answer.minCopies > 0);
  if (new Set(told.map(({ answer }) => answer.minCopies)).size <= 1) return [];
  const each = told.map(({ id, answer }) => `${answer.minCopies} on server ${id}`);
  return [`minCopies is ${each.join(', ')}; give all servers the same config.`];
}

/** Servers that cannot reach each other, or that changed members just now. */
function membersThatDiffer(open: readonly Open[]): string[] {
  const told = open.filter(({ answer }) => answer.members.length > 0);
  const listOf = ({ answer }: Open): string => answer.members.map(({ server }) => server).join(' ');
  if (new Set(told.map(listOf)).size <= 1) return [];
  const each = told.map((one) => `${listOf(one)} by server ${one.id}`);
  return [`They do not agree on who is a member: ${each.join(', ')}.`];
}

/** No trouble: the config is older than the group, or the server was not added yet. */
function notMembers(former: readonly number[]): string[] {
  if (former.length === 0) return [];
  return [`Not ${former.length === 1 ? 'a member' : 'members'}: ${former.join(', ')}.`];
}

/** Of two servers that are up, each should wait for the other. */
function pairsNotInSync(open: readonly Open[]): string[] {
  const apart = open.flatMap((one, index) =>
    open.slice(index + 1).flatMap((other) => {
      if (waitsFor(one, other) && waitsFor(other, one)) return [];
      return [`${one.id} and ${other.id}`];
    }),
  );
  return apart.length === 0 ? [] : [`Not in sync: servers ${apart.join(', ')}.`];
}

/** What servers say of others that they reach and do not accept, or that do not accept them. */
function refusals(open: readonly Open[]): string[] {
  return open.flatMap(({ id, answer }) =>
    answer.peers
      .filter(({ refusal }) => refusal !== '')
      .map(({ server, refusal }) => `Server ${id} says of server ${server}: ${printable(refusal)}`),
  );
}

function waitsFor(one: Open, other: Open): boolean {
  return one.answer.peers.some(({ server, inSync }) => server === other.id && inSync);
}

/** The state is a function of the ops held, so this is a defect of the program or of a disk. */
function statesThatDiffer(open: readonly Open[]): string[] {
  return open.flatMap((one, index) => {
    const other = open
      .slice(0, index)
      .find(({ answer }) => answer.vector === one.answer.vector && answer.stateHash !== one.answer.stateHash);
    if (other === undefined) return [];
    return [`Servers ${other.id} and ${one.id} hold the same operations but not the same state; please report this.`];
  });
}

function serverLine({ id, host, port }: ConfigServer, askedById: ReadonlyMap<number, Asked>): ServerLine {
  const asked = askedById.get(id);
  const answer = asked?.state === 'answered' ? asked.answer : undefined;
  const lags = [...askedById].flatMap(([other, reading]) => {
    if (other === id || reading.state !== 'answered') return [];
    return reading.answer.peers.filter((peer) => peer.server === id && peer.linked).map(({ lagOps }) => lagOps);
  });
  return {
    id,
    host,
    port,
    state: answer?.state ?? (asked?.state === 'refused' ? asked.refusal : 'unreachable'),
    reason: asked === undefined || asked.state === 'answered' ? null : asked.reason,
    stateHash: answer?.stateHash ?? null,
    software: answer?.software ?? null,
    uptimeMs: answer?.uptimeMs ?? null,
    ops: answer?.ops ?? null,
    lagOps: lags.length === 0 ? null : Math.max(...lags),
    inSyncWith: answer?.peers.filter(({ inSync }) => inSync).map(({ server }) => server) ?? null,
    clients: answer?.clients ?? null,
    sessions: answer?.sessions ?? null,
    logBytes: answer?.logBytes ?? null,
    viewLagOps: answer?.viewLagOps ?? null,
    searchLagOps: answer === undefined || answer.cannotSearch ? null : answer.searchLagOps,
    diskFreeBytes: answer?.disk?.freeBytes ?? null,
    diskFull: answer?.disk?.full ?? null,
    damagedPlaces: answer?.damage?.places.length ?? null,
    lackedOps: answer?.damage?.lackedOps ?? null,
    minCopies: answer?.minCopies ?? null,
  };
}
