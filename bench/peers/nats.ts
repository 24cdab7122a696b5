/** NATS JetStream: streams on files of three nodes each. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freePorts } from '#src/apps/drill/free-ports.js';
import type { PersonMaker, Place } from '../support/person.js';
import type { System } from '../support/system.js';
import { NatsConnection } from './nats-connection.js';
import { makeNatsPerson, STREAM, STREAMS, SUBJECT } from './nats-person.js';
import { NodeProcesses } from './node-processes.js';

const HOST = '127.0.0.1';

const START_PATIENCE_MS = 1_000;

const streams = Array.from({ length: STREAMS }, (_, index) => ({
  name: `${STREAM}${index}`,
  subjects: [`${SUBJECT}.${index}.*`],
  storage: 'file',
  retention: 'limits',
  num_replicas: 3,
}));

export class Nats implements System {
  readonly name = 'NATS JetStream, R3';
  readonly durability =
    'Written to files by two of three before the acknowledgement, without fsync (every two minutes by default): a power cut ' +
    'loses what was acknowledged; it goes on with one node down.';
  readonly #processes = new NodeProcesses('nats');
  #places: readonly Place[] = [];

  get pids(): number[] {
    return this.#processes.pids;
  }

  readonly makePerson: PersonMaker = (index, name, events) => makeNatsPerson(this.#places[index % 3]!, name, events);

  async start(): Promise<void> {
    const ports = await freePorts(6);
    this.#places = ports.slice(0, 3).map((port) => ({ host: HOST, port }));
    const routes = ports.slice(3);
    for (const [index, { port }] of this.#places.entries()) {
      const directory = this.#processes.makeDirectory(String(index + 1));
      const path = join(directory, 'nats.conf');
      writeFileSync(path, settings(index + 1, port, routes[index]!, routes, directory));
      this.#processes.spawnNode('nats-server', ['--config', path], directory);
    }
    await this.#processes.until('the first stream was made', async () => {
      // Until the nodes have found each other nobody answers.
      await this.#ask(`STREAM.CREATE.${streams[0]!.name}`, streams[0]!, START_PATIENCE_MS);
      return true;
    });
    for (const stream of streams.slice(1)) await this.#ask(`STREAM.CREATE.${stream.name}`, stream);
  }

  /** Forgets all messages. */
  async settle(): Promise<void> {
    for (const { name } of streams) await this.#ask(`STREAM.PURGE.${name}`, {});
  }

  async stop(): Promise<void> {
    await this.#processes.end();
  }

  async #ask(subject: string, request: object, patienceMs?: number): Promise<void> {
    const connection = new NatsConnection('administrator', () => undefined);
    try {
      await connection.open(this.#places[0]!);
      await connection.ask(subject, request, patienceMs);
    } finally {
      await connection.close();
    }
  }
}

function settings(id: number, port: number, routePort: number, routes: readonly number[], directory: string): string {
  const urls = routes.map((each) => `nats://${HOST}:${each}`).join(', ');
  return `
server_name: node-${id}
listen: ${HOST}:${port}
jetstream { store_dir: "${directory}", max_memory_store: 1G, max_file_store: 64G }
cluster { name: bench, listen: ${HOST}:${routePort}, routes: [${urls}] }
`;
}
