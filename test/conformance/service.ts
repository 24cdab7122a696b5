/** A running service that all tests of a suite share, and people who use it through raw clients. */
import { randomBytes } from 'node:crypto';
import { after, before, type TestContext } from 'node:test';

import type { MessageOf } from '#src/core/wire/message-types.js';

import { makePlace, ServerGroup, type GroupOptions } from '../support/server-group.js';
import { RawClient, type Address, type TransportName } from './raw-client.js';

export const PASSWORD = 'correct horse';

/** A person's account on one connection, with what the client keeps of it. */
export interface Person {
  readonly client: RawClient;
  readonly name: string;
  /** Of all operation ids of this person. */
  readonly operationClient: Uint8Array;
  readonly loggedIn: MessageOf<'LoggedIn'>;
}

export class Service {
  #group: ServerGroup | undefined;
  #names = 0;

  /** To be called in a suite: the servers run while its tests do. */
  static shared(options: GroupOptions): Service {
    const service = new Service();
    before(async () => {
      service.#group = new ServerGroup(await makePlace(options));
      await service.#group.startAll();
    });
    after(() => service.#group?.end());
    return service;
  }

  get group(): ServerGroup {
    if (this.#group === undefined) throw new Error('The servers are started before the first test.');
    return this.#group;
  }

  address(server = 1): Address {
    return this.group.config.servers.find(({ id }) => id === server)!;
  }

  /** A connection on which nothing has been sent. It ends with the test. */
  async connect(t: TestContext, { server = 1, transport }: Where = {}): Promise<RawClient> {
    return closedWith(t, await RawClient.connect(this.address(server), transport));
  }

  /** A connection that has been welcomed. */
  async greet(t: TestContext, { server = 1, transport }: Where = {}): Promise<RawClient> {
    return closedWith(t, await RawClient.greet(this.address(server), transport));
  }

  /** A name that no other test uses. */
  freshName(like = 'someone'): string {
    this.#names += 1;
    return `${like}.${this.#names}`;
  }

  /** Creates an account and logs in to it. */
  async person(t: TestContext, like?: string, where?: Where): Promise<Person> {
    const client = await this.greet(t, where);
    const name = this.freshName(like);
    await client.ask('CreateAccount', { name, password: PASSWORD, operation: freshOperation() }, 'AccountCreated');
    const operation = freshOperation();
    const loggedIn = await client.ask('Login', loginOf(name, { operation }), 'LoggedIn');
    return { client, name, operationClient: operation.client, loggedIn };
  }

  /** Whether a server does what people ask of it: someone new writes to themselves and gets it. */
  async checkAlive(t: TestContext): Promise<void> {
    const { client, name } = await this.person(t, 'canary');
    client.send('Receive', { cursor: [], credit: 1 });
    await client.ask('Send', { to: name, text: 'still here', counter: 2 }, 'Sent');
    await client.push('Deliver');
    client.close();
  }
}

export interface Where {
  readonly server?: number;
  readonly transport?: TransportName;
}

/** An operation id that was never used. Counters of one client go on from its counter. */
export function freshOperation(): MessageOf<'OperationId'> {
  return { client: randomBytes(16), counter: 1 };
}

export function loginOf(
  name: string,
  { password = PASSWORD, operation = freshOperation(), takeOver = false } = {},
): MessageOf<'Login'> {
  return { name, password, operation, takeOver };
}

export function resumeOf({ loggedIn }: Person): MessageOf<'Resume'> {
  const { account, session, token } = loggedIn;
  return { account, session, token, latestTime: 0 };
}

function closedWith(t: TestContext, client: RawClient): RawClient {
  t.after(() => client.close());
  return client;
}
