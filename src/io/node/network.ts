/** The network of a server on Node: connections that it dials over TCP, and those of its {@link Listener}s. */
import type { Socket } from 'node:net';

import type { WebSocket } from 'ws';

import { limits } from '../../core/model/limits.js';
import type { Address } from '../../core/ports/network.js';
import { plain, TcpCarrier, WebSocketCarrier } from './carriers.js';
import { DiallingNetwork } from './dialling-network.js';
import { Listener, type ListenResult } from './listener.js';

/** For how many connections there is room at an address, and who is told of each that is refused for want of it. */
export interface Room {
  readonly connectionsMax?: number;
  readonly refused?: () => void;
}

export class NodeNetwork extends DiallingNetwork {
  readonly #listeners: Listener[] = [];

  /** Takes connections at this address, too, from now on. Port 0 takes any free one. */
  listen(address: Address, { connectionsMax = limits.connectionsMax, refused }: Room = {}): Promise<ListenResult> {
    const listener = new Listener(
      {
        tcp: (socket, first) => this.#acceptTcp(socket, first),
        webSocket: (webSocket) => this.#acceptWebSocket(webSocket),
        refused: () => refused?.(),
      },
      connectionsMax,
    );
    this.#listeners.push(listener);
    return listener.listen(address);
  }

  /** Takes no more connections and closes those that are there. Resolves when the last has closed. */
  override stop(): Promise<void> {
    for (const listener of this.#listeners) listener.close();
    return super.stop();
  }

  #acceptTcp(socket: Socket, first: Uint8Array): void {
    const id = this.add((events) => new TcpCarrier(socket, events));
    this.events.opened(id, 'accepted', 'tcp');
    if (!this.isClosing(id)) this.events.received(id, plain(first));
    socket.resume();
  }

  #acceptWebSocket(webSocket: WebSocket): void {
    const id = this.add((events) => new WebSocketCarrier(webSocket, events));
    this.events.opened(id, 'accepted', 'websocket');
  }
}
