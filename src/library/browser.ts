/** The client library for browsers: over WebSocket. */
import { browserClock } from '../io/browser/clock.js';
import { BrowserNetwork } from '../io/browser/network.js';
import { browserRandom } from '../io/browser/random.js';
import type { Client } from './client.js';
import { connectOn, type ClientConfig, type ConnectOptions } from './connect.js';
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
  clock: browserClock,
  random: browserRandom,
  network: (events) => new BrowserNetwork(events),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * Connects to any of the servers in the config; with one server in it, to that one and no other. Fails with NO_SERVER,
 * CONFIG_INVALID, or the reason of `options.signal`.
 */
export async function connect(config: ClientConfig, options: ConnectOptions = {}): Promise<Client> {
  return connectOn(platform, config, options);
}
