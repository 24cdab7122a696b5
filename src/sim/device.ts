/**
 * Someone's device: the real client of one person on one machine. It wants to be logged in, or not; it keeps on its own
 * storage what a client keeps (its session, its place in the stream, what was not acknowledged), so that it can crash.
 */
import { ClientMachine } from '../core/client/client-machine.js';
import type { ClientFailure } from '../core/client/failures.js';
import type { Result } from '../core/client/requests.js';
import type { Session } from '../core/client/session.js';
import { formatDot, type Dot, type ServerId } from '../core/model/ids.js';
import type { Vector } from '../core/model/vector.js';
import type { Address } from '../core/ports/network.js';
import type { MessageOf } from '../core/wire/message-types.js';
import type { AckedKind } from './ledger.js';
import type { MemoryHost } from './network.js';
import type { PlannedDevice } from './plan.js';
import type { SeededRandom } from './seeded-random.js';
import type { World } from './world.js';

const RETRY_MS = 300;

export interface SentMessage {
  readonly to: string;
  readonly text: string;
  readonly session: string;
  readonly counter: number;
  readonly atMs: number;
  /** `unknown`: it may have been stored or not. */
  outcome: 'waiting' | 'stored' | 'unknown' | 'refused';
}

export interface ReceivedMessage {
  readonly message: MessageOf<'Text'>;
  readonly account: string;
  /** Streams are numbered over the device's life: a new one knows nothing of what came on those before. */
  readonly stream: number;
}

/** What a device was told to be done. */
export interface Telling {
  readonly device: Device;
  readonly kind: AckedKind;
  /** Of a deletion, the account. */
  readonly dot: Dot;
  readonly what: string;
  readonly storedOn: MessageOf<'StoredOn'> | undefined;
  readonly askedAtMs: number;
}

export interface DeviceWatch {
  told(telling: Telling): void;
  seen(device: Device, received: ReceivedMessage): void;
  /** It is connected to another server than before. */
  failedOver(device: Device): void;
  note(device: Device, text: string): void;
}

export class Device {
  readonly plan: PlannedDevice;
  readonly host: MemoryHost;
  readonly sent: SentMessage[] = [];
  readonly received: ReceivedMessage[] = [];
  /** By account: up to where its stream was taken here. */
  readonly cursors = new Map<string, Vector>();
  /** The server that it was last connected to, and in which of that server's processes. */
  server: ServerId | undefined;
  isConnected = false;
  wantsIn = false;
  takesOver = false;
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #watch: DeviceWatch;
  readonly #client: Uint8Array;
  #machine: ClientMachine;
  #counter = 0;
  #streams = 0;
  #isBusy = false;
  #isEnding = false;
  #cancelWake = (): void => undefined;

  constructor(plan: PlannedDevice, world: World, random: SeededRandom, watch: DeviceWatch) {
    this.plan = plan;
    this.#world = world;
    this.#random = random;
    this.#watch = watch;
    this.host = world.network.host(plan.label);
    this.#client = random.randomBytes(16);
    this.#machine = this.#newMachine();
  }

  get session(): Session | undefined {
    return this.#machine.session;
  }

  /** Logged in, and getting messages. */
  get isIn(): boolean {
    return this.isConnected && this.#machine.stream !== undefined && !this.#isEnding;
  }

  get isWaiting(): boolean {
    return this.#isBusy || this.#isEnding || this.sent.some(({ outcome }) => outcome === 'waiting');
  }

  /** Wants to be logged in from now on. */
  arrive(takesOver: boolean): void {
    this.wantsIn = true;
    this.takesOver = takesOver;
    this.#pursue();
  }

