/**
 * Asks every server of a group how it is: those that are known here, and those that these tell of. The group itself has
 * the last word on who is a member; a config may be old.
 */
import type { ConfigServer } from '../../core/model/config.js';
import type { Asked } from './status-report.js';

export interface AskedGroup {
  /** The members, and whoever else answers, by id. */
  readonly servers: readonly ConfigServer[];
  readonly askedById: ReadonlyMap<number, Asked>;
  /** Servers that are known here and are not members. */
  readonly former: readonly number[];
}

export async function askGroup(
  known: readonly ConfigServer[],
  ask: (server: ConfigServer) => Promise<Asked>,
): Promise<AskedGroup> {
  const askedById = new Map<number, Asked>();
  const placeById = new Map<number, ConfigServer>();
  for (let next = known; next.length > 0; next = unaskedOf(askedById, placeById)) {
    for (const server of next) placeById.set(server.id, server);
    const answers = await Promise.all(next.map(async (server) => [server.id, await ask(server)] as const));
    for (const [id, asked] of answers) askedById.set(id, asked);
  }
  const members = membersTold(askedById);
  const isMember = (id: number): boolean => members.size === 0 || members.has(id);
  const isThere = (id: number): boolean => isMember(id) || askedById.get(id)?.state === 'answered';
  const servers = [...placeById.values()].filter(({ id }) => isThere(id)).sort((a, b) => a.id - b.id);
  return { servers, askedById, former: known.map(({ id }) => id).filter((id) => !isMember(id)) };
}

/** Members that nobody asked yet, or not where they are. */
function unaskedOf(
  askedById: ReadonlyMap<number, Asked>,
  placeById: ReadonlyMap<number, ConfigServer>,
): readonly ConfigServer[] {
  return [...membersTold(askedById).values()].filter((member) => {
    const place = placeById.get(member.id);
    if (place === undefined) return true;
    const isElsewhere = place.host !== member.host || place.port !== member.port;
    return isElsewhere && askedById.get(member.id)?.state !== 'answered';
  });
}

/** By id. Servers that cannot reach each other may know of different ones. */
function membersTold(askedById: ReadonlyMap<number, Asked>): Map<number, ConfigServer> {
  const members = new Map<number, ConfigServer>();
  for (const asked of askedById.values()) {
    if (asked.state !== 'answered') continue;
    for (const { server: id, host, port } of asked.answer.members) {
      if (!members.has(id)) members.set(id, { id, host, port });
    }
  }
  return members;
}
