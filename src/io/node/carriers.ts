/** What carries the bytes of a connection: a TCP socket, or a WebSocket on one. Both look the same from here on. */
import type { Socket } from 'node:net';

import type { WebSocket } from 'ws';

import type { Transport } from '../../core/ports/network.js';

export interface CarrierEvents {
  received(bytes: Uint8Array): void;
  /** The operating system has taken all that was written. */
  emptied(): void;
  closed(): void;
}

export interface Carrier {
  readonly transport: Transport;
  /** Bytes written that the operating system has not taken yet. */
  readonly backlogBytes: number;
  write(bytes: Uint8Array): void;
  /** Closes once everything written was taken and the other side has closed too. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

/** An error on a socket is always followed by its close, which is all that matters to the owner. */
const ignoreError = (): void => undefined;

/**
 * The same bytes, and no Buffer: of that `slice` is no copy, so whatever was kept of a frame would keep all that had come with
 * it; and `subarray`, which is called a few times for each frame, takes twice as long.
 */
export function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

export class TcpCarrier implements Carrier {
  readonly transport = 'tcp';
  readonly #socket: Socket;
  readonly #events: CarrierEvents;

  constructor(socket: Socket, events: CarrierEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.setNoDelay(true);
    // An HTTP server leaves its sockets half open; we answer the other side's end with ours.
    socket.allowHalfOpen = false;
    socket.on('error', ignoreError);
    socket.on('data', (bytes: Buffer) => events.received(plain(bytes)));
    socket.on('close', () => events.closed());
  }

  get backlogBytes(): number {
    return this.#socket.destroyed ? 0 : this.#socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes, this.#taken);
  }

  readonly #taken = (): void => {
    if (!this.#socket.destroyed && this.#socket.writableLength === 0) this.#events.emptied();
  };

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

const UNSUPPORTED_DATA = 1003;

export class WebSocketCarrier implements Carrier {
  readonly transport = 'websocket';
  readonly #webSocket: WebSocket;
  readonly #events: CarrierEvents;

  constructor(webSocket: WebSocket, events: CarrierEvents) {
    this.#webSocket = webSocket;
    this.#events = events;
    webSocket.on('error', ignoreError);
    webSocket.on('message', (data, isBinary) => {
      // What comes behind a close is not answered, so it is not carried out either.
      if (!this.#isOpen()) return;
      if (isBinary && data instanceof Uint8Array) events.received(plain(data));
      else webSocket.close(UNSUPPORTED_DATA);
    });
    webSocket.on('close', () => events.closed());
  }

  get backlogBytes(): number {
    return this.#isOpen() ? this.#webSocket.bufferedAmount : 0;
  }

  write(bytes: Uint8Array): void {
    if (this.#isOpen()) this.#webSocket.send(bytes, this.#taken);
  }

  readonly #taken = (): void => {
    if (this.#isOpen() && this.#webSocket.bufferedAmount === 0) this.#events.emptied();
  };

  end(): void {
    this.#webSocket.close();
  }

  destroy(): void {
    this.#webSocket.terminate();
  }

  #isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }
}
