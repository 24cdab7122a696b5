/**
 * A made world for several servers and those who use them: real replicas on a clock, a network and disks in memory, with
 * chance from a seed. Everything that happens goes through one queue, so a run is a function of its seed and of what the
 * test does.
 */
import type { Config, ConfigServer } from '../core/model/config.js';
import type { ServerId } from '../core/model/ids.js';
import type { Address } from '../core/ports/network.js';
import { MemoryNetwork } from './network.js';
import { SeededRandom } from './seeded-random.js';
import { Timeline } from './timeline.js';
import { MadeServer, type Digests } from './server.js';

export interface WorldOptions {
  readonly digests: Digests;
  readonly seed?: number;
  /** How many, with the ids from 1; or the ids. */
  readonly servers?: number | readonly ServerId[];
  readonly sessionsPerAccount?: number;
  readonly minCopies?: number;
  /** By server, in order of ids: how far its wall clock is ahead. */
  readonly clockSkewsMs?: readonly number[];
  readonly segmentBytes?: number;
}

/** Nothing that a test waits for takes longer. */
const PATIENCE_MS = 60_000;

export class World {
  readonly seed: number;
  readonly random: SeededRandom;
  readonly timeline = new Timeline();
  readonly network: MemoryNetwork;
  readonly config: Config;
  readonly servers: MadeServer[];
  readonly #options: WorldOptions;

  constructor(options: WorldOptions) {
    const { seed = 1, servers = 3, sessionsPerAccount = 1, minCopies = 1 } = options;
    this.seed = seed;
    this.random = new SeededRandom(seed);
    this.network = new MemoryNetwork(this.timeline, this.#randomFork());
    this.#options = options;
    const ids = typeof servers === 'number' ? Array.from({ length: servers }, (_, index) => index + 1) : servers;
    this.config = {
      servers: ids.map((id) => entryOf(id)),
      group: 'made',
      sessionsPerAccount,
      minCopies,
      groupKeyFile: undefined,
    };
    this.servers = ids.map((id) => this.#make(id, this.config));
  }

  /** Adds a machine for a server that is not a member yet. Its config has itself and those that it is told of. */
  addServer(id: ServerId, ...known: readonly ServerId[]): MadeServer {
    const server = this.#make(id, { ...this.config, servers: [id, ...known].map((each) => entryOf(each)) });
    this.servers.push(server);
    return server;
  }

  #make(id: ServerId, config: Config): MadeServer {
    const host = this.network.host(hostOf(id), entryOf(id).port);
    const random = this.#randomFork();
    const { digests, clockSkewsMs, segmentBytes } = this.#options;
    const clockSkewMs = clockSkewsMs?.[id - 1] ?? 0;
    return new MadeServer({ id, host, random, digests, clockSkewMs, segmentBytes }, config);
  }

  server(id: ServerId): MadeServer {
    const server = this.servers.find((each) => each.id === id);
    if (server === undefined) throw new Error(`There is no server ${id}.`);
    return server;
  }

  addressOf(id: ServerId): Address {
    return this.server(id).host.address;
  }

  get running(): MadeServer[] {
    return this.servers.filter((server) => server.isRunning);
  }

  /** Starts these servers, or all, and waits until they are open. */
  start(...ids: ServerId[]): void {
    const servers = ids.length === 0 ? this.servers : ids.map((id) => this.server(id));
    for (const server of servers) server.start();
    this.until('the servers are open', () => servers.every((server) => server.isOpen));
  }

  /** Starts all servers and waits until each waits for all others. */
  startInSync(): void {
    this.start();
    this.untilInSync();
  }

  untilInSync(): void {
    this.until('all running servers are in sync', () =>
      this.running.every((one) => this.running.every((other) => one === other || one.peer(other.id)?.inSync === true)),
    );
  }

  /** Lets time pass. */
  advance(forMs: number): void {
    this.#named(() => this.timeline.advance(forMs));
  }

  /** Lets time pass until the condition holds. @throws where it does not, within a minute of made time */
  until(what: string, condition: () => boolean, withinMs = PATIENCE_MS): void {
    this.#named(() => {
      if (!this.timeline.advanceUntil(condition, withinMs)) fail(`In vain: ${what}.`);
    });
  }

  /** No server of one group reaches a server of another. */
  split(...groups: readonly (readonly ServerId[])[]): void {
    for (const group of groups) {
      for (const other of groups) {
        if (group === other) continue;
        for (const one of group) for (const two of other) this.network.cut(hostOf(one), hostOf(two));
      }
    }
  }

  /** Nothing that `from` sends reaches `to`. */
  cutOneWay(from: ServerId, to: ServerId): void {
    this.network.cutOneWay(hostOf(from), hostOf(to));
  }

  heal(): void {
    this.network.heal();
  }

  /** Waits until all running servers hold the same, and fails unless their states are the same then. */
  untilConverged(): void {
    this.until('all servers hold the same', () => {
      const [first, ...others] = this.running.map((server) => JSON.stringify(server.status.vector));
      return others.every((vector) => vector === first) && this.running.every(({ status }) => status.viewLagOps === 0);
    });
    const hashes = this.running.map((server) => server.status.stateHash);
    if (new Set(hashes).size > 1) this.#named(() => fail(`The states differ: ${hashes.join(' ')}.`));
  }

  /** What servers reported as an error. */
  get errors(): string[] {
    return this.servers.flatMap(({ id, reports }) =>
      reports
        .filter(({ level }) => level === 'error')
        .map(({ text, facts }) => `${id}: ${text} ${JSON.stringify(facts)}`),
    );
  }

  #randomFork(): SeededRandom {
    return new SeededRandom(this.random.below(2 ** 32));
  }

  /** Whatever fails says under which seed. */
  #named(action: () => void): void {
    try {
      action();
    } catch (error) {
      throw new Error(`seed ${this.seed}, at ${this.timeline.nowMs.toFixed(1)} ms: ${String(error)}`, { cause: error });
    }
  }
}

/** How a config names the server. */
export function entryOf(id: ServerId): ConfigServer {
  return { id, host: hostOf(id), port: 6000 + id };
}

function hostOf(id: ServerId): string {
  return `server-${id}`;
}

function fail(text: string): never {
  throw new Error(text);
}
