/**
 * A group of real servers: one process each, on loopback, with data in a directory of their own. Whoever starts one calls
 * {@link ServerGroup.end}, which ends every process that was started and removes the data.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePorts } from '#src/apps/drill/free-ports.js';
import { ServerProcess } from '#src/apps/drill/server-process.js';
import { connect, type ServerStatus } from '#src/library/node.js';

const CONVERGENCE_TIMEOUT_MS = 60_000;

export interface GroupConfig {
  readonly servers: readonly { readonly id: number; readonly host: string; readonly port: number }[];
  readonly sessionsPerAccount?: number;
  readonly minCopies?: number;
}

export interface GroupOptions {
  /** How many servers; 3 if left out. */
  readonly servers?: number;
  readonly sessionsPerAccount?: number;
  readonly minCopies?: number;
  /** What the key file holds; none if left out. */
  readonly groupKey?: string;
  /** Flags for Node itself in each server's process. */
  readonly nodeFlags?: readonly string[];
  /** What each server's command line begins with; nothing if left out. */
  readonly prefix?: readonly string[];
}

/** What it takes to make a group; its servers are not running yet. */
export interface GroupPlace {
  readonly directory: string;
  readonly config: GroupConfig;
  readonly configPath: string;
  readonly nodeFlags: readonly string[];
  readonly prefix: readonly string[];
}

/** Finds ports and makes the directory and the config file of a group. */
export async function makePlace(options: GroupOptions): Promise<GroupPlace> {
  const { servers = 3, nodeFlags = [], prefix = [], groupKey, ...rest } = options;
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-group-'));
  const ports = await freePorts(servers);
  const config = {
    servers: ports.map((port, index) => ({ id: index + 1, host: '127.0.0.1', port })),
    ...rest,
    ...(groupKey !== undefined && { groupKeyFile: 'group.key' }),
  };
  if (groupKey !== undefined) await writeFile(join(directory, 'group.key'), groupKey, { mode: 0o600 });
  const configPath = join(directory, 'config.json');
  await writeFile(configPath, JSON.stringify(config));
  return { directory, config, configPath, nodeFlags, prefix };
}

export class ServerGroup {
  readonly directory: string;
  readonly config: GroupConfig;
  readonly configPath: string;
  readonly #nodeFlags: readonly string[];
  readonly #prefix: readonly string[];
  /** Servers that run another version of the program than this, with its path. */
  readonly otherPrograms = new Map<number, string>();
  readonly #running = new Map<number, ServerProcess>();

  constructor(place: GroupPlace) {
    this.directory = place.directory;
    this.config = place.config;
    this.configPath = place.configPath;
    this.#nodeFlags = place.nodeFlags;
    this.#prefix = place.prefix;
  }

  get ids(): number[] {
    return this.config.servers.map(({ id }) => id);
  }

  dataDirectory(id: number): string {
    return join(this.directory, String(id));
  }

  /** Writes a config of these servers beside the group's own, and so with its key; returns its path. */
  async writeConfig(servers: GroupConfig['servers']): Promise<string> {
    const path = join(this.directory, 'other-config.json');
    const config = JSON.parse(await readFile(this.configPath, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...config, servers }));
    return path;
  }

  async startAll(): Promise<void> {
    await Promise.all(this.ids.map((id) => this.start(id)));
  }

  /** Starts one server, with these options of the command, and waits until it serves clients. */
  async start(id: number, ...options: string[]): Promise<void> {
    const program = this.otherPrograms.get(id);
    const running = new ServerProcess({
      configPath: this.configPath,
      id,
      dataDirectory: this.dataDirectory(id),
      nodeFlags: this.#nodeFlags,
      prefix: this.#prefix,
      options,
      ...(program !== undefined && { program }),
    });
    this.#running.set(id, running);
    await running.started;
  }

  /** kill -9, and waits until the process is gone. Does nothing where it is not running. */
  async kill(id: number): Promise<void> {
    await this.#end(id, 'SIGKILL');
  }

  /** Asks the server to stop; gives its exit code. */
  async stop(id: number): Promise<number | null> {
    return this.#end(id, 'SIGTERM');
  }

  async wipe(id: number): Promise<void> {
    await rm(this.dataDirectory(id), { recursive: true });
  }

  /** The exit code of a server that ends by itself, once it has. */
  async ended(id: number): Promise<number | null> {
    return (await this.#running.get(id)!.ended).exitCode;
  }

  /** The process of a server, for signals. */
  process(id: number): ChildProcess {
    return this.#running.get(id)!.child;
  }

  stderr(id: number): string {
    return this.#running.get(id)?.stderr ?? '';
  }

  /** What each of these servers says of itself. */
  async status(...ids: number[]): Promise<ServerStatus[]> {
    return Promise.all(
      ids.map(async (id) => {
        const client = await connect({ servers: this.config.servers.filter((server) => server.id === id) });
        try {
          return await client.status();
        } finally {
          await client.close();
        }
      }),
    );
  }

  /** Waits until all servers are open, linked and in sync, and report the same state hash. */
  async converged(): Promise<ServerStatus[]> {
    const deadlineMs = Date.now() + CONVERGENCE_TIMEOUT_MS;
    for (;;) {
      const found = await this.status(...this.ids);
      const hashes = new Set(found.map((status) => status.stateHash));
      const inSync = found.every((status) => status.peers.every((peer) => peer.inSync));
      if (hashes.size === 1 && inSync) return found;
      if (Date.now() > deadlineMs) throw new Error(`The servers did not converge: ${JSON.stringify(found, null, 1)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Kills what runs and removes everything. */
  async end(): Promise<void> {
    await Promise.all(this.ids.map((id) => this.kill(id)));
    await rm(this.directory, { recursive: true, force: true });
  }

  async #end(id: number, signal: NodeJS.Signals): Promise<number | null> {
    const running = this.#running.get(id);
    if (running === undefined) return null;
    this.#running.delete(id);
    const { exitCode } = await running.end(signal);
    return exitCode;
  }
}
