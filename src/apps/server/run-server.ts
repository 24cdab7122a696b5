/**
 * Runs one server of the group in this process: chooses the implementations of the ports, listens, and lives until it is
 * told to stop or its disk fails.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Config } from '../../core/model/config.js';
import type { ServerId } from '../../core/model/ids.js';
import { limits } from '../../core/model/limits.js';
import type { Address, NetworkEvents } from '../../core/ports/network.js';
import { Replica } from '../../core/replica/replica.js';
import type { Reporter } from '../../core/replica/reporter.js';
import { nodeClock } from '../../io/node/clock.js';
import { nodeCrypto } from '../../io/node/crypto.js';
import { NodeDisk } from '../../io/node/disk.js';
import type { ListenResult } from '../../io/node/listener.js';
import { NodeNetwork } from '../../io/node/network.js';
import { NodePasswords } from '../../io/node/passwords.js';
import { openView } from '../../io/node/view.js';

export interface ServerOptions {
  readonly config: Config;
  readonly self: ServerId;
  readonly groupKey: Uint8Array | undefined;
  readonly dataDirectory: string;
  /** Name and version, as shown to others. */
  readonly software: string;
  readonly reporter: Reporter;
  /** Clients are served from now on. */
  readonly started: () => void;
  /** Ends the server: it sends its clients elsewhere and leaves everything durable. */
  readonly signal: AbortSignal;
}

/** How a server came to its end. */
export type ServerEnd =
  | { readonly state: 'stopped' }
  /** The sentence says what to do. */
  | { readonly state: 'notStarted' | 'failed'; readonly reason: string };

/** Resolves when the server has ended. */
export async function runServer(options: ServerOptions): Promise<ServerEnd> {
  const { config, self, dataDirectory, reporter } = options;
  const address = config.servers.find((server) => server.id === self);
  if (address === undefined) return { state: 'notStarted', reason: `The config has no server with id ${self}.` };

  // Binding comes first: whoever has the port is the only process to touch the data.
  const door = new Door();
  const network = new NodeNetwork(door.events);
  door.network = network;
  const listening = await network.listen(address);
  if (listening.state !== 'listening') return { state: 'notStarted', reason: whyNotListening(listening, address) };

  const logDirectory = join(dataDirectory, 'log');
  await mkdir(logDirectory, { recursive: true });
  const end = new Deferred<ServerEnd>();
  const fail = (reason: string): void => end.resolve({ state: 'failed', reason });
  const { view, snapshot } = await openView({
    directory: dataDirectory,
    logDirectory,
    onFailure: (error) => fail(`The view database failed: ${error.message}`),
    onReport: (report) => reporter.report('warning', 'The view database reports.', { ...report }),
  });
  const replica = new Replica({
    config,
    self,
    groupKey: options.groupKey ?? new Uint8Array(0),
    software: options.software,
    disk: new NodeDisk(logDirectory),
    view,
    saved: snapshot,
    resetView: (logId) => view.reset(logId),
    newLogId: randomLogId(),
    network,
    clock: nodeClock,
    crypto: nodeCrypto,
    passwords: new NodePasswords(),
    reporter,
    events: {
      opened: options.started,
      failed: (failed) =>
        fail(failed.state === 'full' ? 'The disk is full.' : `The log cannot be written: ${failed.reason}`),
    },
  });
  door.owner = replica.network;
  const ticking = setInterval(() => replica.tick(), limits.tickMs);
  options.signal.addEventListener('abort', () => end.resolve({ state: 'stopped' }));
  const ended = await end.promise;
  clearInterval(ticking);
  replica.stop();
  await network.stop();
  await view.close();
  return ended;
}

/** Stands between the network and the replica that will own it. Who comes before there is one is sent away at once. */
class Door {
  network: NodeNetwork | undefined;
  owner: NetworkEvents | undefined;
  readonly events: NetworkEvents = {
    opened: (id, ...how) => (this.owner === undefined ? this.network?.close(id) : this.owner.opened(id, ...how)),
    received: (id, bytes) => this.owner?.received(id, bytes),
    drained: (id) => this.owner?.drained(id),
    closed: (id) => this.owner?.closed(id),
  };
}

function whyNotListening(result: Exclude<ListenResult, { state: 'listening' }>, { host, port }: Address): string {
  if (result.state === 'failed') return `Listening on ${host}, port ${port}, failed: ${result.reason}.`;
  return {
    addressInUse: `Port ${port} on ${host} is in use. Is this server running already?`,
    addressUnknown: `${host} is not an address of this machine. A server listens on the host that the config gives for it.`,
    notPermitted: `Listening on port ${port} is not permitted to this user. Ports from 1024 on are.`,
  }[result.state];
}

function randomLogId(): number {
  const bytes = nodeCrypto.randomBytes(6);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) * 0x10000 + (bytes[4]! << 8) + bytes[5]! + 1;
}

class Deferred<T> {
  resolve!: (value: T) => void;
  readonly promise = new Promise<T>((resolve) => {
    this.resolve = resolve;
  });
}
