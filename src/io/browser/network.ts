/**
 * WebSocket for a client. A page loaded over HTTPS may open only encrypted ones, so it does. What is sent in one turn
 * leaves in one message.
 */
import type { Address, ConnectionId, Network, NetworkEvents } from '../../core/ports/network.js';

export class BrowserNetwork implements Network {
  readonly #events: NetworkEvents;
  readonly #socketsById = new Map<ConnectionId, WebSocket>();
  readonly #unsentById = new Map<ConnectionId, Uint8Array[]>();
  #latestId = 0;

  constructor(events: NetworkEvents) {
    this.#events = events;
  }

  dial({ host, port }: Address): ConnectionId {
    const id = ++this.#latestId;
    const scheme = globalThis.location?.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}/holdfast`);
    socket.binaryType = 'arraybuffer';
    this.#socketsById.set(id, socket);
    socket.addEventListener('open', () => this.#events.opened(id, 'dialled', 'websocket'));
    socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer) this.#events.received(id, new Uint8Array(data));
      else socket.close();
    });
    // `close` follows an error too, and says as much: nothing.
    socket.addEventListener('close', () => {
      this.#socketsById.delete(id);
      this.#unsentById.delete(id);
      this.#events.closed(id);
    });
    return id;
  }

  send(connection: ConnectionId, bytes: Uint8Array): void {
    if (this.#socketsById.get(connection)?.readyState !== WebSocket.OPEN) return;
    const unsent = this.#unsentById.get(connection);
    if (unsent !== undefined) {
      unsent.push(bytes);
      return;
    }
    this.#unsentById.set(connection, [bytes]);
    queueMicrotask(() => this.#flush(connection));
  }

  backlogBytes(connection: ConnectionId): number {
    const unsent = this.#unsentById.get(connection) ?? [];
    const bufferedBytes = this.#socketsById.get(connection)?.bufferedAmount ?? 0;
    return unsent.reduce((sum, { length }) => sum + length, bufferedBytes);
  }

  close(connection: ConnectionId): void {
    this.#flush(connection);
    this.#socketsById.get(connection)?.close();
  }

  #flush(connection: ConnectionId): void {
    const unsent = this.#unsentById.get(connection) ?? [];
    this.#unsentById.delete(connection);
    const socket = this.#socketsById.get(connection);
    if (unsent.length === 0 || socket?.readyState !== WebSocket.OPEN) return;
    const whole = new Uint8Array(unsent.reduce((sum, { length }) => sum + length, 0));
    let offset = 0;
    for (const bytes of unsent) {
      whole.set(bytes, offset);
      offset += bytes.length;
    }
    socket.send(whole);
  }
}
