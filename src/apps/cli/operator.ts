/** What the commands of operators share: the config, the key of the group, and a server by its id. */
import type { Config, ConfigServer } from '../../core/model/config.js';
import { errorDefinitions } from '../../core/model/errors.js';
import type { FrameName, MessageOf } from '../../core/wire/message-types.js';
import { readGroupKey } from '../config/group-key.js';
import { OperatorLink } from '../operator/operator-link.js';
import { CommandFailed } from './command-failed.js';
import { currentServers } from './kept-group.js';
import { loadConfig } from './load-config.js';

/** A group as one sees it who holds its key. */
export interface OperatedGroup {
  readonly config: Config;
  /** The members, as a server tells; where none can be reached, those of the config and those told of before. */
  readonly servers: readonly ConfigServer[];
  /** @throws CommandFailed where the server cannot be reached or does not prove itself. */
  connect(server: ConfigServer): Promise<OperatorLink>;
}

/** @throws CommandFailed where the config or the key file cannot be used. */
export async function operateGroup(configPath: string): Promise<OperatedGroup> {
  const configFile = await loadConfig(configPath);
  const reading = await readGroupKey(configFile);
  if (reading.state === 'rejected') throw new CommandFailed('CONFIG_INVALID', reading.problem);
  const { config } = configFile;
  const key = reading.key ?? new Uint8Array(0);
  return {
    config,
    servers: await currentServers(config),
    connect: (server) => OperatorLink.connect({ group: config.group, key, server }),
  };
}

/**
 * Asks one server after the other, until one can answer.
 * @throws CommandFailed with what it answered, or with what happened at each
 */
export async function askAny<Name extends FrameName, Answer extends FrameName>(
  group: OperatedGroup,
  servers: readonly ConfigServer[],
  [name, message, answerName]: readonly [Name, MessageOf<Name>, Answer],
): Promise<MessageOf<Answer>> {
  const inVain: CommandFailed[] = [];
  for (const server of servers) {
    const link = await group.connect(server).catch(failedOnly);
    // Another may be of this group, hold its key, and know of operators.
    if (link instanceof CommandFailed) {
      inVain.push(link);
      continue;
    }
    const answer = await link.ask(name, message, answerName).catch(failedOnly);
    await link.close();
    if (!(answer instanceof CommandFailed)) return answer;
    if (errorDefinitions[answer.code].class !== 'unavailable') throw answer;
    inVain.push(answer);
  }
  const last = inVain.find(({ code }) => code !== 'NO_SERVER')?.code ?? 'NO_SERVER';
  // What several say in the same words, such as too few copies, is no news the second time.
  const messages = new Set(inVain.map((failed) => failed.message));
  throw new CommandFailed(last, [...messages].join('\n'));
}

function failedOnly(error: unknown): CommandFailed {
  if (error instanceof CommandFailed) return error;
  throw error;
}

/** @throws CommandFailed where the config has no such server. */
export function serverOfId(servers: readonly ConfigServer[], id: string, configPath: string): ConfigServer {
  const found = servers.find((server) => String(server.id) === id);
  if (found !== undefined) return found;
  const isId = /^[0-9]+$/.test(id);
  const problem = isId ? `${configPath} has no server "${id}". It` : `An id is a whole number; ${configPath}`;
  throw new CommandFailed('USAGE', `${problem} has ${servers.map((server) => server.id).join(', ')}.`);
}
