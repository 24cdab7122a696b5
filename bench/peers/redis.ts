/** Redis: a primary and two replicas, every write of each of them fsynced. */
import { freePorts } from '#src/apps/drill/free-ports.js';
import type { PersonMaker, Place } from '../support/person.js';
import type { System } from '../support/system.js';
import { NodeProcesses } from './node-processes.js';
import { makeRedisPerson } from './redis-person.js';
import { command, readResp } from './resp.js';
import { TurnSocket } from './turn-socket.js';

const HOST = '127.0.0.1';

export class Redis implements System {
  readonly name = 'Redis, WAIT 2';
  readonly durability =
    'On the disks of all three (appendfsync always) before the acknowledgement; with one node down it acknowledges nothing, ' +
    'and a failover is up to other software.';
  readonly #processes = new NodeProcesses('redis');
  #places: readonly Place[] = [];

  get pids(): number[] {
    return this.#processes.pids;
  }

  readonly makePerson: PersonMaker = (index, name, events) =>
    makeRedisPerson(this.#places[0]!, this.#places[1 + (index % 2)]!, name, events);

  async start(): Promise<void> {
    this.#places = (await freePorts(3)).map((port) => ({ host: HOST, port }));
    for (const [index, { port }] of this.#places.entries()) {
      const directory = this.#processes.makeDirectory(String(index + 1));
      this.#processes.spawnNode('redis-server', [...settings(port, directory), ...this.#following(index)], directory);
    }
    await this.#processes.until('both replicas followed', async () => {
      const primary = await ask(this.#places[0]!, 'INFO', 'replication');
      return (primary.match(/state=online/g) ?? []).length === 2;
    });
  }

  /** Forgets all messages, which Redis keeps in memory. */
  async settle(): Promise<void> {
    await ask(this.#places[0]!, 'FLUSHALL', 'SYNC');
  }

  async stop(): Promise<void> {
    await this.#processes.end();
  }

  #following(index: number): string[] {
    return index === 0 ? [] : ['--replicaof', HOST, String(this.#places[0]!.port)];
  }
}

function settings(port: number, directory: string): string[] {
  const chosen = {
    port: String(port),
    bind: HOST,
    dir: directory,
    appendonly: 'yes',
    appendfsync: 'always',
    save: '',
    // Best for Redis here: it neither rewrites its log meanwhile nor waits before it sends a replica the first copy.
    'auto-aof-rewrite-percentage': '0',
    'repl-diskless-sync-delay': '0',
  };
  return Object.entries(chosen).flatMap(([name, value]) => [`--${name}`, value]);
}

/** The reply of one command on a connection of its own. */
async function ask(place: Place, ...words: readonly string[]): Promise<string> {
  let socket: TurnSocket | undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      const failed = (reason: string): void => reject(new Error(reason));
      const replies = { bulk: resolve, integer: () => undefined, array: () => undefined, error: failed };
      TurnSocket.open(place, { data: (bytes) => readResp(bytes, replies), failed }).then((opened) => {
        socket = opened;
        socket.write(command(...words));
      }, reject);
    });
  } finally {
    await socket?.close();
  }
}
