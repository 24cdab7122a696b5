/**
 * People in a ring, each of whom writes to the next, spread over the servers so that nearly all messages cross from one
 * server to another. It drives whatever system the people are of, so that all systems get the same work.
 *
 * Every message is checked: each person gets exactly the numbers that the one before sent, in their order and each once;
 * {@link Traffic.drain} ends only when all that was acknowledged has arrived, and fails where it does not.
 */
import { SeededRandom } from '#src/sim/seeded-random.js';
import { makeTexts } from './made-texts.js';
import type { Person, PersonMaker } from './person.js';

/** So many different texts take turns, each behind a number of its own. */
const TEXTS = 1_000;
const DRAIN_TIMEOUT_MS = 60_000;
/** As many passwords are hashed at a time as there are servers. */
const LOGINS_AT_ONCE = 6;

export interface TrafficOptions {
  readonly clients: number;
  /** As {@link makeTexts} has it if left out. */
  readonly textBytes?: number | undefined;
  /** What the names of the accounts begin with. */
  readonly names?: string;
}

/** What was measured; latencies in milliseconds. */
export interface Measured {
  readonly seconds: number;
  readonly acked: number;
  readonly delivered: number;
  readonly ackMs: readonly number[];
  readonly deliveryMs: readonly number[];
}

interface Member {
  readonly name: string;
  person: Person | undefined;
  to: string;
  sent: number;
  acked: number;
  arrived: number;
  /** By number: when the message was to be sent. */
  readonly dueMs: number[];
}

export class Traffic {
  readonly #members: Member[];
  readonly #texts: readonly string[];
  #failure: Error | undefined;
  /** Tells who waits that there is a failure. */
  #fail: (failure: Error) => void = () => undefined;
  #goOn: (member: Member) => void = () => undefined;
  #isHeld = false;
  readonly #held: Member[] = [];
  /** Messages due from `fromMs` until `toMs` are measured. */
  #window = { fromMs: Infinity, toMs: Infinity };
  #ackMs: number[] = [];
  #deliveryMs: number[] = [];

