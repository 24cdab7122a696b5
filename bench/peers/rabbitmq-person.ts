/**
 * Someone on RabbitMQ, at one node: a quorum queue of one's own, publisher confirms, and the queue of the recipient, whose
 * leader is the recipient's node.
 *
 * What has come is acknowledged once a turn, all of it at once. Where RabbitMQ takes it for granted instead (no-ack), a message
 * cost half as much CPU again.
 */
import type { Person, PersonEvents, Place } from '../support/person.js';
import {
  acknowledgeUpTo,
  closeChannel,
  consume,
  content,
  declareQuorumQueue,
  limitPrefetch,
  methods,
  openChannel,
  openConnection,
  PREFACE,
  publishTo,
  readAmqp,
  selectConfirms,
  startOk,
  tuneOk,
} from './amqp.js';
import { TurnSocket } from './turn-socket.js';

const PREFETCH = 256;

export async function makeRabbitPerson(node: Place, name: string, events: PersonEvents): Promise<Person> {
  const person = new RabbitPerson(name, events);
  await person.open(node);
  return person;
}

class RabbitPerson implements Person {
  readonly #name: string;
  readonly #events: PersonEvents;
  readonly #unconfirmed = new Set<number>();
  readonly #answers = new Map<number, () => void>();
  #socket: TurnSocket | undefined;
  #to = '';
  #publishing = '';
  #lastDelivery = 0;
  #isAcknowledging = false;

  constructor(name: string, events: PersonEvents) {
    this.#name = name;
    this.#events = events;
  }

  async open(node: Place): Promise<void> {
    const frames = {
      method: (id: number, bytes: Buffer, fields: number) => this.#method(id, bytes, fields),
      body: (text: string) => this.#body(text),
    };
    this.#socket = await TurnSocket.open(node, {
      data: (bytes) => readAmqp(bytes, frames),
      failed: (reason) => {
        for (const answer of this.#answers.values()) answer();
        this.#events.failed(reason);
      },
    });
    await this.#ask(PREFACE, methods.connectionStart);
    await this.#ask(startOk, methods.connectionTune);
    await this.#ask(tuneOk + openConnection, methods.connectionOpenOk);
    await this.#ask(openChannel, methods.channelOpenOk);
    await this.#ask(selectConfirms, methods.confirmSelectOk);
    await this.#ask(declareQuorumQueue(this.#name), methods.queueDeclareOk);
    await this.#ask(limitPrefetch(PREFETCH) + consume(this.#name), methods.consumeOk);
  }

  send(to: string, text: string, number: number): void {
    if (to !== this.#to) {
      this.#to = to;
      this.#publishing = publishTo(to);
    }
    this.#unconfirmed.add(number);
    this.#socket!.write(this.#publishing + content(`${this.#name} ${text}`));
  }

  /** Once all that has come is acknowledged: what is not, comes again to the next consumer. */
  async close(): Promise<void> {
    if (this.#socket === undefined) return;
    if (!this.#socket.isClosed) {
      this.#acknowledge();
      await this.#ask(closeChannel, methods.channelCloseOk);
    }
    await this.#socket.close();
  }

  async #ask(request: string, answer: number): Promise<void> {
    const answered = new Promise<void>((resolve) => this.#answers.set(answer, resolve));
    this.#socket!.write(request);
    await answered;
  }

  #method(id: number, bytes: Buffer, fields: number): void {
    if (id === methods.deliver) {
      const tag = fields + 1 + bytes[fields]!;
      this.#lastDelivery = Number(bytes.readBigUInt64BE(tag));
    } else if (id === methods.ack) {
      this.#confirmed(Number(bytes.readBigUInt64BE(fields)), bytes[fields + 8] === 1);
    } else if (id === methods.nack) this.#events.failed('a message was refused');
    else if (id === methods.connectionClose || id === methods.channelClose) {
      this.#events.failed(bytes.toString('latin1', fields + 3, fields + 3 + bytes[fields + 2]!));
    } else this.#answers.get(id)?.();
  }

  /** Delivery tags of confirms are the numbers of the sends. */
  #confirmed(number: number, andAllBefore: boolean): void {
    if (!andAllBefore) {
      this.#unconfirmed.delete(number);
      this.#events.acked(number);
      return;
    }
    const confirmed: number[] = [];
    for (const each of this.#unconfirmed) {
      if (each > number) break;
      confirmed.push(each);
    }
    for (const each of confirmed) {
      this.#unconfirmed.delete(each);
      this.#events.acked(each);
    }
  }

  #body(text: string): void {
    if (!this.#isAcknowledging) {
      this.#isAcknowledging = true;
      setImmediate(() => this.#acknowledge());
    }
    const space = text.indexOf(' ');
    this.#events.received(text.slice(0, space), text.slice(space + 1));
  }

  #acknowledge(): void {
    if (!this.#isAcknowledging) return;
    this.#isAcknowledging = false;
    this.#socket!.write(acknowledgeUpTo(this.#lastDelivery));
  }
}
