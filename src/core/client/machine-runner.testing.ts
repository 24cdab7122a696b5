/** Runs a client machine in the world of a {@link FakeGroup}, as a timer and sockets would, and notes what it tells. */
import { ClientMachine } from './client-machine.js';
import type { ConnectorSettings } from './connector.js';
import type { FakeGroup } from './fake-group.testing.js';
import type { Result } from './requests.js';
import type { Counters } from './session.js';

export function countersFrom(start: number): Counters {
  let next = start;
  return { client: new Uint8Array(16).fill(7), next: () => next++ };
}

export class MachineRunner {
  readonly machine: ClientMachine;
  /** What the machine told, in order. */
  readonly told: string[] = [];
  /** The lists of servers that were told, in order. */
  readonly members: string[] = [];
  /** The texts taken from the stream, in order. */
  readonly taken: string[] = [];
  /** Whether messages are taken as they come. */
  isConsuming = false;
  readonly #group: FakeGroup;
  #cancel = () => {};

  constructor(group: FakeGroup, settings: Partial<ConnectorSettings> = {}) {
    this.#group = group;
    const servers = group.servers.map(({ address }) => address);
    this.machine = new ClientMachine(
      { network: group.network, clock: group.clock, random: group.random },
      { servers, pinned: false, group: undefined, software: 'test', ...settings },
      countersFrom(1),
      {
        connected: ({ server }) => this.told.push(`connected ${server}`),
        membersTold: (group, members) =>
          void this.members.push(`${group}: ${members.map(({ server }) => server).join(' ')}`),
        disconnected: ({ code }, wasConnected) =>
          this.told.push(`${wasConnected ? 'disconnected' : 'refused'} ${code}`),
        sessionEnded: ({ code }) => this.told.push(`session ended ${code}`),
        nameChanged: ({ name, formerName }) => this.told.push(`${formerName} is now ${name}`),
        writesWait: ({ code }) => this.told.push(`writes wait ${code}`),
        writesGoOn: () => this.told.push('writes go on'),
        streamMoved: () => {
          if (this.isConsuming) this.consume();
        },
      },
    );
    group.client = {
      opened: (id, side, transport) => this.run(() => this.machine.opened(id, side, transport)),
      received: (id, bytes) => this.run(() => this.machine.received(id, bytes)),
      drained: () => {},
      closed: (id, reason) => this.run(() => this.machine.closed(id, reason)),
    };
    this.run(() => this.machine.start());
  }

  /** Does something to the machine, and wakes it when it then wants to be woken. */
  run(action: () => void): void {
    action();
    this.#cancel();
    const { wakeAtMs } = this.machine;
    this.#cancel =
      wakeAtMs === Infinity
        ? () => {}
        : this.#group.after(Math.max(0, wakeAtMs - this.#group.nowMs), () => this.run(() => this.machine.tick()));
  }

  /** Connects and logs in. */
  login(): void {
    this.#group.advance();
    const operation = this.machine.nextOperation();
    const message = { name: 'alice', password: 'secret', operation, takeOver: false };
    const result = this.collect((done) => this.machine.request('Login', message, done));
    this.#group.advance();
    if (result.latest?.state !== 'done') throw new Error('The login did not succeed.');
  }

  /** Begins the stream, and takes what comes if `isConsuming`. */
  receive(): void {
    this.run(() => this.machine.receive());
    this.#group.advance();
  }

  send(text: string, to = 'bob'): Collected {
    return this.collect((done) => this.machine.send(to, text, done));
  }

  /** Takes everything that is there, and is done with it. */
  consume(countMax = Infinity): void {
    this.run(() => {
      const { stream } = this.machine;
      for (let count = 0; count < countMax; count++) {
        const message = stream?.take();
        if (message === undefined) break;
        this.taken.push(message.text);
      }
      stream?.handled();
    });
  }

  /** Makes a request and collects how it goes. */
  collect(start: (done: (result: Result<object>) => void) => unknown): Collected {
    const collected = new Collected();
    this.run(() => start((result) => collected.add(result)));
    return collected;
  }
}

/** The outcome of one request; more than one is a fault. */
export class Collected {
  latest: Result<object> | undefined;

  add(result: Result<object>): void {
    if (this.latest !== undefined) throw new Error('A request was answered twice.');
    this.latest = result;
  }

  /** `waiting`, `done`, or the code of the failure. */
  get outcome(): string {
    if (this.latest === undefined) return 'waiting';
    return this.latest.state === 'done' ? 'done' : this.latest.failure.code;
  }
}
