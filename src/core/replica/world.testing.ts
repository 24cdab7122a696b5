/** A made world for tests: with clients that do just what they are told, and people who wait for their answers. */
import { createHash, createHmac } from 'node:crypto';

import type { Digests } from '../../sim/server.js';
import { World as MadeWorld, type WorldOptions as MadeWorldOptions } from '../../sim/world.js';
import { Person } from './person.testing.js';
import { WireClient } from './wire-client.testing.js';

export type WorldOptions = Omit<MadeWorldOptions, 'digests'>;

const digests: Digests = {
  sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
  hmacSha256: (key, bytes) => new Uint8Array(createHmac('sha256', key).update(bytes).digest()),
};

export class World extends MadeWorld {
  #clients = 0;

  constructor(options: WorldOptions = {}) {
    super({ ...options, digests });
  }

  /** A client on a machine of its own. */
  client(): WireClient {
    this.#clients += 1;
    return new WireClient(this.network.host(`client-${this.#clients}`));
  }

  /** Someone who uses the service, with an account of this name once they create it. */
  person(name: string, password?: string): Person {
    return new Person(this, name, this.random.randomBytes(16), password);
  }
}
