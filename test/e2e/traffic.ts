/**
 * People who write to each other while servers come and go, and a record of what each of them sent, was told, and saw.
 * The record is checked against the promises: nothing acknowledged is missing, nothing appears twice, and what one person
 * wrote to another comes in the order in which it was written.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Client } from '#src/library/node.js';
import type { Cluster } from './cluster.js';

const PASSWORD = 'correct horse battery staple';

interface Person {
  readonly name: string;
  readonly client: Client;
  /** In the order seen: from, and the number that the text carries. */
  readonly seen: { readonly from: string; readonly number: number }[];
  readonly reading: Promise<void>;
  /** Why each connection to a server ended. */
  readonly disconnections: string[];
}

interface Waiter {
  readonly count: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  readonly settle: () => void;
}

interface Pair {
  readonly from: Person;
  readonly to: Person;
  sent: number;
  acknowledged: number[];
}

export class Traffic {
  #isRunning = true;
  readonly #pairs: Pair[];
  readonly #sending: Promise<unknown>[];
  #acknowledged = 0;
  #waiters: Waiter[] = [];
  /** Why someone could not go on writing or reading. */
  #trouble: Error | undefined;

  private constructor(
    readonly people: readonly Person[],
    pairs: Pair[],
    inFlight: number,
  ) {
    this.#pairs = pairs;
    this.#sending = pairs.map((pair) => this.#send(pair, inFlight).catch((error: unknown) => this.#fail(error)));
    for (const person of people) person.reading.catch((error: unknown) => this.#fail(error));
  }

  /** People who each write to the next one, with several messages under way at a time. */
  static async start(
    t: TestContext,
    cluster: Cluster,
    { people = 4, inFlight = 8 }: { people?: number; inFlight?: number } = {},
  ): Promise<Traffic> {
    const found: Person[] = [];
    for (let index = 0; index < people; index += 1) {
      const client = await cluster.client(t);
      const name = `person-${index}`;
      await client.createAccount(name, PASSWORD);
      await client.login(name, PASSWORD);
      const seen: Person['seen'] = [];
      const disconnections: string[] = [];
      client.on('disconnected', ({ code }) => void disconnections.push(code));
      found.push({ name, client, seen, reading: read(client, seen), disconnections });
    }
    const pairs = found.map((from, index) => ({ from, to: found[(index + 1) % people]!, sent: 0, acknowledged: [] }));
    const traffic = new Traffic(found, pairs, inFlight);
    t.after(() => traffic.#end());
    return traffic;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Waits for this many more acknowledgements. */
  async more(count: number): Promise<void> {
    const target = this.#acknowledged + count;
    if (this.#trouble !== undefined) throw this.#trouble;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`No ${count} acknowledgements in a minute`)), 60_000);
      const settle = (): void => clearTimeout(timer);
      this.#waiters.push({ count: target, resolve, reject, settle });
    });
  }

  /**
   * Ends the writing, waits until everything that was sent is acknowledged and seen, and checks the record. `inOrder:
   * false` is for when messages come late by right: some were taken where nobody else could be reached.
   */
  async finish({ inOrder = true }: { inOrder?: boolean } = {}): Promise<void> {
    this.#end();
    await Promise.all(this.#sending);
    if (this.#trouble !== undefined) throw this.#trouble;
    for (const { from, to, acknowledged } of this.#pairs) {
      const last = acknowledged.at(-1);
      assert.ok(last !== undefined, `${from.name} was never acknowledged anything`);
      const isSeen = (): boolean => to.seen.filter((each) => each.from === from.name).length >= acknowledged.length;
      for (let waited = 0; !isSeen() && waited < 30_000; waited += 20) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    for (const person of this.people) await person.client.close();
    await Promise.all(this.people.map((person) => person.reading));
    for (const pair of this.#pairs) checkPair(pair, inOrder);
  }

  async #send(pair: Pair, inFlight: number): Promise<void> {
    const underWay = new Set<Promise<void>>();
    while (this.#isRunning) {
      const number = (pair.sent += 1);
      const sending = pair.from.client.send(pair.to.name, `message ${number}`).then(() => {
        pair.acknowledged.push(number);
        underWay.delete(sending);
        this.#count();
      });
      underWay.add(sending);
      if (underWay.size >= inFlight) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  }

  #count(): void {
    this.#acknowledged += 1;
    this.#waiters = this.#waiters.filter(({ count, resolve, settle }) => {
      if (this.#acknowledged < count) return true;
      settle();
      resolve();
      return false;
    });
  }

  #fail(error: unknown): void {
    this.#trouble ??= error instanceof Error ? error : new Error(String(error));
    for (const { reject } of this.#waiters) reject(error);
    this.#end();
  }

  #end(): void {
    this.#isRunning = false;
    for (const { settle } of this.#waiters) settle();
    this.#waiters = [];
  }
}

async function read(client: Client, seen: Person['seen']): Promise<void> {
  for await (const { from, text } of client.messages()) seen.push({ from, number: Number(text.split(' ')[1]) });
}

function checkPair({ from, to, sent, acknowledged }: Pair, inOrder: boolean): void {
  const seen = to.seen.filter((each) => each.from === from.name).map((each) => each.number);
  const about = `${from.name} to ${to.name}`;
  assert.equal(acknowledged.length, sent, `${about}: every send is acknowledged in the end`);
  const lost = acknowledged.filter((number) => !seen.includes(number));
  assert.deepEqual(lost, [], `${about}: nothing acknowledged is missing`);
  assert.equal(new Set(seen).size, seen.length, `${about}: nothing appears twice`);
  if (inOrder) {
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
      `${about}: the order is kept`,
    );
  }
}
