/**
 * The network of a client in a browser: one WebSocket for each connection. A page that came over HTTPS may open none but
 * encrypted ones, so it does. What is sent in one turn leaves in one message.
 *
 * Browsers do not tell when a WebSocket has written what it was given, so `drained` is never told; a client has no use
 * for it.
 */
import type { Address, ConnectionId, Network, NetworkEvents } from '../../core/ports/network.js';

interface Connection {
  readonly socket: WebSocket;
  /** Sent in this turn, or before the connection opened. */
  unsent: Uint8Array[];
  isClosing: boolean;
}

export class BrowserNetwork implements Network {
  readonly #events: NetworkEvents;
  readonly #connections = new Map<ConnectionId, Connection>();
  #latestId: ConnectionId = 0;

  constructor(events: NetworkEvents) {
    this.#events = events;
  }

  dial(address: Address): ConnectionId {
    this.#latestId += 1;
    const id = this.#latestId;
    const socket = openSocket(address);
    if (socket === undefined) {
      queueMicrotask(() => this.#events.closed(id));
      return id;
    }
    const connection: Connection = { socket, unsent: [], isClosing: false };
    this.#connections.set(id, connection);
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      if (connection.isClosing) return;
      this.#events.opened(id, 'dialled', 'websocket');
      flush(connection);
    });
    socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (connection.isClosing) return;
      if (data instanceof ArrayBuffer) this.#events.received(id, new Uint8Array(data));
      else socket.close();
    });
    // What went wrong makes no difference to a client: `close` follows.
    socket.addEventListener('error', () => {});
    socket.addEventListener('close', () => {
      this.#connections.delete(id);
      this.#events.closed(id);
    });
    return id;
  }

  send(id: ConnectionId, bytes: Uint8Array): void {
    const connection = this.#connections.get(id);
    if (connection === undefined || connection.isClosing || bytes.length === 0) return;
    connection.unsent.push(bytes);
    if (connection.unsent.length === 1) queueMicrotask(() => flush(connection));
  }

  backlogBytes(id: ConnectionId): number {
    const connection = this.#connections.get(id);
    return connection === undefined ? 0 : lengthOf(connection.unsent) + connection.socket.bufferedAmount;
  }

  close(id: ConnectionId): void {
    const connection = this.#connections.get(id);
    if (connection === undefined || connection.isClosing) return;
    flush(connection);
    connection.isClosing = true;
    connection.socket.close();
  }
}

/** Undefined where the browser does not even try: the address can be none, or the page may not use it. */
function openSocket({ host, port }: Address): WebSocket | undefined {
  const scheme = globalThis.location?.protocol === 'https:' ? 'wss' : 'ws';
  try {
    return new WebSocket(`${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}/holdfast`);
  } catch {
    return undefined;
  }
}

function flush(connection: Connection): void {
  const { socket, unsent } = connection;
  if (socket.readyState !== socket.OPEN || unsent.length === 0) return;
  connection.unsent = [];
  const whole = new Uint8Array(lengthOf(unsent));
  let offset = 0;
  for (const bytes of unsent) {
    whole.set(bytes, offset);
    offset += bytes.length;
  }
  socket.send(whole);
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}
