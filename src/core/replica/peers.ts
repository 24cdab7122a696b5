/**
 * All the other members: dialling them, telling them how things stand here, and deciding at whom each origin is
 * followed. Of two servers the one with the smaller id dials, so there is one link for each pair.
 */
import type { ReserveOptions } from '../chat/context.js';
import { peerAddress, type ConfigServer } from '../model/config.js';
import type { ServerId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { Vector } from '../model/vector.js';
import type { Clock } from '../ports/clock.js';
import type { ConnectionId, Network } from '../ports/network.js';
import { Subscriptions } from '../replication/subscriptions.js';
import type { DurableView } from '../replication/pending-writes.js';
import type { MessageOf } from '../wire/message-types.js';
import type { Connection } from './connection.js';
import type { Journal } from './journal.js';
import type { Merges } from './merges.js';
import type { OwnOrigin } from './own-origin.js';
import { PeerLink, type PeerLinkEvents, type ReserveAnswer } from './peer-link.js';
import type { Reporter } from './reporter.js';
import type { Turn } from './turn.js';

export interface PeersOptions {
  readonly self: ServerId;
  readonly members: readonly ConfigServer[];
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
  readonly reserve: (holder: ServerId, request: MessageOf<'Reserve'>) => MessageOf<'Reserved'>;
  readonly release: (holder: ServerId, key: string) => void;
  /** The link to the server has gone: what it held is free. */
  readonly lost: (server: ServerId) => void;
}

/** When and whether to dial a member. */
interface Dialling {
  readonly member: ConfigServer;
  connection: ConnectionId | undefined;
  sinceMs: number;
  delayMs: number;
  nextMs: number;
}

export class Peers {
  readonly #options: PeersOptions;
  readonly #links = new Map<ServerId, PeerLink>();
  readonly #dialling: Dialling[];
  readonly #subscriptions = new Subscriptions();
  readonly #refusals = new Map<ServerId, string>();
  /** Of servers that were linked and are not: when they were last heard, and what they had made durable by then. */
  readonly #lastSeen = new Map<ServerId, { readonly heardMs: number; readonly durable: Vector }>();
  /** What was durable here when the peers were last told. */
  #toldDurable: Vector;
  #nextStateMs = 0;

  constructor(options: PeersOptions) {
    this.#options = options;
    this.#toldDurable = options.journal.log.durable.clone();
    this.#dialling = options.members
      .filter((member) => member.id > options.self)
      .map((member) => ({ member, connection: undefined, sinceMs: 0, delayMs: limits.redialMinMs, nextMs: 0 }));
    options.turn.atEnd(() => {
      const nowMs = options.clock.monotonicMs();
      for (const link of this.#links.values()) link.pump(nowMs);
    });
  }

  /** By server id. */
  get links(): PeerLink[] {
    return [...this.#links.values()].sort((a, b) => a.server - b.server);
  }

  link(server: ServerId): PeerLink | undefined {
    return this.#links.get(server);
  }

  /** The server that a connection was dialled to reach; undefined where the other side dialled. */
  dialledServer(connection: ConnectionId): ServerId | undefined {
    return this.#dialling.find((entry) => entry.connection === connection)?.member.id;
  }

  /**
   * No link came of a meeting with what may be this server. Told once, and not again before something else is to be told:
   * servers meet several times a second.
   */
  refused(server: ServerId | undefined, reason: string): void {
    if (server === undefined || this.#links.has(server) || this.#refusals.get(server) === reason) return;
    if (!this.#options.members.some((member) => member.id === server)) return;
    this.#refusals.set(server, reason);
    this.#options.reporter.report('error', 'A server is reached and there is no link to it.', { server, reason });
  }

  /** Why there is no link to the server although the two met; empty where there is no such reason. */
  refusalOf(server: ServerId): string {
    return this.#refusals.get(server) ?? '';
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
    const links = [...this.#links.values()];
    return {
      own,
      inSync: links.filter((link) => link.inSync).map((link) => link.durable),
      linked: links.map((link) => link.durable),
    };
  }

  /** Dials whom it is time to dial, and tells everyone linked how things stand. */
  tick(nowMs: number): void {
    for (const dialling of this.#dialling) {
      this.#giveUpVainDial(dialling, nowMs);
      if (dialling.connection !== undefined || nowMs < dialling.nextMs) continue;
      dialling.connection = this.#options.network.dial(peerAddress(dialling.member));
      dialling.sinceMs = nowMs;
    }
    if (nowMs >= this.#nextStateMs) this.describe();
    for (const link of this.#links.values()) {
      if (nowMs - link.connection.lastHeardMs <= limits.suspectAfterMs) continue;
      this.#options.reporter.report('warning', 'A server is silent.', { server: link.server });
      this.#drop(link);
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
    const moved = durable.entries().filter((entry) => !this.#toldDurable.covers(entry));
    if (moved.length === 0) return;
    this.#toldDurable.join(durable);
    for (const link of this.#links.values()) link.confirm(moved);
  }

  /** A connection was proved to come from, or lead to, a member. An older link of that member is gone by then. */
  add(server: ServerId, connection: Connection, version: number): PeerLink {
    this.#links.get(server)?.connection.close();
    this.#remove(server);
    const { journal, turn } = this.#options;
    const link = new PeerLink(server, connection, version, { log: journal.log, turn, events: this.#linkEvents() });
    this.#links.set(server, link);
    this.#refusals.delete(server);
    const dialling = this.#dialling.find(({ member }) => member.id === server);
    if (dialling !== undefined) dialling.delayMs = limits.redialMinMs;
    this.#options.reporter.report('info', 'Linked to a server.', { server });
    link.confirm(journal.log.durable.entries());
    this.describe();
    return link;
  }

  /** What is still on its way through a network that loses everything may take minutes to fail by itself. */
  #giveUpVainDial({ member, connection, sinceMs }: Dialling, nowMs: number): void {
    if (connection === undefined || this.#links.has(member.id) || nowMs - sinceMs <= limits.suspectAfterMs) return;
    this.#options.network.close(connection);
    this.closed(connection);
  }

  /** Closing takes as long as the other side does not read. Nobody waits for that. */
  #drop(link: PeerLink): void {
    link.connection.close();
    this.closed(link.connection.id);
  }

  /** A connection has closed, is closing, or never came about. Does nothing where that is known already. */
  closed(connection: ConnectionId): void {
    const dialling = this.#dialling.find((entry) => entry.connection === connection);
    if (dialling !== undefined) {
      dialling.connection = undefined;
      dialling.nextMs = this.#options.clock.monotonicMs() + dialling.delayMs;
      dialling.delayMs = Math.min(dialling.delayMs * 2, limits.redialMaxMs);
    }
    for (const link of this.#links.values()) {
      if (link.connection.id !== connection) continue;
      this.#options.reporter.report('warning', 'The link to a server broke.', { server: link.server });
      this.#remove(link.server);
      this.describe();
      this.#settle();
      this.#options.changed();
      return;
    }
  }

  /** Asks one peer for a reservation. Calls back at once where there is no link. */
  reserve(server: ServerId, key: string, options: ReserveOptions, done: (answer: ReserveAnswer) => void): void {
    const link = this.#links.get(server);
    if (link === undefined) done('unreachable');
    else link.reserve(key, options, done);
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
    this.#subscriptions.forget(server);
    link.closed();
    this.#options.merges.lost(server);
    this.#options.lost(server);
  }

  /** Settles at whom each origin is followed, and asks for it. */
  #settle(): void {
    if (this.#options.isFull()) return;
    const described = this.links.filter((link) => link.hasDescribedItself);
    const peers = described.map(({ server, origin, held }) => ({ server, origin, vector: held }));
    const { wanted, unwanted } = this.#subscriptions.settle(
      peers,
      this.#options.journal.log.held(),
      this.#options.origin.current,
    );
    for (const [server, origins] of unwanted) this.#links.get(server)?.dontWant(origins);
    for (const link of described) link.want(wanted.get(link.server) ?? []);
  }

  #linkEvents(): PeerLinkEvents {
    const { journal, origin, merges, reporter, clock, minCopies } = this.#options;
    return {
      minCopies,
      described: (link, time, isFirst) => {
        journal.time.observe(time, clock.wallMs());
        if (isFirst) {
          merges.begin(link);
          this.#options.met();
        }
        if (origin.heard(link.server, link.held, journal.log.held())) {
          reporter.report('warning', 'A server holds ops of this one that are not held here; taking a new origin.', {
            server: link.server,
          });
        }
        if (link.isFull && link.inSync) {
          reporter.report('warning', 'The disk of a server is full; writes no longer wait for it.', {
            server: link.server,
          });
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
      accept: (link, bytes, header) => {
        if (this.#options.isFull()) return 'full';
        const acceptance = journal.acceptanceOf(header);
        if (acceptance !== 'taken') return acceptance;
        merges.coming(link, header);
        journal.take(bytes, header);
        return acceptance;
      },
      reserve: (link, request) => this.#options.reserve(link.server, request),
      release: (link, key) => this.#options.release(link.server, key),
      forked: (link, { origin: forked, seq }) =>
        reporter.report('error', 'Two histories of one origin; the other one is not taken.', {
          server: link.server,
          origin: forked,
          seq,
        }),
      readFailed: (link, reason) => {
        reporter.report('error', 'The log could not be read for a server.', { server: link.server, reason });
        this.#drop(link);
      },
    };
  }
}
