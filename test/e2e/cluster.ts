/** A group of real servers for a test: what it starts ends with the test. */
import type { TestContext } from 'node:test';
import { connect, type Client } from '#src/library/node.js';
import { makePlace, ServerGroup, type GroupOptions } from '../support/server-group.js';

export class Cluster extends ServerGroup {
  /** Makes a group and starts all its servers. */
  static async start(t: TestContext, options: GroupOptions = {}): Promise<Cluster> {
    const cluster = new Cluster(await makePlace(options));
    t.after(() => cluster.end());
    await cluster.startAll();
    return cluster;
  }

  /** A client of all servers, or of those named. It is closed with the test. */
  async client(t: TestContext, ...ids: number[]): Promise<Client> {
    const servers = this.config.servers.filter((server) => ids.length === 0 || ids.includes(server.id));
    const client = await connect({ servers });
    t.after(() => client.close());
    return client;
  }

  /** Alice, logged in, who has written `before` to bob. */
  async aliceWhoWrote(t: TestContext): Promise<Client> {
    const alice = await this.client(t);
    await alice.createAccount('alice', 'secret a');
    await alice.createAccount('bob', 'secret b');
    await alice.login('alice', 'secret a');
    await alice.send('bob', 'before');
    return alice;
  }
}
