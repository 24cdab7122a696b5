/**
 * The links to all other servers: telling them how things stand here, deciding at whom each origin is followed, and
 * letting go of those that are silent, or that are no members any more.
 *
 * A server that was removed is let in once more, to hand over what only it holds and to hear that it was removed. Nothing
 * here waits for it meanwhile, and none of its copies counts.
 */
import { errorDefinitions, failure, type ErrorCode, type Failure } from '../model/errors.js';
import type { ServerId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { Vector } from '../model/vector.js';
import type { Clock } from '../ports/clock.js';
import type { ConnectionId, Network } from '../ports/network.js';
import { Subscriptions } from '../replication/subscriptions.js';
import type { DurableView } from '../replication/pending-writes.js';
import type { MessageOf } from '../wire/message-types.js';
import { clocksDifferText } from './clock-comparison.js';
import type { Connection } from './connection.js';
import type { Journal } from './journal.js';
import type { Members } from './members.js';
import type { Merges } from './merges.js';
import type { OwnOrigin } from './own-origin.js';
import { PeerDialler } from './peer-dialler.js';
import type { Proved } from './peer-handshake.js';
import { PeerLink, type PeerLinkEvents } from './peer-link.js';
import { Refusals } from './refusals.js';
import type { Reporter } from './reporter.js';
import type { Turn } from './turn.js';

export interface PeersOptions {
  readonly members: Members;
  readonly journal: Journal;
  readonly origin: OwnOrigin;
  readonly merges: Merges;
  readonly network: Network;
  readonly clock: Clock;
  readonly turn: Turn;
  readonly reporter: Reporter;
  readonly isOpen: () => boolean;
  /** The disk of this server has no room for ops. */
  readonly isFull: () => boolean;
  readonly minCopies: number;
  /** What is in sync, durable or linked has changed. */
  readonly changed: () => void;
  /** A peer has described itself for the first time since it was linked. */
  readonly met: () => void;
  readonly reserve: (
    holder: ServerId,
    request: MessageOf<'Reserve'>,
    answer: (reserved: MessageOf<'Reserved'>) => void,
  ) => void;
  readonly release: (holder: ServerId, released: MessageOf<'Release'>) => void;
  readonly damaged: PeerLinkEvents['damaged'];
  /** The link to the server has gone: what it held is free. */
  readonly lost: (server: ServerId) => void;
}

export class Peers {
  readonly #options: PeersOptions;
  readonly #links = new Map<ServerId, PeerLink>();
  readonly #dialler: PeerDialler;
  readonly #subscriptions = new Subscriptions();
  readonly #refusals: Refusals;
  /** Of servers that were linked and are not: when they were last heard, and what they had made durable by then. */
  readonly #lastSeen = new Map<ServerId, { readonly heardMs: number; readonly durable: Vector }>();
  /** What was durable here when the peers were last told. */
  #toldDurable: Vector;
  #nextStateMs = 0;

  constructor(options: PeersOptions) {
    this.#options = options;
    this.#toldDurable = options.journal.log.durable.clone();
    this.#dialler = new PeerDialler(options);
    this.#refusals = new Refusals(options);
    options.members.onChange(() => this.#membersChanged());
    options.turn.atEnd(() => {
      const nowMs = options.clock.monotonicMs();
      for (const link of this.#links.values()) link.pump(nowMs, options.members.has(link.server));
    });
  }

  /** By server id. */
  get links(): PeerLink[] {
    return [...this.#links.values()].sort((a, b) => a.server - b.server);
  }

  /** Those of members. */
  get linkedMembers(): PeerLink[] {
    return this.links.filter(({ server }) => this.#options.members.has(server));
  }

  link(server: ServerId): PeerLink | undefined {
    return this.#links.get(server);
  }

  /** The server that a connection was dialled to reach; undefined where the other side dialled. */
  dialledServer(connection: ConnectionId): ServerId | undefined {
    return this.#dialler.dialledServer(connection);
  }

  /** Others that proved themselves have said that this one is not a member, and nobody takes it as one. */
  get isStranger(): boolean {
    return this.#refusals.isStranger && this.#described.length === 0;
  }

  /**
   * No link came of a meeting with what may be this server. Told once until there is a link: servers meet several times a
   * second.
   */
  refused(server: ServerId | undefined, reason: string): void {
    if (server === undefined || !this.#options.members.has(server)) return;
    this.#dialler.met(server);
    if (this.#links.get(server)?.hasDescribedItself !== true) this.#refusals.refused(server, reason);
  }

  /** Why there is no link to the server although the two met; empty where there is no such reason. */
  refusalOf(server: ServerId): string {
    return this.#refusals.reasonOf(server);
  }

  /** Some linked member serves clients. */
  get isAnyOpen(): boolean {
    return this.linkedMembers.some((link) => link.isOpen);
  }

  /** Everything is durable here that those who are linked are known to hold. */
  get hasHeardAll(): boolean {
    const { durable } = this.#options.journal.log;
    return this.links.every((link) => link.hasDescribedItself && durable.coversAll(link.held));
  }

  /** Milliseconds on the monotonic clock; undefined where nothing was heard since the start. */
  lastHeardMs(server: ServerId): number | undefined {
    return this.#links.get(server)?.connection.lastHeardMs ?? this.#lastSeen.get(server)?.heardMs;
  }

  /** What the server has said to hold durably, as last heard; undefined where nothing was since the start. */
  lastDurable(server: ServerId): Vector | undefined {
    return this.#links.get(server)?.durable ?? this.#lastSeen.get(server)?.durable;
  }

  /** How many servers new writes wait for, this one included. */
  get copies(): number {
    let copies = 1;
    for (const link of this.#links.values()) if (link.inSync) copies += 1;
    return copies;
  }

  durableView(own: Vector): DurableView {
    const inSync: Vector[] = [];
    const linked: Vector[] = [];
    for (const link of this.#links.values()) {
      if (!this.#options.members.has(link.server)) continue;
      linked.push(link.durable);
      if (link.inSync) inSync.push(link.durable);
    }
    return { own, inSync, linked };
  }

  /** Dials whom it is time to dial, and tells everyone linked how things stand. */
  tick(nowMs: number): void {
    this.#dialler.tick(nowMs, (server) => this.#links.has(server));
    if (nowMs >= this.#nextStateMs) this.describe();
    for (const link of this.#links.values()) {
      if (nowMs - link.connection.lastHeardMs > limits.suspectAfterMs) {
        this.#options.reporter.report('warning', 'A server is silent.', { server: link.server });
        this.#drop(link);
      } else if (this.#mayDismiss(link, nowMs)) {
        link.connection.fail(failure('MEMBER_REMOVED'));
        this.#drop(link);
      }
    }
  }

  /** Tells every linked peer how things stand here. */
  describe(): void {
    this.#nextStateMs = this.#options.clock.monotonicMs() + limits.peerHeartbeatMs;
    const { origin, journal, isOpen, isFull, minCopies, clock } = this.#options;
    const state = {
      origin: origin.current,
      vector: journal.log.held().entries(),
      links: this.links.map((link) => link.server),
      open: isOpen(),
      time: journal.time.now(clock.wallMs()),
      full: isFull(),
      minCopies,
    };
    for (const link of this.#links.values()) link.sendState(state);
  }

  /** The disk here has become full, or has room again: no ops are taken, or they are asked for anew. */
  fullChanged(): void {
    if (this.#options.isFull()) {
      for (const [server, origins] of this.#subscriptions.endAll()) this.#links.get(server)?.dontWant(origins);
    }
    this.describe();
    this.#settle();
  }

  /** Tells every linked peer what became durable here. */
  confirm(): void {
    const { durable } = this.#options.journal.log;
    const moved = durable.beyond(this.#toldDurable);
    if (moved.length === 0) return;
    this.#toldDurable.join(durable);
    for (const link of this.#links.values()) link.confirm(moved);
  }

  /**
   * A connection was proved to come from, or lead to, a server. Where both sides dial at once, the one with the smaller id
   * decides: it proves itself on a connection that it dialled only where it has no link, and then takes no other.
   * @returns the link; why there is none; or `needless` where there is one that stays
   */
  add(connection: Connection, { server, version, vouches }: Proved): PeerLink | Failure | 'needless' {
    const { members, journal, turn, clock } = this.#options;
    // Whom the group has taken in while this server was away, or never heard of it, can tell of that.
    const mayLink = members.has(server) || members.isRemoved(server) || vouches;
    // A server that starts may be dialled by others before it knows of them.
    if (!mayLink) return this.#options.isOpen() ? this.#refusals.meetStranger(server) : failure('STARTING');
    const before = this.#links.get(server);
    if (before !== undefined) {
      if (members.self < server && before.connection.side === 'dialled') return 'needless';
      before.connection.close();
      this.#remove(server);
    }
    const link = new PeerLink(server, connection, version, { log: journal.log, turn, events: this.#linkEvents() });
    if (members.isRemoved(server)) link.leavesSinceMs = clock.monotonicMs();
    this.#links.set(server, link);
    link.confirm(journal.log.durable.entries());
    this.describe();
    return link;
  }

  /** Who is a member has changed. */
  #membersChanged(): void {
    const { members, clock, changed } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#dialler.membersChanged((server) => this.#links.has(server));
    for (const link of this.#links.values()) {
      if (!members.isRemoved(link.server)) link.leavesSinceMs = undefined;
      else {
        link.leavesSinceMs ??= nowMs;
        if (link.inSync) link.leaveSync(nowMs);
      }
    }
    changed();
  }

  /** A server that was removed goes by itself. One that does not know how to is let go when nothing more is to be said. */
  #mayDismiss(link: PeerLink, nowMs: number): boolean {
    const { members, journal } = this.#options;
    const removal = members.removalOf(link.server);
    if (removal === undefined || link.leavesSinceMs === undefined) return false;
    if (nowMs - link.leavesSinceMs <= limits.dismissAfterMs) return false;
    return link.durable.covers(removal) && journal.log.durable.coversAll(link.held);
  }

  /** Closing takes as long as the other side does not read. Nobody waits for that. */
  #drop(link: PeerLink): void {
    link.connection.close();
    this.closed(link.connection.id);
  }

  /** A connection has closed, is closing, or never came about. Does nothing where that is known already. */
  closed(connection: ConnectionId): void {
    this.#dialler.closed(connection);
    for (const link of this.#links.values()) {
      if (link.connection.id !== connection) continue;
      if (link.hasDescribedItself) {
        this.#options.reporter.report('warning', 'The link to a server broke.', { server: link.server });
      }
      this.#remove(link.server);
      this.describe();
      this.#settle();
      this.#options.changed();
      return;
    }
  }

  /** Writes stop waiting for peers that took longer than the suspicion time to confirm. */
  leaveTooSlow(oldestLackedBy: (durable: Vector) => number | undefined, nowMs: number): void {
    for (const link of this.#links.values()) {
      if (!link.inSync) continue;
      const since = oldestLackedBy(link.durable);
      if (since === undefined || nowMs - since <= limits.suspectAfterMs) continue;
      this.#options.reporter.report('warning', 'A server is too slow to confirm; writes no longer wait for it.', {
        server: link.server,
      });
      link.leaveSync(nowMs);
      this.#options.changed();
    }
  }

  #remove(server: ServerId): void {
    const link = this.#links.get(server);
    if (link === undefined) return;
    this.#lastSeen.set(server, { heardMs: link.connection.lastHeardMs, durable: link.durable });
    this.#links.delete(server);
    this.#dialler.met(server);
    this.#subscriptions.forget(server);
    link.closed();
    this.#options.merges.lost(server);
    this.#options.lost(server);
  }

  /** Links that both sides have proved, by server id. */
  get #described(): PeerLink[] {
    return this.links.filter((link) => link.hasDescribedItself);
  }

  /** Settles at whom each origin is followed, and asks for it. */
  #settle(): void {
    if (this.#options.isFull()) return;
    const described = this.#described;
    const peers = described.map((link) => link.view);
    const { wanted, unwanted } = this.#subscriptions.settle(
      peers,
      this.#options.journal.log.held(),
      this.#options.origin.current,
    );
    for (const [server, origins] of unwanted) this.#links.get(server)?.dontWant(origins);
    for (const link of described) link.want(wanted.get(link.server) ?? []);
  }

  #linked(server: ServerId): void {
    this.#refusals.linked(server);
    this.#dialler.linked(server);
    const isRemoved = this.#options.members.isRemoved(server);
    const text = isRemoved ? 'Linked to a server that was removed.' : 'Linked to a server.';
    this.#options.reporter.report('info', text, { server });
  }

  /** The other side ends the link, and says why. */
  #refusedByOther(link: PeerLink, code: ErrorCode | undefined, message: string): void {
    if (code === 'MEMBER_NOT_FOUND') this.#refusals.calledStrangerBy(link.server);
    this.#drop(link);
    const mayPass = code !== undefined && errorDefinitions[code].retry !== 'never';
    if (!mayPass) this.refused(link.server, `It refused: ${message}`);
  }

  #linkEvents(): PeerLinkEvents {
    const { journal, origin, merges, reporter, clock, minCopies } = this.#options;
    return {
      minCopies,
      refused: (link, code, message) => this.#refusedByOther(link, code, message),
      described: (link, time, isFirst) => {
        if (link.clocks.compare(time, journal.time.now(clock.wallMs()), clock.monotonicMs(), isFirst)) {
          reporter.report('warning', clocksDifferText, { server: link.server, aheadMs: link.clocks.aheadMs });
        }
        journal.time.observe(time, clock.wallMs());
        if (isFirst) {
          this.#linked(link.server);
          merges.begin(link);
          this.#options.met();
        }
        if (origin.heard(link.server, link.held, journal.log.held())) {
          reporter.report('warning', 'A server holds ops of this one that are not held here; taking a new origin.', {
            server: link.server,
          });
        }
        if (link.isFull && link.inSync) {
          reporter.report('warning', 'The disk of a server is full; none waits for it.', { server: link.server });
          link.leaveSync(this.#options.clock.monotonicMs());
        }
        this.#settle();
        this.#options.changed();
      },
      minCopiesDiffer: (link, theirs) =>
        reporter.report('warning', 'A server requires another number of copies; give all of them the same config.', {
          server: link.server,
          theirMinCopies: theirs,
          ourMinCopies: minCopies,
        }),
      confirmed: () => this.#options.changed(),
      acceptanceOf: (header) => (this.#options.isFull() ? 'full' : journal.acceptanceOf(header)),
      take: (link, records) => {
        merges.coming(link, records);
        journal.take(records);
      },
      reserve: (link, request, answer) => this.#options.reserve(link.server, request, answer),
      release: (link, released) => this.#options.release(link.server, released),
      forked: (link, { origin: forked, seq }) =>
        reporter.report('error', 'Two histories of one origin; the other one is not taken.', {
          server: link.server,
          origin: forked,
          seq,
        }),
      unreadableTold: () => this.#settle(),
      damaged: (position, done) => this.#options.damaged(position, done),
      readFailed: (link, reason) => {
        reporter.report('error', 'The log could not be read for a server.', { server: link.server, reason });
        this.#drop(link);
      },
    };
  }
}
