/**
 * The stream of messages of one session, over all its connections: what the consumer takes, the credit that the server
 * is granted for it, and the mark of what the consumer is done with.
 */
import type { Dot } from '../model/ids.js';
import type { Vector } from '../model/vector.js';
import { PUSH } from '../wire/frame.js';
import type { MessageOf } from '../wire/message-types.js';
import type { Connection } from './connection.js';
import { DeliveryMark } from './delivery-mark.js';
import { clientFailure, type ClientFailure } from './failures.js';
import { Inbox } from './inbox.js';

export class Stream {
  readonly mark = new DeliveryMark();
  readonly #inbox: Inbox;
  /** Where it runs now, and the correlation id of the Receive that began it there. */
  #run: { readonly connection: Connection; readonly receive: number } | undefined;
  /** Taken last, and not yet reported as handled. */
  #inHand: Dot | undefined;

  constructor(cursor: Vector) {
    this.#inbox = new Inbox(cursor);
  }

  get cursor(): Vector {
    return this.#inbox.cursor;
  }

  get isCaughtUp(): boolean {
    return this.#inbox.isCaughtUp;
  }

  begin(connection: Connection, creditMax: number): void {
    this.#run = { connection, receive: connection.request('Receive', this.#inbox.begin(creditMax)) };
  }

  connectionLost(): void {
    this.#run = undefined;
  }

  /** Whether the correlation id is that of the Receive that began the stream on this connection. */
  isReceive(correlation: number): boolean {
    return this.#run?.receive === correlation;
  }

  /** Returns why the connection cannot go on, where it cannot. */
  deliver(message: MessageOf<'Deliver'>): ClientFailure | undefined {
    const fate = this.#inbox.deliver(message);
    if (fate === 'hole') return clientFailure('CONNECTION_LOST', 'The server skipped a message.');
    if (fate === 'unasked')
      return clientFailure('CONNECTION_LOST', 'The server sent more messages than it was granted.');
    this.#markRepeats();
    this.#grant();
    return undefined;
  }

  live(): void {
    this.#inbox.live();
  }

  take(): MessageOf<'Text'> | undefined {
    const message = this.#inbox.take();
    if (message === undefined) return undefined;
    this.handled();
    this.#markRepeats();
    this.#inHand = message.id;
    this.#grant();
    return message;
  }

  /** The consumer is done with what it took last. */
  handled(): void {
    if (this.#inHand !== undefined) this.mark.handled(this.#inHand);
    this.#inHand = undefined;
  }

  #markRepeats(): void {
    for (const id of this.#inbox.takeRepeats()) this.mark.handled(id);
  }

  #grant(): void {
    if (this.#run === undefined) return;
    const credit = this.#inbox.grant();
    if (credit > 0) this.#run.connection.send('Credit', { credit }, PUSH);
  }
}
