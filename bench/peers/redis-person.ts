/**
 * Someone on Redis: writes to the primary, reads on a replica.
 *
 * A send is an XADD to the recipient's stream. All that are due leave together with one WAIT 2, and the next batch when that
 * is answered: WAIT blocks its connection, and a second connection would let a person's messages overtake each other.
 */
import type { Person, PersonEvents, Place } from '../support/person.js';
import { command, readResp } from './resp.js';
import { TurnSocket } from './turn-socket.js';

const WAIT_FOR_BOTH = command('WAIT', '2', '0');
/** Of a stream's entry come: its id, and a name and a value for each of two fields. */
const BULKS_OF_ENTRY = 5;

export async function makeRedisPerson(
  primary: Place,
  replica: Place,
  name: string,
  events: PersonEvents,
): Promise<Person> {
  const sender = new Sender(name, events);
  const reader = new Reader(name, events);
  await sender.open(primary);
  await reader.open(replica);
  return {
    send: (to, text, number) => sender.send(to, text, number),
    close: async () => {
      await sender.close();
      await reader.close();
    },
  };
}

class Sender {
  readonly #events: PersonEvents;
  readonly #fields: string;
  #socket: TurnSocket | undefined;
  #batch = '';
  #lastSent = 0;
  #lastWritten = 0;
  #lastAcked = 0;
  #isWaiting = false;

  constructor(name: string, events: PersonEvents) {
    this.#events = events;
    this.#fields = `$1\r\n*\r\n$1\r\nf\r\n$${name.length}\r\n${name}\r\n$1\r\nt\r\n`;
  }

  async open(primary: Place): Promise<void> {
    const replies = {
      bulk: () => undefined,
      array: () => undefined,
      integer: (replicas: number) => this.#waited(replicas),
      error: this.#events.failed,
    };
    this.#socket = await TurnSocket.open(primary, {
      data: (bytes) => readResp(bytes, replies),
      failed: this.#events.failed,
    });
  }

  send(to: string, text: string, number: number): void {
    if (this.#batch === '' && !this.#isWaiting) setImmediate(() => this.#flush());
    this.#batch += `*7\r\n$4\r\nXADD\r\n$${to.length}\r\n${to}\r\n${this.#fields}$${text.length}\r\n${text}\r\n`;
    this.#lastSent = number;
  }

  async close(): Promise<void> {
    await this.#socket?.close();
  }

  #flush(): void {
    if (this.#isWaiting || this.#batch === '') return;
    this.#socket!.write(this.#batch + WAIT_FOR_BOTH);
    this.#socket!.flush();
    this.#batch = '';
    this.#lastWritten = this.#lastSent;
    this.#isWaiting = true;
  }

  #waited(replicas: number): void {
    if (replicas < 2) this.#events.failed(`only ${replicas} replicas have it`);
    this.#isWaiting = false;
    const end = this.#lastWritten;
    while (this.#lastAcked < end) {
      this.#lastAcked += 1;
      this.#events.acked(this.#lastAcked);
    }
    this.#flush();
  }
}

class Reader {
  readonly #name: string;
  readonly #events: PersonEvents;
  #socket: TurnSocket | undefined;
  /** Parts of entries that are still to come, and of the one that is being read those that have. */
  #bulksLeft = 0;
  #entry: string[] = [];
  #arrays = 0;

  constructor(name: string, events: PersonEvents) {
    this.#name = name;
    this.#events = events;
  }

  async open(replica: Place): Promise<void> {
    const replies = {
      bulk: (text: string) => this.#bulk(text),
      array: (length: number) => this.#array(length),
      integer: () => undefined,
      error: this.#events.failed,
    };
    this.#socket = await TurnSocket.open(replica, {
      data: (bytes) => readResp(bytes, replies),
      failed: this.#events.failed,
    });
    this.#readAfter('0-0');
  }

  async close(): Promise<void> {
    await this.#socket?.close();
  }

  #readAfter(id: string): void {
    this.#arrays = 0;
    this.#socket!.write(command('XREAD', 'BLOCK', '0', 'STREAMS', this.#name, id));
  }

  /** The reply is an array of streams, each an array of its key and an array of entries: the third tells how many. */
  #array(length: number): void {
    this.#arrays += 1;
    if (this.#arrays === 3) this.#bulksLeft = length * BULKS_OF_ENTRY;
  }

  #bulk(text: string): void {
    if (this.#bulksLeft === 0) return;
    this.#bulksLeft -= 1;
    this.#entry.push(text);
    if (this.#entry.length < BULKS_OF_ENTRY) return;
    const [id, , from, , body] = this.#entry;
    this.#entry = [];
    this.#events.received(from!, body!);
    if (this.#bulksLeft === 0) this.#readAfter(id!);
  }
}
