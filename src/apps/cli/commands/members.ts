import type { Config, ConfigServer } from '../../../core/model/config.js';
import { limits } from '../../../core/model/limits.js';
import type { MessageOf } from '../../../core/wire/message-types.js';
import { writeData, writeNote } from '../console.js';
import { CommandFailed } from '../command-failed.js';
import { keptGroup } from '../kept-group.js';
import { askAny, operateGroup } from '../operator.js';

type Settled = MessageOf<'MembersSettled'>;

export interface AddOptions {
  /** Where other servers reach it, where that is elsewhere. */
  readonly peer?: string | undefined;
  /** The server is a member, and has another address from now on. */
  readonly move: boolean;
}

/** `holdfast server add <config> <id> <host:port>`, and `holdfast server move` */
export async function addServer(
  configPath: string,
  id: string,
  address: string,
  { peer, move }: AddOptions,
): Promise<number> {
  const server = idOf(id);
  const { host, port } = addressOf(address);
  const peerAddress = peer === undefined ? undefined : addressOf(peer);
  const group = await operateGroup(configPath);
  const request = { server, host, port, peerHost: peerAddress?.host, peerPort: peerAddress?.port, move };
  const settled = await askAny(group, group.servers, ['AddMember', request, 'MembersSettled']);
  await keep(group.config, settled);
  const changed = move
    ? `Server ${server} is at ${address} from now on`
    : `Server ${server} is a member of the group now`;
  const unchanged = `Server ${server} is a member at ${address} already. Nothing was changed.`;
  const hasKey = group.config.groupKeyFile !== undefined;
  // The config alone is data, so that it can be sent to a file.
  writeNote(settled.changed ? `${changed}. ${storedOn(settled)}` : unchanged);
  writeNote(move ? howToMove(server, hasKey) : howToStart(server, hasKey));
  writeNote('');
  const peerPlace = peerAddress && { peerHost: peerAddress.host, peerPort: peerAddress.port };
  const entry = { id: server, host, port, ...peerPlace };
  writeData(configText(configOf(group.config, settled, entry)));
  return 0;
}

/** `holdfast server remove <config> <id>` */
export async function removeServer(configPath: string, id: string): Promise<number> {
  const server = idOf(id);
  const group = await operateGroup(configPath);
  // Those that stay are asked first. The one that goes may be the only one that can be reached.
  const servers = group.servers.toSorted((a, b) => Number(a.id === server) - Number(b.id === server));
  const settled = await askAny(group, servers, ['RemoveMember', { server }, 'MembersSettled']);
  await keep(group.config, settled);
  const left = settled.members.map((member) => member.server).join(', ');
  writeData(`Server ${server} is not a member of the group any more. Members: ${left}. ${storedOn(settled)}`);
  writeData(
    'If it runs, it moves its clients to others, hands over what only it holds, and stops. If it is down, it does so when it is started once more.',
  );
  return 0;
}

function howToStart(server: number, hasKey: boolean): string {
  const key = hasKey ? 'Copy the key file to its machine, save' : 'On its machine, save';
  return `${key} what follows as config.json, and run: holdfast server config.json ${server}`;
}

function howToMove(server: number, hasKey: boolean): string {
  const what = hasKey ? 'its data directory and the key file' : 'its data directory';
  return `Stop server ${server}, take ${what} along, and start it there with this config:`;
}

/** A line for each server, as people write it. */
function configText({ servers, ...rest }: GivenConfig): string {
  const members = (value: object): string[] =>
    Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${JSON.stringify(each)}`);
  const entries = servers.map((server) => `    { ${members(server).join(', ')} }`);
  const others = members(rest).map((member) => `  ${member}`);
  return ['{', '  "servers": [', entries.join(',\n'), '  ],', others.join(',\n'), '}'].join('\n');
}

type GivenConfig = Pick<Config, 'servers' | 'group' | 'sessionsPerAccount' | 'minCopies'> & {
  readonly groupKeyFile?: string;
};

/** What the new server is started with. Others need no other config than they have. */
function configOf(config: Config, { members }: Settled, entry: ConfigServer): GivenConfig {
  const servers = members.map(({ server, host, port }) => {
    if (server === entry.id) return entry;
    const known = config.servers.find((each) => each.id === server && each.host === host && each.port === port);
    return known ?? { id: server, host, port };
  });
  const { group, sessionsPerAccount, minCopies, groupKeyFile } = config;
  return { servers, group, sessionsPerAccount, minCopies, ...(groupKeyFile !== undefined && { groupKeyFile }) };
}

function storedOn({ storedOn: stored }: Settled): string {
  return stored === undefined ? '' : `Stored on ${stored.copies} of ${stored.members} servers.`;
}

/** This user's commands find the group by what it is now. Nobody is kept from anything where that cannot be kept. */
async function keep(config: Config, { members }: Settled): Promise<void> {
  const servers = members.map(({ server, host, port }) => ({ id: server, host, port }));
  await keptGroup(config)
    .keep({ group: config.group, servers })
    .catch(() => undefined);
}

function idOf(text: string): number {
  if (/^[1-9][0-9]{0,9}$/.test(text)) return Number(text);
  throw new CommandFailed(
    'USAGE',
    `"${text}" is no id of a server; an id is a whole number from 1 to ${limits.serverIdMax}.`,
  );
}

/** `host:port`, with an IPv6 address in brackets. Whether it is a sound one is for the server to say. */
function addressOf(text: string): { readonly host: string; readonly port: number } {
  const found = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]{1,5})$/.exec(text);
  if (found === null) {
    throw new CommandFailed('USAGE', `"${text}" is no address; give host:port, such as chat-4.example.org:6000.`);
  }
  return { host: (found[1] ?? found[2])!, port: Number(found[3]) };
}
