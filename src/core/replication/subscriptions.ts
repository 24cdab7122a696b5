/**
 * Who is asked for what: each origin is followed at one linked peer. An origin that a linked peer numbers now is
 * followed there, at its source. Any other (of a server that is down, cut off from here, or that numbers under
 * a new origin since) is followed at a peer that has the most of it. So after a crash, through a partial split and for a
 * server that was away, the same few lines bring what is missing, and nothing is sent twice.
 */
import type { Origin, ServerId } from '../model/ids.js';
import type { Vector } from '../model/vector.js';

/** A linked peer as it last described itself. */
export interface PeerView {
  readonly server: ServerId;
  /** The origin that it numbers its ops under; 0 while it has none. */
  readonly origin: Origin;
  readonly vector: Vector;
}

export class Subscriptions {
  readonly #peerByOrigin = new Map<Origin, ServerId>();

  /** Nothing is followed any more. Returns what was, by peer. */
  endAll(): Map<ServerId, Origin[]> {
    const ended = new Map<ServerId, Origin[]>();
    for (const [origin, server] of this.#peerByOrigin) push(ended, server, origin);
    this.#peerByOrigin.clear();
    return ended;
  }

  /**
   * Settles anew who is asked for what, given the linked peers and what is held here. Returns what changed.
   * `own` is the origin of this server, which nobody else numbers: it is asked for only where a peer has more of it.
   */
  settle(
    peers: readonly PeerView[],
    held: Vector,
    own: Origin,
  ): { readonly wanted: Map<ServerId, Origin[]>; readonly unwanted: Map<ServerId, Origin[]> } {
    const wanted = new Map<ServerId, Origin[]>();
    const unwanted = new Map<ServerId, Origin[]>();
    const origins = new Set<Origin>(this.#peerByOrigin.keys());
    for (const peer of peers) {
      if (peer.origin !== 0) origins.add(peer.origin);
      for (const origin of peer.vector.origins()) origins.add(origin);
    }
    origins.delete(own);
    for (const origin of origins) {
      const before = this.#peerByOrigin.get(origin);
      const now = choose(origin, peers, held, before);
      if (now === before) continue;
      if (before !== undefined && peers.some((peer) => peer.server === before)) push(unwanted, before, origin);
      if (now === undefined) this.#peerByOrigin.delete(origin);
      else {
        this.#peerByOrigin.set(origin, now);
        push(wanted, now, origin);
      }
    }
    return { wanted, unwanted };
  }

  /** The link is gone, and with it what it was asked for. */
  forget(server: ServerId): void {
    for (const [origin, at] of this.#peerByOrigin) if (at === server) this.#peerByOrigin.delete(origin);
  }
}

function choose(
  origin: Origin,
  peers: readonly PeerView[],
  held: Vector,
  before: ServerId | undefined,
): ServerId | undefined {
  const source = peers.find((peer) => peer.origin === origin);
  if (source !== undefined) return source.server;
  let best: PeerView | undefined;
  for (const peer of peers) {
    if (best === undefined || peer.vector.get(origin) > best.vector.get(origin)) best = peer;
  }
  if (best === undefined) return undefined;
  // Whoever has it now keeps it, unless it has run dry and another has more.
  const current = peers.find((peer) => peer.server === before);
  if (current !== undefined && current.vector.get(origin) > held.get(origin)) return current.server;
  if (current !== undefined && best.vector.get(origin) <= held.get(origin)) return current.server;
  return best.server;
}

function push(lists: Map<ServerId, Origin[]>, server: ServerId, origin: Origin): void {
  const list = lists.get(server);
  if (list === undefined) lists.set(server, [origin]);
  else list.push(origin);
}
