/**
 * Receives everyone who connects, finds out who they are, and passes on what they send: clients to their
 * {@link ClientConnection}, servers through the {@link PeerHandshake} to their {@link PeerLink}. Whoever breaks the
 * protocol is told how and let go, and nobody else notices.
 */
import type { ServerContext } from '../chat/context.js';
import { errorDefinitions, failure, type ErrorCode, type Failure } from '../model/errors.js';
import type { ServerId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { Clock } from '../ports/clock.js';
import type { Crypto } from '../ports/crypto.js';
import type { ConnectionId, NetworkEvents, Transport } from '../ports/network.js';
import { messageNameOfType, type Frame } from '../wire/frame.js';
import type { MessageOf } from '../wire/message-types.js';
import { commonVersion, SEARCH_CAPABILITY, spokenVersions } from '../wire/version.js';
import { WireFault } from '../wire/wire-fault.js';
import type { AttachedSessions } from './attached-sessions.js';
import { ClientConnection, type ClientServices } from './client-connection.js';
import { Connection, type Outbox } from './connection.js';
import type { Members } from './members.js';
import { OperatorConnection, type OperatorServices } from './operator-connection.js';
import { OPERATOR, PeerHandshake, type PeerIdentity, type Proved } from './peer-handshake.js';
import type { PeerLink } from './peer-link.js';
import type { Peers } from './peers.js';
import type { Reporter } from './reporter.js';
import type { Sends } from './sends.js';
import type { Turn } from './turn.js';

export interface ReceptionOptions {
  readonly group: string;
  readonly members: Members;
  readonly groupKey: Uint8Array;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly outbox: Outbox;
  readonly turn: Turn;
  readonly reporter: Reporter;
  readonly peers: Peers;
  readonly context: ServerContext;
  readonly attached: AttachedSessions;
  readonly sends: Sends;
  readonly viewRoom: ClientServices['viewRoom'];
  readonly status: () => MessageOf<'Status'>;
  readonly operators: OperatorServices;
}

/** A connection by what was learned of the other side. */
type Party =
  | { readonly kind: 'unknown'; readonly connection: Connection }
  | { readonly kind: 'client'; readonly connection: Connection; readonly client: ClientConnection }
  | { readonly kind: 'handshake'; readonly connection: Connection; readonly handshake: PeerHandshake }
  | { readonly kind: 'peer'; readonly connection: Connection; readonly link: PeerLink }
  | { readonly kind: 'operator'; readonly connection: Connection; readonly operator: OperatorConnection };

type Drained = (outcome: { readonly moved: number; readonly left: number }) => void;

export class Reception implements NetworkEvents {
  readonly #options: ReceptionOptions;
  readonly #services: ClientServices;
  readonly #identity: PeerIdentity;
  readonly #parties = new Map<ConnectionId, Party>();
  #clients = 0;
  /** Why a client that comes now is sent elsewhere; undefined where it is served. */
  #sentElsewhere: ErrorCode | undefined = 'STARTING';
  /** Since when clients are being moved, how many there were, and whom to tell that it is over. */
  #drain: { readonly sinceMs: number; readonly clients: number; readonly done: Drained[] } | undefined;

  constructor(options: ReceptionOptions) {
    this.#options = options;
    const { group, members, groupKey } = options;
    const isLinked = (server: ServerId): boolean => options.peers.link(server) !== undefined;
    const vouchesFor = (server: ServerId): boolean => members.isSettled(server);
    this.#identity = { group, server: members.self, key: groupKey, isLinked, vouchesFor };
    this.#services = {
      context: options.context,
      attached: options.attached,
      sends: options.sends,
      viewRoom: options.viewRoom,
      welcome: (hello) => this.#welcome(hello),
      status: options.status,
      guard: (client, work) => this.#guard(client, work),
    };
  }

  /** Connections of clients. */
  get clients(): number {
    return this.#clients;
  }

  /** Clients are served from now on. */
  open(): void {
    this.#sentElsewhere = undefined;
  }

  /**
   * Asks every client to go on elsewhere once it has its answers, and takes no more. Calls back when all have gone, or when
   * those who are left have had their time.
   */
  drain(done: Drained): void {
    if (this.#drain !== undefined) {
      this.#drain.done.push(done);
      return;
    }
    this.#sentElsewhere = 'STOPPING';
    this.#drain = { sinceMs: this.#options.clock.monotonicMs(), clients: this.#clients, done: [done] };
    for (const party of this.#parties.values()) if (party.kind === 'client') party.client.moveOn();
  }

  /** Sends every client elsewhere, and takes no more. */
  stop(): void {
    this.sendClientsElsewhere('STOPPING');
    for (const { kind, connection } of this.#parties.values()) if (kind !== 'client') connection.close();
  }

  /** Closes the connections of clients for this reason, and takes no more until {@link open} is called. */
  sendClientsElsewhere(reason: ErrorCode): void {
    this.#sentElsewhere = reason;
    for (const party of this.#parties.values()) if (party.kind === 'client') party.client.closeWith(reason);
  }

  /** Tells every client who the members are now. */
  tellMembers(): void {
    const members = this.#options.members.described;
    for (const party of this.#parties.values()) if (party.kind === 'client') party.client.tellMembers(members);
  }

  /** Sends everyone who has a session elsewhere. */
  sendAway(why: Failure): void {
    for (const party of this.#parties.values()) {
      if (party.kind === 'client' && party.client.attached !== undefined) party.client.closeWith(why.code, why.message);
    }
  }

  opened(id: ConnectionId, side: 'accepted' | 'dialled', transport: Transport): void {
    this.#options.turn.run(() => {
      const { clock, crypto, outbox } = this.#options;
      const connection = new Connection(id, side, transport, clock.monotonicMs(), outbox);
      if (side === 'accepted') {
        this.#parties.set(id, { kind: 'unknown', connection });
      } else {
        const handshake = new PeerHandshake(connection, this.#identity, crypto, this.#options.peers.dialledServer(id));
        this.#parties.set(id, { kind: 'handshake', connection, handshake });
      }
    });
  }

  received(id: ConnectionId, bytes: Uint8Array): void {
    const connection = this.#parties.get(id)?.connection;
    if (connection === undefined || connection.isClosing) return;
    this.#options.turn.run(() => {
      connection.lastHeardMs = this.#options.clock.monotonicMs();
      let frames = 0;
      try {
        for (const frame of connection.decoder.feed(bytes)) {
          frames += 1;
          // All of it is answered before it is anyone else's turn, which strangers may have less of.
          if (frames > limits.framesAtOnceBeforeLoginMax && this.#isClientWithoutLogin(id)) {
            this.#reject(id, failure('TOO_MANY_IN_FLIGHT', `More than ${frames - 1} frames at once before a login.`));
            return;
          }
          this.#take(id, frame);
          if (connection.isClosing) return;
        }
      } catch (error) {
        if (!(error instanceof WireFault)) throw error;
        this.#reject(id, failure(error.code, error.message));
      }
    });
  }

  drained(): void {
    // Links send on at the end of every turn, so a turn is all it takes.
    this.#options.turn.run(() => undefined);
  }

  closed(id: ConnectionId): void {
    this.#options.turn.run(() => {
      const party = this.#parties.get(id);
      this.#parties.delete(id);
      if (party !== undefined) this.#options.outbox.drop(party.connection);
      if (party?.kind === 'client') {
        this.#clients -= 1;
        party.client.closed();
        this.#endDrain(this.#options.clock.monotonicMs());
      }
      this.#options.peers.closed(id);
    });
  }

  /** Lets go of those who are silent or do not read. After a pause of this process nobody is to blame for silence. */
  checkSilence(nowMs: number, wasPaused: boolean): void {
    this.#endDrain(nowMs);
    for (const { kind, connection } of this.#parties.values()) {
      if (wasPaused) connection.lastHeardMs = nowMs;
      if (connection.isClosing || kind === 'peer') continue;
      const silentMs =
        nowMs - (kind === 'client' || kind === 'operator' ? connection.lastHeardMs : connection.openedMs);
      if (connection.backlogBytes > limits.clientBacklogBytesMax) this.#reject(connection.id, failure('TOO_SLOW'));
      else if (silentMs > silenceAllowedMs(kind, connection)) this.#reject(connection.id, failure('SILENT'));
    }
  }

  /** Clients of an earlier version do not know what they were asked, so nobody waits for them. */
  #endDrain(nowMs: number): void {
    const drain = this.#drain;
    if (drain === undefined) return;
    const isOver = nowMs - drain.sinceMs > limits.drainMs;
    const parties = [...this.#parties.values()];
    if (!isOver && parties.some((party) => party.kind === 'client' && party.client.movesOn)) return;
    this.#drain = undefined;
    for (const done of drain.done) done({ moved: drain.clients - this.#clients, left: this.#clients });
  }

  #take(id: ConnectionId, frame: Frame): void {
    const party = this.#parties.get(id)!;
    switch (party.kind) {
      case 'unknown':
        this.#meet(party.connection, frame);
        return;
      case 'client':
        try {
          party.client.received(frame);
        } catch (error) {
          this.#blame(party.client, error);
        }
        return;
      case 'handshake':
        this.#shakeHands(party.connection, party.handshake, frame);
        return;
      case 'peer':
      case 'operator': {
        const wrong = (party.kind === 'peer' ? party.link : party.operator).received(frame);
        if (wrong !== undefined) this.#reject(id, wrong);
      }
    }
  }

  #isClientWithoutLogin(id: ConnectionId): boolean {
    const party = this.#parties.get(id);
    return party?.kind === 'client' && party.client.attached === undefined;
  }

  /** The first frame tells clients from servers. */
  #meet(connection: Connection, frame: Frame): void {
    const { id } = connection;
    if (messageNameOfType(frame.type) === 'PeerHello') {
      // Any page that somebody opens in a browser can do this, at servers on loopback, too, whose key is empty.
      if (connection.transport !== 'tcp') {
        this.#reject(id, failure('OUT_OF_ORDER', 'Servers and commands of operators connect over TCP.'));
        return;
      }
      const handshake = new PeerHandshake(connection, this.#identity, this.#options.crypto, undefined);
      this.#parties.set(id, { kind: 'handshake', connection, handshake });
    } else if (this.#sentElsewhere === undefined) {
      this.#clients += 1;
      this.#parties.set(id, { kind: 'client', connection, client: new ClientConnection(connection, this.#services) });
    } else {
      this.#reject(id, failure(this.#sentElsewhere));
      return;
    }
    this.#take(id, frame);
  }

  #shakeHands(connection: Connection, handshake: PeerHandshake, frame: Frame): void {
    const step = handshake.received(messageNameOfType(frame.type), frame.body);
    if ('code' in step) {
      const mayPass = errorDefinitions[step.code].retry !== 'never';
      if (!mayPass) this.#options.peers.refused(handshake.claimed, step.message);
      this.#reject(connection.id, step);
    } else if (step.state === 'needless') {
      connection.close();
      this.#options.peers.closed(connection.id);
    } else if (step.state === 'proved' && step.server === OPERATOR) {
      connection.decoder.bodyBytesMax = limits.frameBytesMax;
      const operator = new OperatorConnection(connection, this.#options.operators);
      this.#parties.set(connection.id, { kind: 'operator', connection, operator });
    } else if (step.state === 'proved') {
      this.#takeIn(connection, step);
    }
  }

  /** Another server has proved that it holds the key of the group. */
  #takeIn(connection: Connection, proved: Proved): void {
    const link = this.#options.peers.add(connection, proved);
    if (link === 'needless') connection.close();
    else if ('code' in link) this.#reject(connection.id, link);
    else this.#parties.set(connection.id, { kind: 'peer', connection, link });
  }

  /** Says what was wrong, then closes. */
  #reject(id: ConnectionId, wrong: Failure): void {
    const party = this.#parties.get(id);
    if (party?.kind === 'client') {
      party.client.closeWith(wrong.code, wrong.message);
    } else {
      party?.connection.fail(wrong);
      party?.connection.close();
      this.#options.peers.closed(id);
    }
  }

  #guard(client: ClientConnection, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#blame(client, error);
    }
  }

  /** Ends the connection of a client whose request has thrown this. */
  #blame(client: ClientConnection, error: unknown): void {
    if (error instanceof WireFault) {
      client.closeWith(error.code, error.message);
      return;
    }
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.reporter.report('error', 'A request failed by a mistake of this program.', { reason });
    client.closeWith('INTERNAL');
  }

  #welcome(hello: MessageOf<'Hello'>): MessageOf<'Welcome'> | Failure {
    const version = commonVersion(hello);
    if (version === undefined) {
      const { versionMin, versionMax } = spokenVersions;
      return failure('VERSION_UNSUPPORTED', `This server speaks versions ${versionMin} to ${versionMax}.`);
    }
    const { clock, group, members } = this.#options;
    return {
      version,
      capabilities: [SEARCH_CAPABILITY],
      limits: {
        frameBytesBeforeLogin: limits.frameBytesBeforeLoginMax,
        frameBytes: limits.frameBytesMax,
        textBytes: limits.textBytesMax,
        requestsInFlight: limits.requestsInFlightMax,
        credit: limits.creditMax,
      },
      group,
      server: members.self,
      members: members.described,
      heartbeatMs: limits.clientHeartbeatMs,
      silenceMs: limits.clientSilenceMs,
      serverTimeMs: clock.wallMs(),
    };
  }
}

function silenceAllowedMs(kind: Exclude<Party['kind'], 'peer'>, connection: Connection): number {
  if (kind === 'client' || kind === 'operator') return limits.clientSilenceMs;
  return connection.side === 'dialled' ? limits.suspectAfterMs : limits.handshakeMs;
}
