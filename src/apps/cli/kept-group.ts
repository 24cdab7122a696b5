/**
 * Where the commands keep what servers tell of a group, so that an old config still leads to it: a file for each list of
 * servers that a config has, in the folder for such things of the user. Most groups are as their config says, and then there
 * is no file.
 */
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';

import type { Config, ConfigServer } from '../../core/model/config.js';
import { limits } from '../../core/model/limits.js';
import { JsonFile } from '../../io/node/json-file.js';
import { loadKnownGroup } from '../../library/known-group.js';
import { connect, HoldfastError, type GroupStore, type KnownGroup } from '../../library/node.js';

export function keptGroup({ group, servers }: Config): GroupStore {
  const seeds = addresses(servers);
  const name = createHash('sha256')
    .update(JSON.stringify([group, seeds]))
    .digest('hex')
    .slice(0, 16);
  const file = new JsonFile(join(stateFolder(), `group-${name}.json`));
  return {
    load: async () => (await file.read()) as KnownGroup | undefined,
    keep: async (known) => {
      const isAsInConfig = JSON.stringify(addresses(known.servers)) === JSON.stringify(seeds);
      await (isAsInConfig ? file.remove() : file.replace(known));
    },
  };
}

/** The servers of the config, with what is known of them and of others since. */
export async function knownServers(config: Config): Promise<readonly ConfigServer[]> {
  const kept = await loadKnownGroup(keptGroup(config));
  if (kept?.group !== config.group) return config.servers;
  const keptIds = new Set(kept.servers.map(({ id }) => id));
  const told = kept.servers.map((server) => config.servers.find((seed) => isSameAddress(seed, server)) ?? server);
  return [...told, ...config.servers.filter(({ id }) => !keptIds.has(id))].sort((a, b) => a.id - b.id);
}

/** The members by the word of a server that can be reached; where none can, the servers that are known here. */
export async function currentServers(config: Config): Promise<readonly ConfigServer[]> {
  const patience = { connectTimeoutMs: limits.statusTimeoutMs, roundsMax: 1 };
  try {
    const client = await connect(config, { groupStore: keptGroup(config), ...patience });
    const { members } = client;
    await client.close();
    return members.map((member) => config.servers.find((seed) => isSameAddress(seed, member)) ?? member);
  } catch (error) {
    if (error instanceof HoldfastError) return knownServers(config);
    throw error;
  }
}

function isSameAddress(one: ConfigServer, other: ConfigServer): boolean {
  return one.id === other.id && one.host === other.host && one.port === other.port;
}

function addresses(servers: readonly { readonly host: string; readonly port: number }[]): string[] {
  return servers.map(({ host, port }) => `${host.toLowerCase()}:${port}`).toSorted();
}

function stateFolder(): string {
  const folder = process.env['XDG_STATE_HOME'];
  return join(folder === undefined || folder === '' ? join(homedir(), '.local', 'state') : folder, 'holdfast');
}
