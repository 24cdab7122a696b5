/** The client library for Node: over TCP, with the config as a value or as the path of its file. */
import { readFile } from 'node:fs/promises';

import { clientFailure } from '../core/client/failures.js';
import { nodeClock } from '../io/node/clock.js';
import { nodeCrypto } from '../io/node/crypto.js';
import { DiallingNetwork } from '../io/node/dialling-network.js';
import { JsonFile } from '../io/node/json-file.js';
import type { Client } from './client.js';
import { connectOn, type ClientConfig, type ConnectOptions } from './connect.js';
import { HoldfastError } from './errors.js';
import type { GroupStore, KnownGroup } from './known-group.js';
import type { Platform } from './platform.js';

export { Client } from './client.js';
export type {
  HistoryOptions,
  LoginOptions,
  MessagesOptions,
  RequestOptions,
  SearchOptions,
  SendOptions,
} from './client.js';
export type { ClientConfig, ConnectOptions } from './connect.js';
export { HoldfastError } from './errors.js';
export type { Identity, IdentityStore } from './identity.js';
export type { GroupStore, KnownGroup } from './known-group.js';
export type { MessageStream } from './message-stream.js';
export type * from './types.js';

const platform: Platform = {
  clock: nodeClock,
  random: nodeCrypto,
  network: (events) => new DiallingNetwork(events),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * Connects to any of the servers in the config, given as it is or as the path of its file; with one server in it, to that
 * one and no other. Fails with NO_SERVER, CONFIG_INVALID, or the reason of `options.signal`.
 */
export async function connect(config: ClientConfig | string, options: ConnectOptions = {}): Promise<Client> {
  return connectOn(platform, typeof config === 'string' ? await readConfig(config) : config, options);
}

/** Keeps what servers tell of the group in a file, which any number of clients of one config may share. */
export function groupFile(path: string): GroupStore {
  const file = new JsonFile(path);
  return { load: async () => (await file.read()) as KnownGroup | undefined, keep: (known) => file.replace(known) };
}

async function readConfig(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HoldfastError(clientFailure('CONFIG_INVALID', `The config file ${path} cannot be read: ${reason}`));
  }
}