  /** Returns whether there was a session to send in. */
  send(to: string): boolean {
    const { session } = this;
    if (session === undefined || this.#isEnding) return false;
    const counter = session.counters.next();
    const text = `${this.plan.label} to ${to}, ${this.sent.length}`;
    const message: SentMessage = {
      to,
      text,
      session: formatDot(session.id),
      counter,
      atMs: this.#world.timeline.nowMs,
      outcome: 'waiting',
    };
    this.sent.push(message);
    this.#sendAgain(message);
    return true;
  }

  logOff(): boolean {
    if (this.session === undefined || this.#isEnding) return false;
    this.#end(
      (done) => this.#machine.logOff(done),
      () => undefined,
    );
    return true;
  }

  deleteAccount(): boolean {
    const { session } = this;
    if (session === undefined || this.#isEnding) return false;
    const askedAtMs = this.#world.timeline.nowMs;
    this.#end(
      (done) => this.#machine.deleteAccount(done),
      ({ storedOn }: Partial<MessageOf<'AccountDeleted'>>) =>
        this.#tell('deletion', session.account, `the deletion of ${this.plan.name}`, storedOn, askedAtMs),
    );
    return true;
  }

  /** Its connection breaks. */
  move(): void {
    for (const server of this.#world.servers) this.#world.network.breakConnections(this.host.name, server.host.name);
  }

  /** The program ends without warning, and is started again. */
  crash(): void {
    const { session } = this;
    const latestTime = this.#machine.latestTime;
    this.#cancelWake();
    this.host.crash();
    this.isConnected = false;
    this.#isBusy = false;
    this.#isEnding = false;
    this.#machine = this.#newMachine();
    if (session === undefined) {
      for (const message of this.sent) if (message.outcome === 'waiting') message.outcome = 'unknown';
      this.#pursue();
      return;
    }
    this.#run(() => {
      this.#machine.resume(session, latestTime, (result) => {
        if (result.state === 'failed') this.#sessionEnded(result.failure);
      });
      this.#receive();
    });
    const key = formatDot(session.id);
    for (const message of this.sent) {
      if (message.outcome !== 'waiting') continue;
      if (message.session === key) this.#sendAgain(message);
      else message.outcome = 'unknown';
    }
  }

  /** Asks for the whole conversation with another account. */
  history(other: string, done: (result: Result<MessageOf<'History'>>) => void): void {
    this.#run(() => void this.#machine.request('ReadHistory', { with: other, beforeTime: 0, limit: 0 }, done));
  }

  #newMachine(): ClientMachine {
    const { timeline } = this.#world;
    const machine: ClientMachine = new ClientMachine(
      { network: this.host, clock: timeline.clock(), random: this.#random },
      {
        servers: this.#world.servers.map(({ host }) => host.address),
        pinned: false,
        group: undefined,
        software: 'made',
      },
      { client: this.#client, next: () => (this.#counter += 1) },
      {
        connected: (_welcome, address) => this.#connected(address),
        disconnected: () => {
          this.isConnected = false;
        },
        sessionEnded: (failure) => this.#sessionEnded(failure),
        membersTold: () => undefined,
        nameChanged: () => undefined,
        writesWait: () => undefined,
        writesGoOn: () => undefined,
        streamMoved: () => this.host.after(0, () => this.#run(() => this.#take())),
      },
    );
    this.host.events = {
      opened: (id, side, transport) => this.#run(() => machine.opened(id, side, transport)),
      received: (id, bytes) => this.#run(() => machine.received(id, bytes)),
      drained: () => undefined,
      closed: (id) => this.#run(() => machine.closed(id)),
    };
    // It begins to dial when the caller has let go of it.
    this.host.after(0, () => this.#run(() => machine.start()));
    return machine;
  }

  #connected(address: Address): void {
    this.isConnected = true;
    const server = this.#world.servers.find(({ host }) => host.name === address.host)!.id;
    if (this.server !== undefined && this.server !== server) this.#watch.failedOver(this);
    this.server = server;
  }

  #sessionEnded(failure: ClientFailure): void {
    this.#watch.note(this, `its session ended: ${failure.code}`);
    // Whoever was replaced leaves it at that, or two devices would replace each other for ever.
    if (failure.code === 'SESSION_REPLACED' || failure.code === 'ACCOUNT_DELETED') this.wantsIn = false;
    else this.takesOver = true;
    this.#later();
  }

  #later(): void {
    this.host.after(RETRY_MS, () => this.#pursue());
  }

  #pursue(): void {
    if (!this.wantsIn || this.#isBusy || this.#isEnding || this.session !== undefined) return;
    this.#isBusy = true;
    if (this.plan.creates) this.#create();
    else this.#login();
  }

  /** Creates the account, under the same id until there is an answer, and then logs in. */
  #create(): void {
    const operation = this.#machine.nextOperation();
    const { name, password } = this.plan;
    const askedAtMs = this.#world.timeline.nowMs;
    this.#request(
      (done: (result: Result<MessageOf<'AccountCreated'>>) => void) =>
        void this.#machine.request('CreateAccount', { name, password, operation }, done),
      (result) => {
        if (result.state === 'done') {
          const { account, storedOn } = result.value;
          this.#tell('account', account, `the account ${name}`, storedOn, askedAtMs);
        } else if (result.failure.code !== 'NAME_TAKEN') {
          this.#isBusy = false;
          this.#later();
          return;
        }
        this.#login();
      },
    );
  }

  #login(): void {
    const operation = this.#machine.nextOperation();
    const { name, password } = this.plan;
    const askedAtMs = this.#world.timeline.nowMs;
    this.#request(
      (done: (result: Result<MessageOf<'LoggedIn'>>) => void) =>
        void this.#machine.request('Login', { name, password, operation, takeOver: this.takesOver }, done),
      (result) => {
        this.#isBusy = false;
        if (result.state === 'done') {
          const { session, storedOn } = result.value;
          this.#tell('session', session, `the login of ${this.plan.label}`, storedOn, askedAtMs);
          this.#receive();
          return;
        }
        const { code } = result.failure;
        const isFinal = code === 'LOGGED_IN_ELSEWHERE' || code === 'WRONG_PASSWORD' || code === 'ACCOUNT_NOT_FOUND';
        if (isFinal) this.wantsIn = false;
        this.#later();
      },
    );
  }

  /** What comes of the answer is done after the machine has told it. */
  #request<T>(make: (done: (result: Result<T>) => void) => void, answered: (result: Result<T>) => void): void {
    this.#run(() => make((result) => this.host.after(0, () => this.#run(() => answered(result)))));
  }

  #end<T>(ask: (done: (result: Result<T>) => void) => void, succeeded: (value: T) => void): void {
    this.#isEnding = true;
    this.wantsIn = false;
    this.#request(ask, (result) => {
      this.#isEnding = false;
      if (result.state === 'done') succeeded(result.value);
      this.#later();
    });
  }

  #sendAgain(message: SentMessage): void {
    const { to, text, counter, atMs } = message;
    this.#run(
      () =>
        void this.#machine.send(
          to,
          text,
          (result) => {
            if (result.state === 'failed') {
              message.outcome = result.failure.mayHaveHappened ? 'unknown' : 'refused';
              return;
            }
            message.outcome = 'stored';
            this.#tell('message', result.value.id, `"${text}"`, result.value.storedOn, atMs);
          },
          counter,
        ),
    );
  }

  /** Begins the stream, unless the session has ended in the meantime. */
  #receive(): void {
    const { session } = this;
    if (session === undefined) return;
    const account = formatDot(session.account);
    const known = this.cursors.get(account);
    this.#streams += 1;
    this.#machine.receive(known);
    this.cursors.set(account, known ?? session.start.clone());
  }

  #take(): void {
    const { stream } = this.#machine;
    const { session } = this;
    if (stream === undefined || session === undefined) return;
    const account = formatDot(session.account);
    for (let message = stream.take(); message !== undefined; message = stream.take()) {
      const received = { message, account, stream: this.#streams };
      this.received.push(received);
      this.#watch.seen(this, received);
    }
    stream.handled();
    this.cursors.set(account, stream.cursor.clone());
  }

  #tell(kind: AckedKind, dot: Dot, what: string, storedOn: MessageOf<'StoredOn'> | undefined, askedAtMs: number): void {
    this.#watch.told({ device: this, kind, dot, what, storedOn, askedAtMs });
  }

  /** Does something to the machine, and wakes it when it then wants to be woken. */
  #run(action: () => void): void {
    action();
    this.#cancelWake();
    const { wakeAtMs } = this.#machine;
    if (wakeAtMs === Infinity) return;
    const { timeline } = this.#world;
    const machine = this.#machine;
    this.#cancelWake = timeline.after(wakeAtMs - timeline.nowMs, () => {
      if (machine === this.#machine) this.#run(() => machine.tick());
    });
  }
}
