/**
 * A connection as the replica sees it: frames in, frames out, and when it was last heard from. What is sent in one turn
 * goes to the network as one piece.
 */
import { ByteWriter } from '../lib/byte-writer.js';
import { errorDefinitions, type Failure } from '../model/errors.js';
import { limits } from '../model/limits.js';
import type { ConnectionId, Network, Transport } from '../ports/network.js';
import { encodeFrame, FrameDecoder, preface, PUSH } from '../wire/frame.js';
import type { FrameName, MessageOf } from '../wire/message-types.js';

const SPARE_WRITERS_MAX = 64;

export class Connection {
  readonly decoder: FrameDecoder;
  lastHeardMs: number;
  /** What was written in this turn and not sent yet; the outbox's. */
  unsent: ByteWriter | undefined;
  #isClosing = false;

  constructor(
    readonly id: ConnectionId,
    readonly side: 'accepted' | 'dialled',
    readonly transport: Transport,
    readonly openedMs: number,
    readonly outbox: Outbox,
  ) {
    this.lastHeardMs = openedMs;
    this.decoder = new FrameDecoder({
      bodyBytesMax: limits.frameBytesBeforeLoginMax,
      expectsPreface: side === 'accepted' && transport === 'tcp',
    });
    if (side === 'dialled') this.outbox.writerFor(this).bytes(preface);
  }

  /** Nothing more is read from it or sent on it. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  get backlogBytes(): number {
    return this.outbox.network.backlogBytes(this.id);
  }

  send<N extends FrameName>(name: N, value: MessageOf<N>, correlation: number = PUSH): void {
    if (this.#isClosing) return;
    encodeFrame(this.outbox.writerFor(this), name, value, correlation);
  }

  /** Where a frame is to be appended; undefined where nothing more is sent. */
  get writer(): ByteWriter | undefined {
    return this.#isClosing ? undefined : this.outbox.writerFor(this);
  }

  /** Tells that a request failed; without a correlation id, that the connection did. */
  fail(failed: Failure, correlation: number = PUSH): void {
    const { number, ...usual } = errorDefinitions[failed.code];
    const { retry, mayHaveHappened } = { ...usual, ...failed };
    const retryNumber = { never: 0, later: 1, elsewhere: 2 }[retry];
    this.send('Failed', { code: number, message: failed.message, mayHaveHappened, retry: retryNumber }, correlation);
  }

  /** Sends what is to be sent, then closes. */
  close(): void {
    if (this.#isClosing) return;
    this.outbox.flush(this);
    this.#isClosing = true;
    this.outbox.network.close(this.id);
  }
}

/** What is to be sent until the end of the turn. Idle connections cost nothing here. */
export class Outbox {
  /** Those that something was written for in this turn; some of it may have been sent since. */
  #written: Connection[] = [];
  readonly #spare: ByteWriter[] = [];

  constructor(readonly network: Network) {}

  writerFor(connection: Connection): ByteWriter {
    if (connection.unsent !== undefined) return connection.unsent;
    const writer = this.#spare.pop() ?? new ByteWriter();
    connection.unsent = writer;
    this.#written.push(connection);
    return writer;
  }

  flush(connection: Connection): void {
    const writer = connection.unsent;
    if (writer === undefined) return;
    connection.unsent = undefined;
    this.network.send(connection.id, writer.take());
    if (this.#spare.length < SPARE_WRITERS_MAX) this.#spare.push(writer);
  }

  flushAll(): void {
    if (this.#written.length === 0) return;
    const written = this.#written;
    this.#written = [];
    for (const connection of written) this.flush(connection);
  }

  /** The connection has closed by itself. */
  drop(connection: Connection): void {
    connection.unsent = undefined;
  }
}
