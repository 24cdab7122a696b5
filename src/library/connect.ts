/** Begins a client on a platform. */
import { certain, clientFailure } from '../core/client/failures.js';
import { checkConfig, type Config } from '../core/model/config.js';
import { errorDefinitions } from '../core/model/errors.js';
import type { Address } from '../core/ports/network.js';
import { checkCount, checkMethod, checkObject, checkSignal } from './arguments.js';
import { Client } from './client.js';
import { failedTryLines, HoldfastError } from './errors.js';
import { freshCounters, storedCounters, type IdentityStore } from './identity.js';
import { GroupKeeper, loadKnownGroup, type GroupStore } from './known-group.js';
import type { CancelSignal, Platform } from './platform.js';

const CONNECT_TIMEOUT_MS = 10_000;
/** What the client calls itself. The library has no file to read the version from in a browser. */
export const software = 'holdfast-client/0.1.0';

/** What clients and servers are started with; clients need the servers and no more. */
export type ClientConfig = Pick<Config, 'servers'> & Partial<Config>;

export interface ConnectOptions {
  /** How long to look for a server; 10,000 if left out. */
  readonly connectTimeoutMs?: number;
  /** How many times to try each server before failing, if that comes sooner; without end if left out. */
  readonly roundsMax?: number;
  /**
   * Where the application keeps who it is. Left out, each `connect` is a client that nobody was before: everything that
   * this client repeats by itself is still done once, but what the application sends again after its own restart is a
   * new message.
   */
  readonly identity?: IdentityStore;
  /**
   * Where the application keeps what servers tell of the group. Without it a client that is started when all servers of its
   * config are gone does not find those that took their place.
   */
  readonly groupStore?: GroupStore;
  readonly signal?: CancelSignal;
}

/**
 * Connects to any of the servers, in random order; with one server in the config, to that one and no other. Fails with
 * NO_SERVER where none has answered in time, or all were tried often enough, with CONFIG_INVALID, or with the reason of the signal.
 */
export async function connectOn(platform: Platform, value: unknown, options: ConnectOptions): Promise<Client> {
  checkOptions(options);
  const reading = checkConfig(value);
  if (reading.state === 'invalid') {
    throw new HoldfastError(clientFailure('CONFIG_INVALID', reading.problems.map(({ text }) => text).join('\n')));
  }
  const { servers, group } = reading.config;
  const isGroupNamed = typeof value === 'object' && value !== null && 'group' in value;
  const { random } = platform;
  const counters = await (options.identity === undefined
    ? freshCounters(random)
    : storedCounters(options.identity, random));
  const pinned = servers.length === 1;
  const store = pinned ? undefined : options.groupStore;
  const found = store === undefined ? undefined : await loadKnownGroup(store);
  const kept = isGroupNamed && found?.group !== group ? undefined : found;
  const settings = { servers, pinned, group: isGroupNamed ? group : undefined, kept, software };
  const keeper = store === undefined ? undefined : new GroupKeeper(store, kept);
  const client = new Client(platform, settings, counters, keeper);
  try {
    await firstConnection(platform, client, countOf(servers, kept?.servers ?? []), options);
  } catch (error) {
    await client.close();
    throw error;
  }
  return client;
}

/** How many addresses there are to try. */
function countOf(...lists: readonly (readonly Address[])[]): number {
  return new Set(lists.flatMap((servers) => servers.map(({ host, port }) => `${host}:${port}`))).size;
}

function checkOptions({ connectTimeoutMs, roundsMax, identity, groupStore, signal }: ConnectOptions): void {
  if (connectTimeoutMs !== undefined) checkCount('connectTimeoutMs', connectTimeoutMs);
  if (roundsMax !== undefined) checkCount('roundsMax', roundsMax);
  checkSignal(signal);
  if (identity !== undefined) {
    checkObject('identity', identity);
    checkMethod('identity', identity, 'load');
    checkMethod('identity', identity, 'reserve');
  }
  if (groupStore === undefined) return;
  checkObject('groupStore', groupStore);
  checkMethod('groupStore', groupStore, 'load');
  checkMethod('groupStore', groupStore, 'keep');
}

function firstConnection(
  platform: Platform,
  client: Client,
  serverCount: number,
  options: ConnectOptions,
): Promise<void> {
  const { connectTimeoutMs = CONNECT_TIMEOUT_MS, roundsMax = Infinity, signal } = options;
  let triesLeft = serverCount * roundsMax;
  return new Promise((resolve, reject) => {
    const settle = (action: () => void) => {
      cancelTimer();
      for (const stop of stops) stop();
      signal?.removeEventListener('abort', abort);
      action();
    };
    const abort = () => settle(() => reject(signal?.reason));
    const giveUp = () => settle(() => reject(noServer(client)));
    const stops = [
      client.on('connected', () => settle(resolve)),
      client.on('unreachable', () => {
        triesLeft -= 1;
        if (triesLeft <= 0) giveUp();
      }),
    ];
    const cancelTimer = platform.after(connectTimeoutMs, giveUp);
    if (signal?.aborted === true) abort();
    else signal?.addEventListener('abort', abort);
  });
}

function noServer({ failedTries }: Client): HoldfastError {
  const lines = [errorDefinitions.NO_SERVER.text, ...failedTryLines(failedTries)];
  return new HoldfastError(certain(clientFailure('NO_SERVER', lines.join('\n'))), failedTries);
}
