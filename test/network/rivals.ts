/**
 * People who want the same thing at the same time on two servers: a name that is free, and the one session of an
 * account. How many get it is told at once; what has become of it, in the end.
 */
import { clientOf } from '#src/apps/drill/group-view.js';
import { HoldfastError, type Client, type ClientConfig } from '#src/library/node.js';

export interface Contest {
  /** How many creations of the name were acknowledged. */
  readonly created: number;
  /** How many logins to one account were. */
  readonly loggedIn: number;
}

export interface ContestEnd {
  /** What each server lists of the name, and of what displaced accounts are called. */
  readonly listed: readonly (readonly string[])[];
  /** How many of the sessions to the one account still are. */
  readonly sessions: number;
}

export class Rivals {
  readonly #config: ClientConfig;
  readonly #holdersByName = new Map<string, Client[]>();
  readonly #clients: Client[] = [];

  constructor(config: ClientConfig) {
    this.#config = config;
  }

  /** Makes the account that {@link compete} is for the session of. */
  async prepare(name: string): Promise<void> {
    const client = await this.#client(this.#config.servers[0]!.id);
    await client.createAccount(sessionOf(name), 'secret');
  }

  async compete(name: string, servers: readonly number[]): Promise<Contest> {
    const clients = await Promise.all(servers.map((id) => this.#client(id)));
    const created = await Promise.all(
      clients.map((client, index) => succeeds(client.createAccount(name, `secret ${index}`))),
    );
    const logins = await Promise.all(clients.map((client) => succeeds(client.login(sessionOf(name), 'secret'))));
    const holders = clients.filter((_, index) => logins[index]);
    this.#holdersByName.set(name, holders);
    return { created: created.filter(Boolean).length, loggedIn: holders.length };
  }

  /** To be asked once all servers have the same state. */
  async end(name: string): Promise<ContestEnd> {
    const pattern = `^${name}(~|$)`;
    const lists = this.#config.servers.map(async ({ id }) => (await this.#client(id)).accounts(pattern));
    const holders = this.#holdersByName.get(name) ?? [];
    const isOpen = await Promise.all(holders.map((client) => succeeds(client.history(name))));
    return { listed: await Promise.all(lists), sessions: isOpen.filter(Boolean).length };
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  async #client(id: number): Promise<Client> {
    const client = await clientOf(this.#config, id);
    this.#clients.push(client);
    return client;
  }
}

function sessionOf(name: string): string {
  return `one.${name}`;
}

/** False where the service refuses. */
async function succeeds(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof HoldfastError) return false;
    throw error;
  }
}
