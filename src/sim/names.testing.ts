/**
 * One run of a made world in which a majority of copies is required: people create accounts of the same few names on all
 * servers at once, and delete some, through crashes, splits and broken connections, all from one seed. Whoever was told
 * that an account exists must have it, under its name, for as long as they do not delete it.
 */
import assert from 'node:assert/strict';

import type { Dot, ServerId } from '../core/model/ids.js';
import { Vector } from '../core/model/vector.js';
import type { Person } from '../core/replica/person.testing.js';
import type { Reply } from '../core/replica/wire-client.testing.js';
import { World } from '../core/replica/world.testing.js';
import { SeededRandom } from './seeded-random.js';
import type { MadeServer } from './server.js';

const STEPS = 80;
const NAMES = ['alice', 'bob', 'carol'];
const CREATORS_MAX = 6;
/** Who has no answer by then asks another server. */
const PATIENCE_MS = 3_000;

export interface NamesRunOptions {
  readonly seed: number;
  readonly servers: number;
  readonly minCopies: number;
}

/** What a run came to. */
export interface NamesRunResult {
  readonly created: number;
  readonly refused: number;
  readonly deleted: number;
  /** Answers that sent somebody to another server. */
  readonly sentElsewhere: number;
  readonly stateHash: string;
}

export function runNames(options: NamesRunOptions): NamesRunResult {
  return new NamesRun(options).run();
}

class NamesRun {
  readonly #minCopies: number;
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #creators: Creator[] = [];
  #isTroubleOver = false;
  /** Of servers that are down: what they held durably when they went. */
  readonly #vectorsOfDead = new Map<ServerId, Vector>();

  constructor({ seed, servers, minCopies }: NamesRunOptions) {
    this.#minCopies = minCopies;
    this.#world = new World({ seed, servers, minCopies });
    this.#random = new SeededRandom(seed ^ 0x4e414d45);
  }

  run(): NamesRunResult {
    const world = this.#world;
    const random = this.#random;
    // Whose clock is behind takes the earlier times.
    for (const server of world.servers) server.clockSkewMs = random.below(400);
    world.startInSync();
    for (let step = 0; step < STEPS; step += 1) {
      const what = random.below(9);
      if (what < 3) this.#makeTrouble(random.pick(world.servers));
      else if (what < 5) this.#makeTroubleAtNextWrite(random.pick(world.servers));
      else if (what < 6) this.#endSomeTrouble();
      this.#askSomething();
      // Mostly short: what matters happens between one message and the next.
      this.#advance(random.below(random.oneIn(8) ? 2_500 : 40));
    }
    this.#isTroubleOver = true;
    world.heal();
    for (const server of world.servers) {
      server.thaw();
      server.resumeDisk();
      if (!server.isRunning) server.start();
    }
    world.until('everyone has an answer', () => {
      this.#look();
      return this.#creators.every(({ isAsking }) => !isAsking);
    });
    world.until('all serve', () => world.servers.every(({ isOpen }) => isOpen));
    world.untilInSync();
    world.untilConverged();
    this.#checkEnd();
    const count = (state: Creator['state']): number => this.#creators.filter((each) => each.state === state).length;
    return {
      created: count('created'),
      refused: count('refused'),
      deleted: this.#creators.filter((each) => each.mayBeDeleted).length,
      sentElsewhere: this.#creators.reduce((sum, { sentElsewhere }) => sum + sentElsewhere, 0),
      stateHash: world.server(1).status.stateHash,
    };
  }

