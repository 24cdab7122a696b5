/**
 * Keeps one connection to some server of the group: dials, checks who answers, and when a connection ends dials the next.
 * Why a connection ends makes no difference to that.
 */
import type { Address, ConnectionId, DialFailure, Transport } from '../ports/network.js';
import type { MessageOf } from '../wire/message-types.js';
import { commonVersion } from '../wire/version.js';
import { Connection, type ClientWorld, type Incoming } from './connection.js';
import { Dialler } from './dialler.js';
import { clientFailure, type ClientFailure } from './failures.js';
import { Rotation } from './rotation.js';

export interface ConnectorSettings {
  readonly servers: readonly Address[];
  /** Use only these servers, whatever others the group has. */
  readonly pinned: boolean;
  /** The group that servers must belong to; undefined takes any. */
  readonly group: string | undefined;
  /** What servers told an earlier run of this client, where that was kept. */
  readonly kept?: { readonly group: string; readonly servers: readonly Address[] } | undefined;
  /** Name and version, for the server's log. */
  readonly software: string;
}

export interface ConnectorListener {
  /** Hello is out, and anything may follow it. */
  opened(connection: Connection): void;
  /** The server answered and is one of ours. */
  welcomed(connection: Connection, welcome: MessageOf<'Welcome'>): void;
  /** A server of the group says who the servers of it are. */
  membersTold(group: string, members: MessageOf<'Members'>['members']): void;
  /** Any other frame. */
  incoming(connection: Connection, incoming: Incoming): void;
  /** The connection is gone. */
  lost(failure: ClientFailure, address: Address): void;
}

const dialFailureTexts: Readonly<Record<DialFailure, string>> = {
  refused: 'Connection refused.',
  unreachable: 'The host cannot be reached.',
  timedOut: 'The connection timed out.',
  unknownHost: 'The name of the host is not known.',
};

const notOpened = 'The connection could not be opened.';

export class Connector {
  readonly #world: ClientWorld;
  readonly #settings: ConnectorSettings;
  readonly #listener: ConnectorListener;
  readonly #rotation: Rotation;
  readonly #dialler: Dialler;
  /** That of the server which told of the others, or which was kept. */
  #knownGroup: string | undefined;
  #connection: Connection | undefined;
  #isStopped = true;

  constructor(world: ClientWorld, settings: ConnectorSettings, listener: ConnectorListener) {
    this.#world = world;
    this.#settings = settings;
    this.#listener = listener;
    this.#rotation = new Rotation(world.random, settings.servers, settings.pinned, settings.kept?.servers);
    this.#knownGroup = settings.kept?.group;
    this.#dialler = new Dialler(world.random, this.#rotation);
  }

  /** The connection on which frames may be sent; undefined while there is none. */
  get connection(): Connection | undefined {
    return this.#connection?.isOpen === true ? this.#connection : undefined;
  }

  start(): void {
    this.#isStopped = false;
    this.#dial();
  }

  /** Closes and dials no more. Nothing is told after this. */
  stop(): void {
    this.#isStopped = true;
    this.#connection?.close();
    this.#connection = undefined;
  }

  /** The connection does what it is for. */
  serves(): void {
    this.#dialler.serves(this.#world.clock.monotonicMs());
  }

