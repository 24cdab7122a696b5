/**
 * Clients that write to each other without a pause, through the library, and keep a record of what each sent, was told
 * and saw. Each writes to the two after it in a ring, in turn.
 */
import { connect, HoldfastError, type Client, type ClientConfig, type Message } from '../../library/node.js';
import type { PairRecord, SeenMessage } from './check.js';

/** Each client sends one message in this time. */
const SEND_EVERY_MS = 20;
/** A client with so much under way waits before it sends more. */
const UNDER_WAY_MAX = 100;
/** As many passwords are hashed at a time as a small group of servers has. */
const LOGINS_AT_ONCE = 3;

export interface PeopleOptions {
  readonly config: ClientConfig;
  readonly clients: number;
  /** What the names of the accounts begin with. */
  readonly names: string;
  readonly password: string;
  readonly acked: (name: string, sentMs: number, nowMs: number) => void;
}

interface Pair {
  readonly sender: string;
  readonly reader: string;
  sent: number;
  readonly acked: Set<number>;
  readonly seen: SeenMessage[];
}

interface Person {
  readonly name: string;
  readonly client: Client;
  readonly pairs: readonly Pair[];
  turn: number;
  underWay: number;
  reading: Promise<void>;
}

export class People {
  readonly #options: PeopleOptions;
  readonly #people: Person[] = [];
  readonly #pairs = new Map<string, Pair>();
  readonly #troubles: string[] = [];
  #acked = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Told when something was acknowledged or seen. */
  #moved: () => void = () => undefined;

  private constructor(options: PeopleOptions) {
    this.#options = options;
  }

  /** Connects all, makes their accounts, logs in, and begins to read. */
  static async start(options: PeopleOptions): Promise<People> {
    const people = new People(options);
    try {
      const indexes = Array.from({ length: options.clients }, (_, index) => index);
      const work = async (): Promise<void> => {
        for (let index = indexes.shift(); index !== undefined; index = indexes.shift()) await people.#join(index);
      };
      await Promise.all(Array.from({ length: LOGINS_AT_ONCE }, work));
    } catch (error) {
      await people.close();
      throw error;
    }
    return people;
  }

  get names(): string[] {
    return this.#people.map(({ name }) => name);
  }

  get acked(): number {
    return this.#acked;
  }

  /** What a client could not do, or was told and should not have been. */
  get troubles(): readonly string[] {
    return this.#troubles;
  }

  /** Whom each client is connected to; undefined where it looks for a server. */
  get serverByName(): ReadonlyMap<string, number | undefined> {
    return new Map(this.#people.map(({ name, client }) => [name, client.server?.id]));
  }

  /** All but what the servers hold. */
  get pairs(): readonly Omit<PairRecord, 'storedByServer'>[] {
    return [...this.#pairs.values()];
  }

  write(): void {
    this.#timer = setInterval(() => {
      for (const person of this.#people) if (person.underWay < UNDER_WAY_MAX) this.#send(person);
    }, SEND_EVERY_MS);
  }

  pause(): void {
    clearInterval(this.#timer);
  }

  /** Waits until all that was sent is answered and all that was acknowledged is seen. False where that takes too long. */
  async settled(timeoutMs: number): Promise<boolean> {
    const isSettled = (): boolean =>
      this.#people.every(({ underWay }) => underWay === 0) &&
      [...this.#pairs.values()].every(({ acked, seen }) => seen.length >= acked.size);
    if (isSettled()) return true;
    return new Promise((resolve) => {
      const end = (result: boolean): void => {
        clearTimeout(timer);
        this.#moved = () => undefined;
        resolve(result);
      };
      const timer = setTimeout(() => end(false), timeoutMs);
      this.#moved = () => {
        if (isSettled()) end(true);
      };
    });
  }

  async close(): Promise<void> {
    this.pause();
    await Promise.all(this.#people.map(({ client }) => client.close()));
    await Promise.all(this.#people.map(({ reading }) => reading));
  }

  async #join(index: number): Promise<void> {
    const { config, clients, names, password } = this.#options;
    const nameOf = (place: number): string => `${names}-${place % clients}`;
    const name = nameOf(index);
    const client = await connect(config);
    const readers = [...new Set([nameOf(index + 1), nameOf(index + 2)])].filter((reader) => reader !== name);
    const pairs = readers.map((reader) => this.#pair(name, reader));
    const person: Person = { name, client, pairs, turn: 0, underWay: 0, reading: Promise.resolve() };
    this.#people.push(person);
    await client.createAccount(name, password);
    await client.login(name, password);
    client.on('sessionEnded', ({ code, message }) => this.#trouble(`${name}'s session ended: ${code}: ${message}`));
    person.reading = this.#read(person);
  }

  #pair(sender: string, reader: string): Pair {
    const key = `${sender} ${reader}`;
    const pair = this.#pairs.get(key) ?? { sender, reader, sent: 0, acked: new Set(), seen: [] };
    this.#pairs.set(key, pair);
    return pair;
  }

  #send(person: Person): void {
    const pair = person.pairs[person.turn % person.pairs.length]!;
    const number = pair.sent + 1;
    const sentMs = performance.now();
    person.turn += 1;
    person.underWay += 1;
    pair.sent = number;
    person.client.send(pair.reader, textOf(number)).then(
      () => {
        pair.acked.add(number);
        this.#acked += 1;
        person.underWay -= 1;
        this.#options.acked(person.name, sentMs, performance.now());
        this.#moved();
      },
      (error: unknown) => {
        person.underWay -= 1;
        this.#trouble(`${person.name} could not send: ${whyOf(error)}`);
        this.#moved();
      },
    );
  }

  async #read(person: Person): Promise<void> {
    try {
      for await (const message of person.client.messages()) {
        this.#pair(message.from, person.name).seen.push({ number: numberOf(message), late: message.late });
        this.#moved();
      }
    } catch (error) {
      this.#trouble(`${person.name} could not read: ${whyOf(error)}`);
    }
  }

  #trouble(text: string): void {
    this.#troubles.push(text);
  }
}

function textOf(number: number): string {
  return `drill message ${number}`;
}

/** NaN where the text is none of ours. */
export function numberOf({ text }: Pick<Message, 'text'>): number {
  return Number(/^drill message ([1-9][0-9]*)$/.exec(text)?.[1]);
}

function whyOf(error: unknown): string {
  return error instanceof HoldfastError ? `${error.code}: ${error.message}` : String(error);
}
