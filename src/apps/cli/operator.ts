/** What the commands of operators share: the config, the key of the group, and a server by its id. */
import type { ConfigServer } from '../../core/model/config.js';
import { readGroupKey } from '../config/group-key.js';
import { OperatorLink } from '../operator/operator-link.js';
import { CommandFailed } from './command-failed.js';
import { loadConfig } from './load-config.js';

/** A group as one sees it who holds its key. */
export interface OperatedGroup {
  readonly servers: readonly ConfigServer[];
  /** @throws CommandFailed where the server cannot be reached or does not prove itself. */
  connect(server: ConfigServer): Promise<OperatorLink>;
}

/** @throws CommandFailed where the config or the key file cannot be used. */
export async function operateGroup(configPath: string): Promise<OperatedGroup> {
  const configFile = await loadConfig(configPath);
  const reading = await readGroupKey(configFile);
  if (reading.state === 'rejected') throw new CommandFailed('CONFIG_INVALID', reading.problem);
  const { group, servers } = configFile.config;
  const key = reading.key ?? new Uint8Array(0);
  return { servers, connect: (server) => OperatorLink.connect({ group, key, server }) };
}

/** @throws CommandFailed where the config has no such server. */
export function serverOfId(servers: readonly ConfigServer[], id: string, configPath: string): ConfigServer {
  const found = servers.find((server) => String(server.id) === id);
  if (found !== undefined) return found;
  const isId = /^[0-9]+$/.test(id);
  const problem = isId ? `${configPath} has no server "${id}". It` : `An id is a whole number; ${configPath}`;
  throw new CommandFailed('USAGE', `${problem} has ${servers.map((server) => server.id).join(', ')}.`);
}
