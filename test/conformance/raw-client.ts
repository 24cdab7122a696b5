/**
 * A client that does nothing by itself: it sends exactly what a test tells it to, be it wrong, and keeps every frame that
 * comes until the test asks for it. Only the codec is shared with the servers.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { ByteWriter } from '#src/core/lib/byte-writer.js';
import { errorCodeOf } from '#src/core/model/errors.js';
import { decode } from '#src/core/wire/codec.js';
import { beginFrame, encodeFrame, endFrame, FrameDecoder, messageNameOfType, preface } from '#src/core/wire/frame.js';
import type { FrameName, MessageOf } from '#src/core/wire/message-types.js';
import { WebSocket } from 'ws';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export type TransportName = 'tcp' | 'websocket';
export const transports: readonly TransportName[] = ['tcp', 'websocket'];

/** A frame that came, by the name of its message. */
export interface Received {
  readonly name: FrameName;
  readonly correlation: number;
  readonly body: Uint8Array;
}

/** A test that waits longer has found a mistake, and says what it was waiting for before the server tires of it. */
const PATIENCE_MS = 9_000;

/** One frame, whatever its type and body. */
export function frameOf(type: number, body: Uint8Array, { correlation = 0, flags = 0 } = {}): Uint8Array {
  const writer = new ByteWriter();
  const start = beginFrame(writer, { type, correlation, flags });
  writer.bytes(body);
  endFrame(writer, start);
  return writer.take();
}

export function messageFrame<N extends FrameName>(name: N, value: MessageOf<N>, correlation = 0): Uint8Array {
  const writer = new ByteWriter();
  encodeFrame(writer, name, value, correlation);
  return writer.take();
}

export const helloMessage: MessageOf<'Hello'> = { versionMin: 1, versionMax: 1, capabilities: [], software: 'test' };

interface Carrier {
  write(bytes: Uint8Array): void;
  pause(): void;
  resume(): void;
  end(): void;
  destroy(): void;
}

interface Waiting {
  take(): boolean;
}

export class RawClient {
  readonly transport: TransportName;
  readonly #carrier: Carrier;
  readonly #decoder = new FrameDecoder({ bodyBytesMax: 1024 * 1024, expectsPreface: false });
  readonly #frames: Received[] = [];
  #waiting: Waiting[] = [];
  #isClosed = false;
  #nextCorrelation = 1;

  private constructor(transport: TransportName, makeCarrier: (client: RawClient) => Carrier) {
    this.transport = transport;
    this.#carrier = makeCarrier(this);
  }

