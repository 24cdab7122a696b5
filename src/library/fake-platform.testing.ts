/** The library in the world of a fake group: its clock, its network, its chance. */
import { FakeGroup } from '../core/client/fake-group.testing.js';
import type { Client } from './client.js';
import { connectOn, type ConnectOptions } from './connect.js';
import type { Platform } from './platform.js';

export class FakePlatform {
  readonly group: FakeGroup;
  readonly platform: Platform;

  constructor(group: FakeGroup) {
    this.group = group;
    this.platform = {
      clock: group.clock,
      random: group.random,
      network: (events) => {
        group.client = events;
        return group.network;
      },
      after: (delayMs, callback) => group.after(delayMs, callback),
    };
  }

  get config(): unknown {
    return { servers: this.group.servers.map(({ id, address }) => ({ id, ...address })) };
  }

  connect(options: ConnectOptions = {}, config = this.config): Promise<Client> {
    return this.until(connectOn(this.platform, config, options));
  }

  /** A client that is logged in. */
  async loggedIn(options: ConnectOptions = {}): Promise<Client> {
    const client = await this.connect(options);
    await this.until(client.login('alice', 'secret'));
    return client;
  }

  /** Lets the world go on, a millisecond at a time, until the promise is settled. */
  async until<Value>(promise: Promise<Value>): Promise<Value> {
    const state = { isSettled: false };
    const settle = () => {
      state.isSettled = true;
    };
    promise.then(settle, settle);
    for (let turns = 0; turns < 100_000; turns++) {
      await this.turn();
      if (state.isSettled) return promise;
      this.group.advance(1);
    }
    throw new Error('Nothing came of it in a hundred seconds.');
  }

  /** Lets everything go on that waits for no time to pass. */
  async turn(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.group.advance();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

export function fakePlatform(serverCount: number): FakePlatform {
  return new FakePlatform(new FakeGroup(serverCount));
}
