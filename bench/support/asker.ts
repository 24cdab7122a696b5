/**
 * A client that asks one thing after the other, over frames on a socket: for measurements of answers, logins and idle
 * connections. It keeps its connection alive, and counts what is pushed to it.
 */
import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';

import { ByteWriter } from '#src/core/lib/byte-writer.js';
import type { Dot } from '#src/core/model/ids.js';
import { limits } from '#src/core/model/limits.js';
import { decode } from '#src/core/wire/codec.js';
import { encodeFrame, FrameDecoder, messageNameOfType, preface, type Frame } from '#src/core/wire/frame.js';
import type { FrameName, MessageOf } from '#src/core/wire/message-types.js';
import { spokenVersions } from '#src/core/wire/version.js';
import type { MadeAccount } from './made-log.js';
import type { Place } from './person.js';

interface Waiting {
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: Error) => void;
}

export class Asker {
  /** Messages that were delivered. */
  delivered = 0;
  readonly #socket: Socket;
  readonly #writer = new ByteWriter();
  readonly #decoder = new FrameDecoder({ bodyBytesMax: limits.clientFrameBytesMax, expectsPreface: false });
  readonly #waiting = new Map<number, Waiting>();
  readonly #pinging: NodeJS.Timeout;
  #correlation = 0;

  /** Connects and says Hello. */
  static async connect({ host, port }: Place): Promise<Asker> {
    const socket = connectSocket({ host, port });
    socket.setNoDelay(true);
    await once(socket, 'connect');
    const asker = new Asker(socket);
    await asker.ask('Hello', 'Welcome', { ...spokenVersions, capabilities: [], software: 'bench' });
    return asker;
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#writer.bytes(preface);
    socket.on('data', (bytes) => {
      for (const frame of this.#decoder.feed(bytes)) this.#take(frame);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(this.#pinging);
      for (const { reject } of this.#waiting.values()) reject(new Error('A connection broke.'));
    });
    this.#pinging = setInterval(() => this.#write('Ping', {}, 0), limits.clientHeartbeatMs);
  }

  /** @throws Error where the answer is a failure, or the connection breaks. */
  async ask<N extends FrameName, A extends FrameName>(
    name: N,
    answerName: A,
    request: MessageOf<N>,
  ): Promise<MessageOf<A>> {
    this.#correlation += 1;
    const correlation = this.#correlation;
    const frame = await new Promise<Frame>((resolve, reject) => {
      this.#waiting.set(correlation, { resolve, reject });
      this.#write(name, request, correlation);
    });
    if (messageNameOfType(frame.type) === answerName) return decode(answerName, frame.body);
    throw new Error(`${name} failed: ${decode('Failed', frame.body).message}`);
  }

  /** Goes on with the session that a made log has of the account. */
  async resume({ id, session, token }: MadeAccount): Promise<void> {
    await this.ask('Resume', 'Resumed', { account: id, session, token, latestTime: 0 });
  }

  /** Takes what comes from here on; whoever held `cursor` has all before it. */
  async receive(cursor: readonly Dot[]): Promise<void> {
    await this.ask('Receive', 'Receiving', { cursor: [...cursor], credit: limits.clientWindow });
  }

  close(): void {
    this.#socket.destroy();
  }

  #write<N extends FrameName>(name: N, message: MessageOf<N>, correlation: number): void {
    encodeFrame(this.#writer, name, message, correlation);
    this.#socket.write(this.#writer.take());
  }

  #take(frame: Frame): void {
    const waiting = this.#waiting.get(frame.correlation);
    if (waiting !== undefined) {
      this.#waiting.delete(frame.correlation);
      waiting.resolve({ ...frame, body: frame.body.slice() });
    } else if (messageNameOfType(frame.type) === 'Deliver') {
      this.delivered += 1;
    }
  }
}