  /** Lets time pass, and looks often: what was acknowledged must be so at that moment. */
  #advance(forMs: number): void {
    for (let left = forMs; left > 0; left -= 20) {
      this.#world.advance(Math.min(left, 20));
      this.#look();
    }
  }

  #look(): void {
    for (const creator of this.#creators) {
      const account = creator.look(this.#random);
      if (account !== undefined) this.#checkCreated(creator, account);
    }
  }

  #askSomething(): void {
    const random = this.#random;
    const asking = this.#creators.filter(({ isAsking }) => isAsking);
    if (asking.length < CREATORS_MAX) {
      const name = random.pick(NAMES);
      const password = `password ${this.#creators.length}`;
      const creator = new Creator(this.#world, this.#world.person(name), password);
      this.#creators.push(creator);
      creator.ask(this.#pickServer());
    }
    const owners = this.#creators.filter((each) => each.state === 'created' && !each.mayBeDeleted);
    if (owners.length > 0 && random.oneIn(2)) random.pick(owners).delete(this.#pickServer());
  }

  #pickServer(): ServerId {
    return 1 + this.#random.below(this.#world.servers.length);
  }

  #checkCreated(creator: Creator, account: Dot): void {
    const where = `seed ${this.#world.seed}: ${creator.name}, acknowledged to ${creator.password}`;
    const holders = this.#world.servers.filter((server) => this.#vectorOf(server.id).covers(account));
    assert.ok(holders.length >= this.#minCopies, `${where}, is on ${holders.length} disks`);
    const twins = this.#creators.filter(
      (other) => other !== creator && other.state === 'created' && other.name === creator.name && !other.mayBeDeleted,
    );
    assert.deepEqual(
      twins.map(({ password }) => password),
      [],
      `${where}: nobody else has the name`,
    );
  }

  #vectorOf(id: ServerId): Vector {
    const server = this.#world.server(id);
    return server.isRunning ? new Vector(server.status.vector) : (this.#vectorsOfDead.get(id) ?? new Vector());
  }

  #checkEnd(): void {
    for (const server of this.#world.servers) {
      const reader = this.#world.person('reader').at(server.id);
      const { names } = reader.ask('ListAccounts', { pattern: '', after: '', limit: 0 });
      const where = `seed ${this.#world.seed}, on server ${server.id}`;
      assert.deepEqual(
        names.filter((name) => name.includes('~')),
        [],
        `${where}: nobody is displaced`,
      );
      for (const creator of this.#creators) {
        if (creator.state !== 'created' || creator.mayBeDeleted) continue;
        const person = creator.person.at(server.id);
        // What the login before it had reserved is on its way back.
        this.#world.advance(50);
        const login = { ...person.loginRequest(true), password: creator.password };
        const { account, name } = person.ask('Login', login);
        assert.deepEqual({ account, name }, { account: creator.account, name: creator.name }, where);
      }
    }
  }

  /** What is sent together with the write has not left yet. */
  #makeTroubleAtNextWrite(server: MadeServer): void {
    const { disk } = server;
    const append = disk.append.bind(disk);
    disk.append = (...parameters) => {
      disk.append = append;
      append(...parameters);
      if (!this.#isTroubleOver) this.#makeTrouble(server);
    };
  }

  #makeTrouble(server: MadeServer): void {
    const world = this.#world;
    const random = this.#random;
    const ids = world.servers.map(({ id }) => id);
    const other = world.server(random.pick(ids.filter((id) => id !== server.id)));
    switch (random.below(6)) {
      case 0:
        // Not in the middle of what it is doing.
        server.host.after(0, () => {
          if (!this.#isTroubleOver) this.#crash(server);
        });
        return;
      case 1:
        server.freeze();
        return;
      case 2:
        server.hangDisk();
        return;
      case 3:
        world.network.breakConnections(server.host.name, other.host.name);
        return;
      case 4:
        world.cutOneWay(server.id, other.id);
        if (random.oneIn(2)) world.cutOneWay(other.id, server.id);
        return;
      default: {
        const group = ids.filter(() => random.oneIn(2));
        world.split(
          group,
          ids.filter((id) => !group.includes(id)),
        );
      }
    }
  }

  #crash(server: MadeServer): void {
    if (!server.isRunning) return;
    this.#vectorsOfDead.set(server.id, new Vector(server.status.vector));
    server.crash();
  }

  #endSomeTrouble(): void {
    const random = this.#random;
    if (random.oneIn(2)) this.#world.heal();
    for (const server of this.#world.servers) {
      if (random.oneIn(2)) server.thaw();
      if (random.oneIn(2)) server.resumeDisk();
      if (random.oneIn(2) && !server.isRunning) server.start();
    }
  }
}

/** Someone who wants an account of a name, and asks one server after the other until they have an answer. */
class Creator {
  state: 'asking' | 'created' | 'refused' = 'asking';
  account: Dot | undefined;
  /** A request to delete it was sent. */
  mayBeDeleted = false;
  sentElsewhere = 0;
  readonly #world: World;
  readonly #request;
  #reply: Reply<'CreateAccount'> | undefined;
  #askedMs = 0;
  #askAgainMs = 0;

  constructor(
    world: World,
    readonly person: Person,
    readonly password: string,
  ) {
    this.#world = world;
    this.#request = person.creation(password);
  }

  get name(): string {
    return this.person.name;
  }

  get isAsking(): boolean {
    return this.state === 'asking';
  }

  ask(server: ServerId): void {
    const { client } = this.person;
    client.connect(this.#world.addressOf(server));
    this.#reply = client.request('CreateAccount', this.#request);
    this.#askedMs = this.#world.timeline.nowMs;
  }

  /** Takes the answer if there is one; gives the account if that says that it exists. */
  look(random: SeededRandom): Dot | undefined {
    if (!this.isAsking) return undefined;
    const { nowMs } = this.#world.timeline;
    const reply = this.#reply;
    if (reply === undefined) {
      if (nowMs >= this.#askAgainMs) this.ask(1 + random.below(this.#world.servers.length));
      return undefined;
    }
    if (reply.message !== undefined) {
      this.state = 'created';
      this.account = reply.message.account;
      return this.account;
    }
    if (reply.failed === 'NAME_TAKEN') this.state = 'refused';
    else if (reply.failed !== undefined || nowMs - this.#askedMs > PATIENCE_MS) {
      this.#reply = undefined;
      this.sentElsewhere += 1;
      this.#askAgainMs = nowMs + random.below(300);
    }
    return undefined;
  }

  /** Logs in and deletes the account, without waiting for what comes of it. */
  delete(server: ServerId): void {
    this.mayBeDeleted = true;
    const { client } = this.person;
    client.connect(this.#world.addressOf(server));
    client.request('Login', { ...this.person.loginRequest(true), password: this.password });
    client.request('DeleteAccount', {});
  }
}