  /** Connects, and sends nothing, not even the preface. */
  static async connect({ host, port }: Address, transport: TransportName = 'tcp'): Promise<RawClient> {
    if (transport === 'tcp') {
      const socket = createConnection({ host, port, noDelay: true });
      await once(socket, 'connect');
      return new RawClient(transport, (client) => client.#overTcp(socket));
    }
    const webSocket = new WebSocket(`ws://${host}:${port}/holdfast`);
    await once(webSocket, 'open');
    return new RawClient(transport, (client) => client.#overWebSocket(webSocket));
  }

  /** Connects and is welcomed. */
  static async greet(address: Address, transport: TransportName = 'tcp'): Promise<RawClient> {
    const client = await RawClient.connect(address, transport);
    client.write(client.beginning(), messageFrame('Hello', helloMessage, client.nextCorrelation()));
    await client.push('Welcome');
    return client;
  }

  /** What comes before the first frame on this transport. */
  beginning(): Uint8Array {
    return this.transport === 'tcp' ? preface : new Uint8Array(0);
  }

  nextCorrelation(): number {
    const correlation = this.#nextCorrelation;
    this.#nextCorrelation += 1;
    return correlation;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sends these bytes in one piece. */
  write(...pieces: readonly Uint8Array[]): void {
    this.#carrier.write(Buffer.concat(pieces));
  }

  /** Sends a message; returns its correlation id. */
  send<N extends FrameName>(name: N, value: MessageOf<N>, correlation = this.nextCorrelation()): number {
    this.write(messageFrame(name, value, correlation));
    return correlation;
  }

  /** Sends a request and waits for the answer that the name stands for. */
  async ask<N extends FrameName, A extends FrameName>(
    name: N,
    value: MessageOf<N>,
    answerName: A,
  ): Promise<MessageOf<A>> {
    return this.answer(this.send(name, value), answerName);
  }

  /** Sends a request that is to fail; gives the code and the message of the failure. */
  async refusal<N extends FrameName>(name: N, value: MessageOf<N>): Promise<{ code: string; message: string }> {
    return this.refused(this.send(name, value));
  }

  async answer<A extends FrameName>(correlation: number, answerName: A): Promise<MessageOf<A>> {
    const frame = await this.#find(`the answer ${answerName}`, (received) => received.correlation === correlation);
    if (frame.name !== answerName) assert.fail(`${answerName} was expected: ${describe(frame)}`);
    return decode(answerName, frame.body);
  }

  async refused(correlation: number): Promise<{ code: string; message: string }> {
    const { code, message } = await this.answer(correlation, 'Failed');
    return { code: errorCodeOf(code) ?? String(code), message };
  }

  /** Waits for the next message of this name, wherever it stands among those that came. */
  async push<N extends FrameName>(name: N): Promise<MessageOf<N>> {
    const frame = await this.#find(name, (received) => received.name === name);
    return decode(name, frame.body);
  }

  /** Waits until the server has handled everything sent before; everything that it pushed by then has come. */
  async settled(): Promise<void> {
    await this.ask('Ping', {}, 'Pong');
  }

  /** What came and was not asked for yet. */
  left(): FrameName[] {
    return this.#frames.map((frame) => frame.name);
  }

  /** Waits until the server has closed; gives the name of the error in its last words, if it had any. */
  async ending(): Promise<string> {
    await this.#until('the end of the connection', () => this.#isClosed || undefined);
    const last = this.#frames.at(-1);
    if (last?.name !== 'Failed' || last.correlation !== 0) return 'without a word';
    const { code } = decode('Failed', last.body);
    return errorCodeOf(code) ?? String(code);
  }

  /** Stops reading: what the server sends stays on its side. */
  pause(): void {
    this.#carrier.pause();
  }

  resume(): void {
    this.#carrier.resume();
  }

  /** Sends nothing more, but goes on reading. */
  end(): void {
    this.#carrier.end();
  }

  close(): void {
    this.#carrier.destroy();
  }

  #overTcp(socket: Socket): Carrier {
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => this.#received(bytes));
    socket.on('close', () => this.#closed());
    return {
      write: (bytes) => void socket.write(bytes),
      pause: () => void socket.pause(),
      resume: () => void socket.resume(),
      end: () => void socket.end(),
      destroy: () => void socket.destroy(),
    };
  }

  #overWebSocket(webSocket: WebSocket): Carrier {
    webSocket.on('error', () => undefined);
    webSocket.on('message', (bytes: Buffer) => this.#received(bytes));
    webSocket.on('close', () => this.#closed());
    return {
      write: (bytes) => webSocket.send(bytes),
      pause: () => webSocket.pause(),
      resume: () => webSocket.resume(),
      end: () => webSocket.close(),
      destroy: () => webSocket.terminate(),
    };
  }

  #received(bytes: Uint8Array): void {
    for (const frame of this.#decoder.feed(bytes)) {
      const name = messageNameOfType(frame.type);
      assert(name !== undefined, 'a server sends only types of the table');
      this.#frames.push({ name, correlation: frame.correlation, body: frame.body.slice() });
    }
    this.#look();
  }

  #closed(): void {
    this.#isClosed = true;
    this.#look();
  }

  #look(): void {
    this.#waiting = this.#waiting.filter((waiting) => !waiting.take());
  }

  /** Takes the first frame that fits out of those that came, once there is one. */
  async #find(what: string, fits: (frame: Received) => boolean): Promise<Received> {
    return this.#until(what, () => {
      const index = this.#frames.findIndex(fits);
      if (index >= 0) return this.#frames.splice(index, 1)[0];
      if (this.#isClosed) assert.fail(`${what} did not come before the end. ${this.#came()}`);
      return undefined;
    });
  }

  /** Waits until `look` finds something; it is called again whenever something has happened. */
  async #until<T>(what: string, look: () => T | undefined): Promise<T> {
    const patience = new AbortController();
    const found = new Promise<T>((resolve, reject) => {
      const waiting: Waiting = {
        take: () => {
          try {
            const value = look();
            if (value === undefined) return false;
            resolve(value);
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
          return true;
        },
      };
      if (!waiting.take()) this.#waiting.push(waiting);
    });
    const tooLong = sleep(PATIENCE_MS, undefined, { signal: patience.signal, ref: false }).then(() =>
      assert.fail(`${what} did not come in time. ${this.#came()}`),
    );
    tooLong.catch(() => undefined);
    try {
      return await Promise.race([found, tooLong]);
    } finally {
      patience.abort();
    }
  }

  #came(): string {
    return `What came: ${this.#frames.map(describe).join(', ') || 'nothing'}.`;
  }
}

function describe(frame: Received): string {
  const said = frame.name === 'Failed' ? ` ${JSON.stringify(decode('Failed', frame.body))}` : '';
  return `${frame.name} (${frame.correlation})${said}`;
}
