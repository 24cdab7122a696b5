/**
 * What comes from a server that this one was apart from while it served clients. Readers here may have seen newer
 * messages by then, so what comes is late, and everyone is to know.
 *
 * - An op says so: it is written before the first late op of an origin is taken, and names that one and all that the
 *   peer has after it. So it goes before them in this log, and wherever they are relayed from it: a message is known as
 *   late wherever it is shown after this server showed it.
 * - Late is what the peer held when the link began, what this server lacked then, and what is older than a moment. What
 *   was written before the two were apart, or before this server served, is not: a server that was down has shown
 *   nothing newer. But where the peer itself was down, whatever only it holds is older than what was shown meanwhile.
 * - Late is also what the peer relays later and is as old: it came by such a merge elsewhere. The op that says so there
 *   may take another way.
 * - When all that was lacking has been applied, another op tells operators what came.
 */
import type { Change } from '../chat/state.js';
import { earlierBy, type HybridTime } from '../model/hybrid-time.js';
import type { Dot, ServerId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { RecordCursor, type RecordHeader, type RecordRun } from '../model/record.js';
import { Vector } from '../model/vector.js';
import type { Clock } from '../ports/clock.js';
import type { MessageOf } from '../wire/message-types.js';
import { schema } from '../wire/schema.js';
import type { PeerLink } from './peer-link.js';
import type { Reporter } from './reporter.js';

/** Two servers that lose each other notice within this, and have told each other of their clocks before. */
const NOTICED_WITHIN_MS = limits.suspectAfterMs + 2 * limits.peerHeartbeatMs;

export interface MergesOptions {
  readonly self: ServerId;
  /** What is held here, durable or not. */
  readonly held: () => Vector;
  readonly applied: Vector;
  /** Sessions of which an account has too many are still being ended. */
  readonly isEndingSessions: () => boolean;
  /** What the hybrid clock shows. */
  readonly time: () => HybridTime;
  /** The latest time of a message that was appended to the log. */
  readonly latestMessageTime: () => HybridTime;
  readonly clock: Clock;
  readonly reporter: Reporter;
  readonly write: (op: MessageOf<'MergedOp'>) => void;
}

/** What comes from one peer since the link to it began. */
interface OpenMerge {
  readonly apartMs: number;
  /** Only later ops can be late. */
  readonly after: HybridTime;
  /** Up to where the peer held the origins of which it held more than this server when the link began. */
  readonly lacked: Vector;
  /** Up to where each origin has come. */
  readonly taken: Vector;
  /** What was held here when the link began. */
  readonly before: Vector;
  /** Since when all of it has been applied. */
  completeSinceMs: number | undefined;
  /** Something of it was late. */
  isNews: boolean;
  ops: number;
  messages: number;
  lateMessages: number;
  displaced: number;
  sessionsEnded: number;
}

export class Merges {
  readonly #options: MergesOptions;
  readonly #openByPeer = new Map<ServerId, OpenMerge>();
  /** Of peers that were linked and are not: since when, and what had not come by then of the merge before. */
  readonly #lostByPeer = new Map<ServerId, { readonly atMs: number; readonly unfinished: OpenMerge | undefined }>();
  /** Up to where this server has said of an origin's ops that they are late. */
  readonly #said = new Vector();
  /** Since when this server has served clients without a pause; undefined while it does not. */
  #servingSinceMs: number | undefined;
  /** The latest message that was there when it opened: who reads it has not read older ones before. */
  #latestAtOpening: HybridTime = 0;

  constructor(options: MergesOptions) {
    this.#options = options;
  }

  /** This server begins to serve clients, or goes on after a pause in which it showed nobody anything. */
  serves(nowMs: number): void {
    if (this.#servingSinceMs === undefined) this.#latestAtOpening = this.#options.latestMessageTime();
    this.#servingSinceMs = nowMs;
  }

  /** The peer has shown, for the first time on this link, what it holds. */
  begin({ server, held, isOpen }: PeerLink): void {
    const lost = this.#lostByPeer.get(server);
    this.#lostByPeer.delete(server);
    if (this.#servingSinceMs === undefined) return;
    const ours = this.#options.held();
    const lacked = new Vector(held.entries().filter((entry) => !ours.covers(entry)));
    if (lacked.size === 0) return;
    const unfinished = lost?.unfinished;
    const apartMs = this.#options.clock.monotonicMs() - Math.max(this.#servingSinceMs, lost?.atMs ?? 0);
    const apartSince = earlierBy(this.#options.time(), apartMs + NOTICED_WITHIN_MS);
    const after = isOpen ? apartSince : 0;
    this.#openByPeer.set(server, {
      apartMs: Math.max(apartMs, unfinished?.apartMs ?? 0),
      after: Math.min(after, unfinished?.after ?? after),
      lacked,
      taken: new Vector(),
      before: ours,
      completeSinceMs: undefined,
      isNews: false,
      ops: 0,
      messages: 0,
      lateMessages: 0,
      displaced: 0,
      sessionsEnded: 0,
    });
  }

  /** Records are about to be taken from the peer. */
  coming(link: PeerLink, { bytes }: RecordRun): void {
    if (this.#servingSinceMs === undefined) return;
    const merge = this.#openByPeer.get(link.server);
    const oldBefore = earlierBy(this.#options.time(), limits.lateAfterMs);
    for (const cursor = new RecordCursor(bytes); cursor.next();) {
      const isOld = cursor.time < oldBefore;
      if (isOld || merge !== undefined) this.#comes(link, merge, cursor.header(), isOld);
    }
  }

  #comes(link: PeerLink, merge: OpenMerge | undefined, header: RecordHeader, isOld: boolean): void {
    const { origin, seq, kind } = header;
    const wasLacked = merge?.lacked.covers(header) === true;
    if (isOld && this.#isNews(link, header) && (this.#cameApart(link, header) || header.time < this.#latestShown)) {
      const last = (wasLacked ? merge.lacked : link.held).get(origin);
      this.#said.raise(origin, last);
      this.#options.write({ late: [{ origin, first: seq, last }] });
    }
    if (!wasLacked) return;
    merge.taken.raise(origin, seq);
    merge.isNews ||= this.#said.covers(header);
    merge.ops += 1;
    if (kind !== schema.MessageSentOp.op) return;
    merge.messages += 1;
    if (this.#said.covers(header)) merge.lateMessages += 1;
  }

  /** An op has been applied. */
  applied(header: RecordHeader, change: Change): void {
    if (change.kind !== 'accountCreated') return;
    const displaced = change.renamed.filter((account) => account.displaced).length;
    if (displaced === 0) return;
    for (const merge of this.#openByPeer.values()) {
      if (hasCome(merge, header)) merge.displaced += displaced;
    }
  }

  /** So many sessions of an account have been ended here, because it has these others as well. */
  sessionsEnded(count: number, others: readonly Dot[]): void {
    for (const merge of this.#openByPeer.values()) {
      if (others.some((id) => hasCome(merge, id))) merge.sessionsEnded += count;
    }
  }

  /** Merges of which all has been applied, and what they call for been done, are over. To be called once in each turn. */
  settle(): void {
    if (this.#openByPeer.size === 0) return;
    const nowMs = this.#options.clock.monotonicMs();
    for (const [server, merge] of this.#openByPeer) {
      if (!this.#options.applied.coversAll(merge.lacked)) continue;
      merge.completeSinceMs ??= nowMs;
      if (this.#options.isEndingSessions() && nowMs - merge.completeSinceMs <= limits.mergeSettleMs) continue;
      this.#openByPeer.delete(server);
      this.#tell(server, merge);
    }
  }

  /** The link to the peer has gone. */
  lost(server: ServerId): void {
    const unfinished = this.#openByPeer.get(server);
    this.#openByPeer.delete(server);
    if (unfinished !== undefined) this.#tell(server, unfinished);
    this.#lostByPeer.set(server, { atMs: this.#options.clock.monotonicMs(), unfinished });
  }

  /** Whether the op was written while this server served apart from it, whatever was shown here meanwhile. */
  #cameApart({ server, origin }: PeerLink, header: RecordHeader): boolean {
    const merge = this.#openByPeer.get(server);
    if (merge?.lacked.covers(header) === true) return header.time > merge.after;
    // What a peer itself wrote after the link began is no older than the way from it is slow.
    return header.origin !== origin;
  }

  /** The latest time of a message that came since this server opened, if it was later than what there was then. */
  get #latestShown(): HybridTime {
    const latest = this.#options.latestMessageTime();
    return latest > this.#latestAtOpening ? latest : 0;
  }

  /** An op that tells of a merge is not itself worth one: two servers that met for a moment would go on telling. */
  #isNews(link: PeerLink, header: RecordHeader): boolean {
    return !link.clocks.differ && !this.#said.covers(header) && header.kind !== schema.MergedOp.op;
  }

  #tell(peer: ServerId, merge: OpenMerge): void {
    if (!merge.isNews) return;
    const { apartMs, ops, messages, lateMessages, displaced, sessionsEnded } = merge;
    const { self, write, reporter } = this.#options;
    const counts = { ops, messages, lateMessages, displaced, sessionsEnded };
    write({ late: [], merge: { server: self, peer, apartMs: Math.round(apartMs), ...counts, time: 0 } });
    reporter.report('info', `Merged with server ${peer} after ${Math.floor(apartMs / 1000)} s apart.`, counts);
  }
}

/** Whether the op came by the merge. */
function hasCome({ before, taken }: OpenMerge, dot: Dot): boolean {
  return taken.covers(dot) && !before.covers(dot);
}
