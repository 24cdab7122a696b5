/** What the servers of a group say of themselves and hold, each asked by a client of it and no other. */
import { connect, type Client, type ClientConfig, type ServerStatus } from '../../library/node.js';
import type { PairRecord } from './check.js';
import { numberOf } from './people.js';

const POLL_MS = 100;
const STATUS_TIMEOUT_MS = 5_000;

type Pair = Pick<PairRecord, 'sender' | 'reader'>;

/** A client of this server and no other. */
export async function clientOf(config: ClientConfig, id: number): Promise<Client> {
  return connect({ ...config, servers: config.servers.filter((server) => server.id === id) });
}

/** What each server says of itself; undefined where one does not. */
export async function statusesOf(config: ClientConfig): Promise<(ServerStatus | undefined)[]> {
  return Promise.all(
    config.servers.map(async ({ id }) => {
      try {
        const client = await clientOf(config, id);
        try {
          return await client.status({ signal: AbortSignal.timeout(STATUS_TIMEOUT_MS) });
        } finally {
          await client.close();
        }
      } catch {
        return undefined;
      }
    }),
  );
}

/** Waits until all servers serve, are in sync with each other and have the same state. False where that takes too long. */
export async function hasConverged(config: ClientConfig, timeoutMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const found = await statusesOf(config);
    const isInSync = found.every((status) => status?.peers.every((peer) => peer.inSync) === true);
    if (isInSync && new Set(found.map((status) => status?.stateHash)).size === 1) return true;
    if (performance.now() > deadlineMs) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Adds to each pair what every server holds of it. The readers' sessions elsewhere end. */
export async function withHistories<P extends Pair>(
  config: ClientConfig,
  pairs: readonly P[],
  password: string,
): Promise<(P & Pick<PairRecord, 'storedByServer'>)[]> {
  const found = pairs.map((pair) => ({ ...pair, storedByServer: new Map<number, number[]>() }));
  for (const { id } of config.servers) {
    const client = await clientOf(config, id);
    try {
      for (const reader of new Set(pairs.map((pair) => pair.reader))) {
        await client.login(reader, password, { takeOver: true });
        for (const { sender, storedByServer } of found.filter((pair) => pair.reader === reader)) {
          storedByServer.set(id, await readConversation(client, sender));
        }
        await client.logoff();
      }
    } finally {
      await client.close();
    }
  }
  return found;
}

/** The numbers of what the sender wrote to the account that is logged in, oldest first. */
async function readConversation(client: Client, sender: string): Promise<number[]> {
  const numbers: number[] = [];
  for (let page = await client.history(sender); ;) {
    for (const message of page.messages) if (message.from === sender) numbers.push(numberOf(message));
    const before = page.messages.at(-1);
    if (!page.more || before === undefined) return numbers.toReversed();
    page = await client.history(sender, { before });
  }
}