  private constructor(names: readonly string[], textBytes: number | undefined) {
    this.#texts = makeTexts(TEXTS, new SeededRandom(1), textBytes);
    this.#members = names.map((name, index) => ({
      name,
      person: undefined,
      to: names[(index + 1) % names.length]!,
      sent: 0,
      acked: 0,
      arrived: 0,
      dueMs: [],
    }));
  }

  static async start(make: PersonMaker, options: TrafficOptions): Promise<Traffic> {
    const { clients, textBytes, names = 'person' } = options;
    const traffic = new Traffic(
      Array.from({ length: clients }, (_, index) => `${names}-${index}`),
      textBytes,
    );
    const queue = [...traffic.#members.entries()];
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [index, member] = next;
        const before = traffic.#members[(index + clients - 1) % clients]!;
        member.person = await make(index, member.name, {
          acked: (number) => traffic.#acked(member, number),
          received: (from, text) => traffic.#received(before, from, text),
          failed: (reason) => traffic.#failed(`${member.name}: ${reason}`),
        });
      }
    };
    await new Promise<unknown>((resolve, reject) => {
      traffic.#fail = reject;
      Promise.all(Array.from({ length: LOGINS_AT_ONCE }, work)).then(resolve, reject);
    });
    return traffic;
  }

  get sent(): number {
    return this.#members.reduce((sum, member) => sum + member.sent, 0);
  }

  get acked(): number {
    return this.#totals().acked;
  }

  /** Each client keeps so many sends under way: the next leaves when one is acknowledged. */
  async closedLoop(inFlight: number, warmUpSeconds: number, seconds: number): Promise<Measured> {
    this.#goOn = (member) => this.#send(member, performance.now());
    for (const member of this.#members) for (let count = 0; count < inFlight; count += 1) this.#goOn(member);
    return this.#measure(warmUpSeconds, seconds);
  }

  /** Only the first client sends, and keeps so many sends under way. */
  async oneSender(inFlight: number, warmUpSeconds: number, seconds: number): Promise<Measured> {
    this.#goOn = (member) => this.#send(member, performance.now());
    for (let count = 0; count < inFlight; count += 1) this.#goOn(this.#members[0]!);
    return this.#measure(warmUpSeconds, seconds);
  }

  /** In a closed loop: nobody goes on until this is called with false; then all that would have does. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (isHeld) return;
    for (const member of this.#held.splice(0)) this.#goOn(member);
  }

  /** The same until so many messages were sent in all. */
  async sendCount(inFlight: number, messages: number): Promise<void> {
    let left = messages;
    await new Promise<void>((resolve, reject) => {
      this.#fail = reject;
      this.#goOn = (member) => {
        if (left === 0) return;
        left -= 1;
        this.#send(member, performance.now());
        if (left === 0) resolve();
      };
      for (const member of this.#members) for (let count = 0; count < inFlight; count += 1) this.#goOn(member);
    });
    await this.drain();
  }

  /**
   * So many messages a second in all, each at its time, whatever became of those before. Latencies count from when a
   * message was to be sent, so that a stall is felt by all that were due in it; they include how late the timer
   * of the generator was, a millisecond at most while it has the CPU.
   */
  async openLoop(rate: number, warmUpSeconds: number, seconds: number): Promise<Measured> {
    const startedMs = performance.now();
    let count = 0;
    const sending = setInterval(() => {
      const nowMs = performance.now();
      for (let dueMs = startedMs + (count * 1000) / rate; dueMs <= nowMs; dueMs = startedMs + (count * 1000) / rate) {
        this.#send(this.#members[count % this.#members.length]!, dueMs);
        count += 1;
      }
    }, 1);
    try {
      return await this.#measure(warmUpSeconds, seconds);
    } finally {
      clearInterval(sending);
    }
  }

  /** Sends no more and waits until all that was sent is acknowledged and has arrived. */
  async drain(): Promise<void> {
    this.#goOn = () => undefined;
    this.hold(false);
    const deadlineMs = performance.now() + DRAIN_TIMEOUT_MS;
    const isDone = ({ sent, acked, arrived }: Member): boolean => sent === acked && sent === arrived;
    while (!this.#members.every(isDone)) {
      if (performance.now() > deadlineMs) {
        const { name, sent, acked, arrived } = this.#members.find((member) => !isDone(member))!;
        throw new Error(`${name}: sent ${sent}, acknowledged ${acked}, arrived ${arrived}`);
      }
      await this.#pause(20);
    }
  }

  async close(): Promise<void> {
    for (const member of this.#members) {
      await member.person?.close();
      member.person = undefined;
    }
  }

  async #measure(warmUpSeconds: number, seconds: number): Promise<Measured> {
    await this.#pause(warmUpSeconds * 1000);
    this.#ackMs = [];
    this.#deliveryMs = [];
    const before = this.#totals();
    const fromMs = performance.now();
    this.#window = { fromMs, toMs: Infinity };
    await this.#pause(seconds * 1000);
    const toMs = performance.now();
    this.#window = { fromMs, toMs };
    const after = this.#totals();
    return {
      seconds: (toMs - fromMs) / 1000,
      acked: after.acked - before.acked,
      delivered: after.arrived - before.arrived,
      ackMs: this.#ackMs,
      deliveryMs: this.#deliveryMs,
    };
  }

  #totals(): { acked: number; arrived: number } {
    let acked = 0;
    let arrived = 0;
    for (const member of this.#members) {
      acked += member.acked;
      arrived += member.arrived;
    }
    return { acked, arrived };
  }

  #send(member: Member, dueMs: number): void {
    member.sent += 1;
    member.dueMs[member.sent] = dueMs;
    member.person!.send(member.to, this.#text(member.sent), member.sent);
  }

  /** The text of a person's message of this number, which it begins with. */
  #text(number: number): string {
    const text = this.#texts[number % TEXTS]!;
    return `${number} ${text}`.slice(0, text.length);
  }

  #acked(member: Member, number: number): void {
    member.acked += 1;
    const dueMs = member.dueMs[number]!;
    if (this.#isMeasured(dueMs)) this.#ackMs.push(performance.now() - dueMs);
    if (this.#isHeld) this.#held.push(member);
    else this.#goOn(member);
  }

  #received(before: Member, from: string, text: string): void {
    const number = Number(text.slice(0, text.indexOf(' ')));
    if (from !== before.name || number !== before.arrived + 1 || text !== this.#text(number)) {
      this.#failed(`${from}'s "${text}" came where ${before.name}'s message ${before.arrived + 1} was expected`);
    }
    before.arrived = number;
    const dueMs = before.dueMs[number]!;
    if (this.#isMeasured(dueMs)) this.#deliveryMs.push(performance.now() - dueMs);
  }

  #isMeasured(dueMs: number): boolean {
    return dueMs >= this.#window.fromMs && dueMs < this.#window.toMs;
  }

  /** @throws Error where anything went wrong so far. */
  async #pause(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (this.#failure !== undefined) throw this.#failure;
  }

  #failed(reason: string): void {
    this.#failure ??= new Error(reason);
    this.#fail(this.#failure);
  }
}
