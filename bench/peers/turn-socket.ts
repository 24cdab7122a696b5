/**
 * A socket that writes once a turn: what is added in one turn of the event loop leaves in one call. Text stands for bytes,
 * one character (up to 0xff) for each, which costs least while messages are ASCII.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import type { Place } from '../support/person.js';

export interface TurnSocketEvents {
  /** Is given what has come and was not used yet; returns how many bytes of it are used up now. */
  data(bytes: Buffer): number;
  failed(reason: string): void;
}

export class TurnSocket {
  readonly #socket: Socket;
  #pending = '';
  #unused: Buffer | undefined;
  #isClosing = false;

  private constructor(socket: Socket, events: TurnSocketEvents) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      const all = this.#unused === undefined ? bytes : Buffer.concat([this.#unused, bytes]);
      const used = events.data(all);
      this.#unused = used < all.length ? all.subarray(used) : undefined;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (!this.#isClosing) events.failed('a connection broke');
    });
  }

  static async open(place: Place, events: TurnSocketEvents): Promise<TurnSocket> {
    const socket = connect(place);
    await once(socket, 'connect');
    return new TurnSocket(socket, events);
  }

  get isClosed(): boolean {
    return this.#socket.destroyed;
  }

  write(text: string): void {
    if (this.#pending === '') setImmediate(() => this.flush());
    this.#pending += text;
  }

  /** For who knows that nothing more comes in this turn. */
  flush(): void {
    if (this.#pending !== '' && !this.#socket.destroyed) this.#socket.write(this.#pending, 'latin1');
    this.#pending = '';
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#socket.closed) return;
    const closed = once(this.#socket, 'close');
    this.#socket.destroy();
    await closed;
  }
}