  /** Gives the connection up and goes on with another server. */
  drop(failure: ClientFailure): void {
    if (this.#connection === undefined) return;
    this.#dialler.lost(this.#world.clock.monotonicMs());
    this.#leave(this.#connection, failure);
  }

  /** Leaves a sound connection for the next server of the round. False where all were tried, and then this one stays. */
  moveOn(failure: ClientFailure): boolean {
    if (this.#connection === undefined || !this.#dialler.moveOn()) return false;
    this.#leave(this.#connection, failure);
    return true;
  }

  /** Leaves a sound connection for another server, in the next round where this one is over, if that makes sense with so many. */
  askElsewhere(failure: ClientFailure, makesSense: (servers: number) => boolean): void {
    if (makesSense(this.#rotation.size) && !this.moveOn(failure)) this.moveOn(failure);
  }

  opened(id: ConnectionId, transport: Transport): void {
    const connection = this.#current(id);
    if (connection === undefined) return;
    connection.opened(transport, this.#settings.software);
    this.#listener.opened(connection);
  }

  received(id: ConnectionId, bytes: Uint8Array): void {
    const connection = this.#current(id);
    const failure = connection?.received(bytes, (incoming) => this.#handle(connection, incoming));
    if (failure !== undefined) this.drop(failure);
  }

  closed(id: ConnectionId, reason: DialFailure | undefined): void {
    const connection = this.#current(id);
    if (connection === undefined) return;
    if (connection.isWelcomed) this.drop(clientFailure('CONNECTION_LOST'));
    else if (connection.isOpen)
      this.drop(clientFailure('CONNECTION_LOST', 'The server closed the connection at once.'));
    else this.drop(clientFailure('CONNECTION_LOST', reason === undefined ? notOpened : dialFailureTexts[reason]));
  }

  tick(): void {
    const failure = this.#connection?.tick();
    if (failure !== undefined) this.drop(failure);
    this.#dial();
  }

  get wakeAtMs(): number {
    if (this.#isStopped) return Infinity;
    return this.#connection?.wakeAtMs ?? this.#dialler.wakeAtMs;
  }

  #current(id: ConnectionId): Connection | undefined {
    return this.#connection?.id === id ? this.#connection : undefined;
  }

  #leave(connection: Connection, failure: ClientFailure): void {
    connection.close();
    this.#connection = undefined;
    this.#listener.lost(failure, connection.address);
    this.#dial();
  }

  #dial(): void {
    if (this.#isStopped || this.#connection !== undefined) return;
    const address = this.#dialler.next(this.#world.clock.monotonicMs());
    if (address !== undefined) this.#connection = new Connection(this.#world, address, this.#dialler.patienceMs);
  }

  #handle(connection: Connection, incoming: Incoming): void {
    if (incoming.name === 'Welcome') this.#welcome(connection, incoming.message);
    else if (incoming.name === 'Ping') connection.send('Pong', {}, incoming.correlation);
    else if (incoming.name === 'Members' && this.#knownGroup !== undefined && connection.isWelcomed)
      this.#learn(this.#knownGroup, incoming.message.members);
    else if (connection.isWelcomed || incoming.name === 'Failed') this.#listener.incoming(connection, incoming);
    else this.drop(clientFailure('OUT_OF_ORDER', 'The server did not begin with Welcome.'));
  }

  #welcome(connection: Connection, welcome: MessageOf<'Welcome'>): void {
    const failure = this.#objectionTo(connection, welcome);
    if (failure !== undefined) {
      this.drop(failure);
      return;
    }
    connection.welcomed(welcome.heartbeatMs);
    this.#learn(welcome.group, welcome.members);
    this.#listener.welcomed(connection, welcome);
  }

  #learn(group: string, members: MessageOf<'Members'>['members']): void {
    this.#knownGroup = group;
    this.#rotation.learn(members);
    this.#listener.membersTold(group, members);
  }

  #objectionTo(connection: Connection, welcome: MessageOf<'Welcome'>): ClientFailure | undefined {
    if (connection.isWelcomed) return clientFailure('OUT_OF_ORDER', 'The server sent Welcome twice.');
    const { version } = welcome;
    if (commonVersion({ versionMin: version, versionMax: version }) === undefined)
      return clientFailure('VERSION_UNSUPPORTED');
    // A config may name no group, and then takes whoever answers at its addresses; but not at those that others told.
    const group = this.#settings.group ?? (this.#rotation.isSeed(connection.address) ? undefined : this.#knownGroup);
    if (group === undefined || welcome.group === group) return undefined;
    return clientFailure('GROUP_MISMATCH', `The server belongs to the group "${welcome.group}", not "${group}".`);
  }
}
