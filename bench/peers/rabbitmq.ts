/** RabbitMQ: a cluster of three nodes with a quorum queue for each person. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freePorts } from '#src/apps/drill/free-ports.js';
import type { PersonMaker, Place } from '../support/person.js';
import type { System } from '../support/system.js';
import { NodeProcesses } from './node-processes.js';
import { makeRabbitPerson } from './rabbitmq-person.js';

const HOST = '127.0.0.1';
/** The package's own command insists on an account of its own; this is what that command runs. */
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';
/** Idle schedulers sleep at once: on a machine where they share the cores, spinning takes from the others. */
const ERLANG_FLAGS = '+sbwt none +sbwtdcpu none +sbwtdio none';

export class RabbitMq implements System {
  readonly name = 'RabbitMQ, quorum queues';
  readonly durability =
    'On the disks of two of three (fsync) before the acknowledgement; it goes on with one node down.';
  readonly #processes = new NodeProcesses('rabbitmq');
  #places: readonly Place[] = [];

  get pids(): number[] {
    return this.#processes.pids;
  }

  readonly makePerson: PersonMaker = (index, name, events) => makeRabbitPerson(this.#places[index % 3]!, name, events);

  async start(): Promise<void> {
    const ports = await freePorts(7);
    this.#places = ports.slice(0, 3).map((port) => ({ host: HOST, port }));
    const portMapper = ports[6]!;
    const home = this.#processes.makeDirectory('home');
    this.#processes.spawnHelper('epmd', ['-port', String(portMapper), '-address', HOST], home);
    writeFileSync(join(home, '.erlang.cookie'), 'holdfast-bench', { mode: 0o400 });
    const names = [1, 2, 3].map((id) => `holdfast-bench-${id}-${ports[0]!}@localhost`);
    const startNode = async (index: number): Promise<void> => {
      const place = this.#places[index]!;
      const directory = this.#processes.makeDirectory(String(index + 1));
      writeFileSync(join(directory, 'rabbitmq.conf'), settings(place.port, names));
      const node = { name: names[index]!, distributionPort: ports[3 + index]!, portMapper, home, directory };
      this.#processes.spawnNode(SERVER, ['-noinput'], directory, environment(node));
      await this.#processes.until(`node ${index + 1} served clients`, () => this.#serves(place));
    };
    // The first makes the cluster, and the others join it.
    await startNode(0);
    await Promise.all([startNode(1), startNode(2)]);
  }

  /** Nothing: messages are dropped once they are delivered. */
  async settle(): Promise<void> {}

  async stop(): Promise<void> {
    await this.#processes.end();
  }

  async #serves(place: Place): Promise<boolean> {
    const person = await makeRabbitPerson(place, 'first', {
      acked: () => undefined,
      received: () => undefined,
      failed: () => undefined,
    });
    await person.close();
    return true;
  }
}

function settings(port: number, names: readonly string[]): string {
  const nodes = names.map((name, index) => `cluster_formation.classic_config.nodes.${index + 1} = ${name}`);
  return [
    `listeners.tcp.local = ${HOST}:${port}`,
    'cluster_formation.peer_discovery_backend = classic_config',
    ...nodes,
    'queue_leader_locator = client-local',
    'log.file.level = warning',
    '',
  ].join('\n');
}

interface Node {
  readonly name: string;
  readonly distributionPort: number;
  readonly portMapper: number;
  /** Where the cookie is that all nodes share. */
  readonly home: string;
  readonly directory: string;
}

function environment({ name, distributionPort, portMapper, home, directory }: Node): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    HOME: home,
    ERL_EPMD_PORT: String(portMapper),
    ERL_EPMD_ADDRESS: HOST,
    RABBITMQ_NODENAME: name,
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_CONF_ENV_FILE: join(directory, 'none'),
    RABBITMQ_CONFIG_FILE: join(directory, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'plugins'),
    RABBITMQ_MNESIA_BASE: directory,
    RABBITMQ_LOG_BASE: directory,
    RABBITMQ_PID_FILE: join(directory, 'pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: ERLANG_FLAGS,
    // The node replaces the shell that starts it, so that it is the process that was started.
    RABBITMQ_ALLOW_INPUT: '1',
  };
}
