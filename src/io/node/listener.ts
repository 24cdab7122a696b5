/**
 * One port for everything. The first byte of a connection tells what it carries: {@link OUR_FIRST_BYTE} is our own
 * protocol, anything else goes to the HTTP server, which refuses what is not HTTP. A WebSocket begins as HTTP, at
 * {@link WEB_SOCKET_PATH}.
 *
 * A connection that has not said what it is within {@link limits.handshakeMs} is closed. What comes after that is timed
 * by whoever owns the connection.
 */
import http from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { WebSocketServer, type WebSocket } from 'ws';

import { limits } from '../../core/model/limits.js';
import type { Address } from '../../core/ports/network.js';

const OUR_FIRST_BYTE = 0xa7;
const WEB_SOCKET_PATH = '/holdfast';

export interface ListenerEvents {
  /** `first` are the bytes that have arrived so far; the socket is paused. */
  tcp(socket: Socket, first: Uint8Array): void;
  webSocket(webSocket: WebSocket): void;
  /** A connection was closed at once: there are as many as allowed. */
  refused(): void;
}

export type ListenResult =
  | { readonly state: 'listening'; readonly port: number }
  | { readonly state: 'addressInUse' }
  /** The address is not one of this machine, or its name has none. */
  | { readonly state: 'addressUnknown' }
  | { readonly state: 'notPermitted' }
  | { readonly state: 'failed'; readonly reason: string };

const webSocketOptions = {
  noServer: true,
  perMessageDeflate: false,
  maxPayload: limits.webSocketMessageBytesMax,
  clientTracking: false,
  /** Whoever does not answer a close is cut off after this long. It is not in the types of the package yet. */
  closeTimeout: limits.lingerMs,
};

export class Listener {
  readonly #events: ListenerEvents;
  readonly #server: http.Server;
  readonly #webSockets = new WebSocketServer(webSocketOptions);
  /** Connections that are not yet, or never will be, anyone else's. */
  readonly #sockets = new Set<Socket>();

  constructor(events: ListenerEvents, connectionsMax: number) {
    this.#events = events;
    this.#server = http.createServer({
      noDelay: true,
      headersTimeout: limits.handshakeMs,
      requestTimeout: limits.handshakeMs,
    });
    this.#server.maxConnections = connectionsMax;
    this.#server.on('drop', () => events.refused());
    // The HTTP server would take every connection: its handler is called for those only that carry HTTP.
    const [takeHttp] = this.#server.listeners('connection');
    this.#server.removeAllListeners('connection');
    this.#server.on('connection', (socket: Socket) =>
      this.#accept(socket, () => void takeHttp?.call(this.#server, socket)),
    );
    this.#server.on('request', answerNotFound);
    this.#server.on('upgrade', (request: http.IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    );
    // Such as no descriptor left for a connection: that one is lost, the others go on.
    this.#server.on('error', () => undefined);
  }

  /** Port 0 takes any free one. */
  listen({ host, port }: Address): Promise<ListenResult> {
    return new Promise((resolve) => {
      const failed = (error: Error): void => resolve(listenFailureOf(error));
      this.#server.once('error', failed);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', failed);
        const address = this.#server.address();
        resolve({ state: 'listening', port: address === null || typeof address === 'string' ? port : address.port });
      });
    });
  }

  /** Takes no more connections, and closes those that belong to nobody else. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket, takeHttp: () => void): void {
    this.#sockets.add(socket);
    const timer = setTimeout(() => socket.destroy(), limits.handshakeMs);
    const ignoreError = (): void => undefined;
    const closeAtEnd = (): void => void socket.destroy();
    const forget = (): void => {
      clearTimeout(timer);
      this.#sockets.delete(socket);
      socket.off('close', forget).off('end', closeAtEnd);
    };
    socket.on('error', ignoreError).once('close', forget).once('end', closeAtEnd);
    socket.once('data', (first: Buffer) => {
      socket.pause();
      forget();
      if (first[0] === OUR_FIRST_BYTE) {
        this.#events.tcp(socket, first);
        return;
      }
      socket.unshift(first);
      takeHttp();
      socket.off('error', ignoreError);
      socket.resume();
    });
  }

  #upgrade(request: http.IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = request.url?.split('?', 1)[0];
    if (path !== WEB_SOCKET_PATH) {
      // It belongs to nobody else any more, and the other side may never end.
      socket.on('error', () => undefined).once('finish', () => socket.destroy());
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#events.webSocket(webSocket));
  }
}

function answerNotFound(_request: http.IncomingMessage, response: http.ServerResponse): void {
  response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' });
  response.end('There is nothing here. This is a Holdfast chat server.\n');
}

function listenFailureOf(error: Error): ListenResult {
  switch ('code' in error ? error.code : undefined) {
    case 'EADDRINUSE':
      return { state: 'addressInUse' };
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return { state: 'addressUnknown' };
    case 'EACCES':
      return { state: 'notPermitted' };
    default:
      return { state: 'failed', reason: error.message };
  }
}
