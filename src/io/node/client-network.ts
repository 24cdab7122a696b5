/** TCP for a client: it dials and never listens. What is sent in one turn leaves in one write. */
import { connect, type Socket } from 'node:net';

import type { Address, ConnectionId, Network, NetworkEvents } from '../../core/ports/network.js';

export class ClientNetwork implements Network {
  readonly #events: NetworkEvents;
  readonly #socketsById = new Map<ConnectionId, Socket>();
  #latestId = 0;

  constructor(events: NetworkEvents) {
    this.#events = events;
  }

  dial({ host, port }: Address): ConnectionId {
    const id = ++this.#latestId;
    const socket = connect({ host, port, noDelay: true });
    this.#socketsById.set(id, socket);
    socket.on('connect', () => this.#events.opened(id, 'dialled', 'tcp'));
    socket.on('data', (bytes) => this.#events.received(id, bytes));
    socket.on('drain', () => this.#events.drained(id));
    // What was wrong makes no difference to a client: `close` follows, and it goes elsewhere.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#socketsById.delete(id);
      this.#events.closed(id);
    });
    return id;
  }

  send(connection: ConnectionId, bytes: Uint8Array): void {
    const socket = this.#socketsById.get(connection);
    if (socket?.writable !== true) return;
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    socket.write(bytes);
  }

  backlogBytes(connection: ConnectionId): number {
    return this.#socketsById.get(connection)?.writableLength ?? 0;
  }

  close(connection: ConnectionId): void {
    this.#socketsById.get(connection)?.destroySoon();
  }
}
