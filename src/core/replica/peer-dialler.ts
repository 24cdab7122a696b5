/**
 * Whom to dial, where and when, so that every two members come to have one link.
 *
 * Of two servers the one with the smaller id dials. The other does so as well once there has been no link for a while: the
 * first may have a wrong address, or not know of it yet. Where both get through, the smaller id decides
 * which connection stays (see `Peers.add`).
 */
import { peerAddress, type ConfigServer } from '../model/config.js';
import type { ServerId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { Clock } from '../ports/clock.js';
import type { Address, ConnectionId, Network } from '../ports/network.js';
import type { Members } from './members.js';

/** When and whether to dial a member. */
interface Dialling {
  readonly server: ServerId;
  address: Address;
  connection: ConnectionId | undefined;
  sinceMs: number;
  delayMs: number;
  nextMs: number;
}

export class PeerDialler {
  readonly #members: Members;
  readonly #network: Network;
  readonly #clock: Clock;
  readonly #byServer = new Map<ServerId, Dialling>();

  constructor(options: { readonly members: Members; readonly network: Network; readonly clock: Clock }) {
    this.#members = options.members;
    this.#network = options.network;
    this.#clock = options.clock;
    this.membersChanged(() => false);
  }

  /** Dials those who are members now, where they are now, and nobody else. Links stay as they are. */
  membersChanged(isLinked: (server: ServerId) => boolean): void {
    for (const [server, dialling] of this.#byServer) {
      if (this.#members.has(server)) continue;
      this.#byServer.delete(server);
      if (dialling.connection !== undefined && !isLinked(server)) this.#network.close(dialling.connection);
    }
    for (const member of this.#members.others) {
      const dialling = this.#byServer.get(member.id);
      if (dialling === undefined) this.#byServer.set(member.id, this.#begin(member));
      else if (!sameAddress(dialling.address, peerAddress(member))) {
        dialling.address = peerAddress(member);
        dialling.delayMs = limits.redialMinMs;
        dialling.nextMs = 0;
      }
    }
  }

  /** The server that a connection was dialled to reach; undefined where the other side dialled. */
  dialledServer(connection: ConnectionId): ServerId | undefined {
    return this.#of(connection)?.server;
  }

  /** Dials whom it is time to dial. */
  tick(nowMs: number, isLinked: (server: ServerId) => boolean): void {
    for (const [server, dialling] of this.#byServer) {
      if (isLinked(server)) continue;
      this.#giveUpVainDial(dialling, nowMs);
      if (dialling.connection !== undefined || nowMs < dialling.nextMs) continue;
      dialling.connection = this.#network.dial(dialling.address);
      dialling.sinceMs = nowMs;
    }
  }

  /** The link to the server is made and proved by both. */
  linked(server: ServerId): void {
    const dialling = this.#byServer.get(server);
    if (dialling !== undefined) dialling.delayMs = limits.redialMinMs;
  }

  /** The two have met just now on a connection that the other dialled: it is no use to dial it as well. */
  met(server: ServerId): void {
    const dialling = this.#byServer.get(server);
    if (dialling !== undefined) dialling.nextMs = Math.max(dialling.nextMs, this.#earliestMs(server));
  }

  /** The connection has closed, is closing, or never came about. */
  closed(connection: ConnectionId): void {
    const dialling = this.#of(connection);
    if (dialling === undefined) return;
    dialling.connection = undefined;
    dialling.nextMs = Math.max(this.#clock.monotonicMs() + dialling.delayMs, this.#earliestMs(dialling.server));
    dialling.delayMs = Math.min(dialling.delayMs * 2, limits.redialMaxMs);
  }

  #begin(member: ConfigServer): Dialling {
    return {
      server: member.id,
      address: peerAddress(member),
      connection: undefined,
      sinceMs: 0,
      delayMs: limits.redialMinMs,
      nextMs: this.#earliestMs(member.id),
    };
  }

  #of(connection: ConnectionId): Dialling | undefined {
    for (const dialling of this.#byServer.values()) if (dialling.connection === connection) return dialling;
    return undefined;
  }

  /** The server with the smaller id has the first word. */
  #earliestMs(server: ServerId): number {
    return this.#members.self < server ? 0 : this.#clock.monotonicMs() + limits.dialBackAfterMs;
  }

  /** What is still on its way through a network that loses everything may take minutes to fail by itself. */
  #giveUpVainDial({ connection, sinceMs }: Dialling, nowMs: number): void {
    if (connection === undefined || nowMs - sinceMs <= limits.suspectAfterMs) return;
    this.#network.close(connection);
    this.closed(connection);
  }
}

function sameAddress(one: Address, other: Address): boolean {
  return one.host === other.host && one.port === other.port;
}
