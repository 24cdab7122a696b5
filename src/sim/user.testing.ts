/**
 * Someone who uses a made world through the real client: logs in, sends, receives, and keeps what they were told, to be
 * checked against what the others sent.
 */
import { ClientMachine } from '../core/client/client-machine.js';
import type { Result } from '../core/client/requests.js';
import type { Vector } from '../core/model/vector.js';
import type { MemoryHost } from './network.js';
import type { SeededRandom } from './seeded-random.js';
import type { World } from '../core/replica/world.testing.js';
import type { MessageOf } from '../core/wire/message-types.js';

interface SentMessage {
  readonly to: string;
  readonly text: string;
  /** `unknown`: it may have been stored or not. */
  outcome: 'waiting' | 'stored' | 'unknown' | 'refused';
}

export class User {
  readonly name: string;
  readonly machine: ClientMachine;
  readonly sent: SentMessage[] = [];
  /** The stream, in the order in which it came, over all sessions. */
  readonly received: MessageOf<'Text'>[] = [];
  /** Sessions that ended without the user asking for it. */
  sessionsLost = 0;
  readonly #world: World;
  readonly #host: MemoryHost;
  #cursor: Vector | undefined;
  #cancelWake = (): void => undefined;

  constructor(world: World, name: string, random: SeededRandom) {
    this.name = name;
    this.#world = world;
    this.#host = world.network.host(`machine of ${name}`);
    const client = random.randomBytes(16);
    let counter = 0;
    this.machine = new ClientMachine(
      { network: this.#host, clock: world.timeline.clock(), random },
      { servers: world.servers.map(({ host }) => host.address), pinned: false, group: undefined, software: 'made' },
      { client, next: () => (counter += 1) },
      {
        connected: () => undefined,
        membersTold: () => undefined,
        disconnected: () => undefined,
        sessionEnded: () => {
          this.sessionsLost += 1;
          this.#host.after(0, () => this.login());
        },
        nameChanged: () => undefined,
        writesWait: () => undefined,
        writesGoOn: () => undefined,
        streamMoved: () => this.#host.after(0, () => this.#run(() => this.#take())),
      },
    );
    this.#host.events = {
      opened: (id, side, transport) => this.#run(() => this.machine.opened(id, side, transport)),
      received: (id, bytes) => this.#run(() => this.machine.received(id, bytes)),
      drained: () => undefined,
      closed: (id) => this.#run(() => this.machine.closed(id)),
    };
    this.#run(() => this.machine.start());
  }

  get isLoggedIn(): boolean {
    return this.machine.stream !== undefined;
  }

  create(): void {
    const operation = this.machine.nextOperation();
    this.#request(
      (done) => this.machine.request('CreateAccount', { ...this.#credentials, operation }, done),
      () => this.login(),
    );
  }

  /** Logs in, in place of whoever is logged in, and begins the stream where the one before ended. */
  login(): void {
    const operation = this.machine.nextOperation();
    this.#request(
      (done) => this.machine.request('Login', { ...this.#credentials, operation, takeOver: true }, done),
      () => this.machine.receive(this.#cursor),
    );
  }

  send(to: string): void {
    const message: SentMessage = { to, text: `${this.name} to ${to}, ${this.sent.length}`, outcome: 'waiting' };
    this.sent.push(message);
    this.#run(
      () =>
        void this.machine.send(to, message.text, (result) => {
          if (result.state === 'done') message.outcome = 'stored';
          else message.outcome = result.failure.mayHaveHappened ? 'unknown' : 'refused';
        }),
    );
  }

  get #credentials(): { readonly name: string; readonly password: string } {
    return { name: this.name, password: `password of ${this.name}` };
  }

  /** Makes a request that has to succeed sooner or later. */
  #request<T>(make: (done: (result: Result<T>) => void) => unknown, succeeded: () => void): void {
    this.#run(
      () =>
        void make((result) => {
          if (result.state === 'done') this.#host.after(0, () => this.#run(succeeded));
          else if (result.failure.code !== 'ALREADY_LOGGED_IN') {
            this.#host.after(1_000, () => this.#request(make, succeeded));
          }
        }),
    );
  }

  #take(): void {
    const { stream } = this.machine;
    if (stream === undefined) return;
    for (let message = stream.take(); message !== undefined; message = stream.take()) this.received.push(message);
    stream.handled();
    this.#cursor = stream.cursor;
  }

  /** Does something to the machine, and wakes it when it then wants to be woken. */
  #run(action: () => void): void {
    action();
    this.#cancelWake();
    const { wakeAtMs } = this.machine;
    if (wakeAtMs === Infinity) return;
    const { timeline } = this.#world;
    this.#cancelWake = timeline.after(wakeAtMs - timeline.nowMs, () => this.#run(() => this.machine.tick()));
  }
}
