/**
 * One run of a made world: three servers, three users who write to each other, and trouble of the kinds asked for, all
 * from one seed. Then the trouble ends, and what everyone was told must add up.
 */
import assert from 'node:assert/strict';

import { SeededRandom } from './seeded-random.js';
import { World } from '../core/replica/world.testing.js';
import { User } from './user.testing.js';

const STEPS = 60;

type Trouble = 'crash' | 'freeze' | 'break' | 'hang' | 'cut' | 'split';

export interface RunOptions {
  readonly seed: number;
  readonly troubles: readonly Trouble[];
  /**
   * Whether the trouble leaves the order of what one user sends another alone. For that no server crashes while no other is
   * open: the next to start would take messages without those that only the one that is down has.
   */
  readonly keepsOrder: boolean;
}

/** What a run came to, down to the moment of its end. */
export interface RunResult {
  readonly endMs: number;
  readonly stateHash: string;
  readonly received: readonly (readonly string[])[];
  readonly sessionsLost: number;
}

export function runWithTrouble({ seed, troubles, keepsOrder }: RunOptions): RunResult {
  const world = new World({ seed });
  const random = new SeededRandom(seed ^ 0x5eed);
  world.startInSync();
  const users = ['alice', 'bob', 'carol'].map((name) => new User(world, name, random));
  for (const user of users) user.create();
  world.until('all are logged in', () => users.every((user) => user.isLoggedIn));
  for (let step = 0; step < STEPS; step += 1) {
    if (random.oneIn(4)) makeTrouble(world, random, random.pick(troubles), keepsOrder);
    else if (random.oneIn(3)) endSomeTrouble(world, random);
    for (let sends = random.below(4); sends > 0; sends -= 1) random.pick(users).send(random.pick(users).name);
    world.advance(random.below(random.oneIn(6) ? 1_500 : 120));
  }
  endAllTrouble(world);
  world.until('every send has an outcome', () =>
    users.every(({ sent }) => sent.every(({ outcome }) => outcome !== 'waiting')),
  );
  world.untilInSync();
  world.untilConverged();
  world.until('everyone has what was stored for them', () => users.every((user) => lackedBy(user, users).length === 0));
  world.untilConverged();
  for (const user of users) checkStream(world, user, users, keepsOrder);
  // A crash in the middle of a long write leaves a hole, of which the operator is told.
  const errors = world.errors.filter((error) => !error.includes('A part of the log is damaged'));
  assert.deepEqual(errors, [], `seed ${seed}`);
  return {
    endMs: world.timeline.nowMs,
    stateHash: world.server(1).status.stateHash,
    received: users.map(({ received }) => received.map(({ text }) => text)),
    sessionsLost: users.reduce((sum, user) => sum + user.sessionsLost, 0),
  };
}

/** Messages to the user that their senders know to be stored, and that have not come. */
function lackedBy(user: User, users: readonly User[]): string[] {
  const texts = new Set(user.received.map(({ text }) => text));
  return users
    .flatMap(({ sent }) => sent)
    .filter(({ to, text, outcome }) => to === user.name && outcome === 'stored' && !texts.has(text))
    .map(({ text }) => text);
}

/** Nothing came twice, nothing came that was not sent, and what one user sent another came in order where it has to. */
function checkStream(world: World, user: User, users: readonly User[], keepsOrder: boolean): void {
  const texts = user.received.map(({ text }) => text);
  const where = `seed ${world.seed}, what ${user.name} received`;
  assert.deepEqual([...new Set(texts)], texts, `${where}: nothing twice`);
  for (const sender of users) {
    const sent = sender.sent.filter(({ to }) => to === user.name).map(({ text }) => text);
    const fromSender = user.received.filter(({ from }) => from === sender.name).map(({ text }) => text);
    const inOrder = sent.filter((text) => fromSender.includes(text));
    assert.equal(fromSender.length, inOrder.length, `${where} from ${sender.name}: nothing else`);
    if (keepsOrder) assert.deepEqual(fromSender, inOrder, `${where} from ${sender.name}: in order`);
  }
}

function makeTrouble(world: World, random: SeededRandom, trouble: Trouble, keepsOrder: boolean): void {
  const [one, other, third] = random.pick([
    [1, 2, 3],
    [2, 3, 1],
    [3, 1, 2],
    [2, 1, 3],
    [3, 2, 1],
    [1, 3, 2],
  ] as const);
  const server = world.server(one);
  switch (trouble) {
    case 'crash':
      if (keepsOrder && !world.servers.some((another) => another !== server && another.isOpen)) return;
      if (server.isRunning) server.crash();
      if (random.oneIn(4)) server.loseView();
      return;
    case 'freeze':
      server.freeze();
      return;
    case 'hang':
      server.hangDisk();
      return;
    case 'break':
      world.network.breakConnections(server.host.name, world.server(other).host.name);
      return;
    case 'cut':
      world.cutOneWay(one, other);
      if (random.oneIn(2)) world.cutOneWay(other, one);
      return;
    case 'split':
      world.split([one], [other, third]);
  }
}

function endSomeTrouble(world: World, random: SeededRandom): void {
  if (random.oneIn(3)) world.heal();
  for (const server of world.servers) {
    if (random.oneIn(2)) server.thaw();
    if (random.oneIn(2)) server.resumeDisk();
    if (random.oneIn(2) && !server.isRunning) server.start();
  }
}

function endAllTrouble(world: World): void {
  world.heal();
  for (const server of world.servers) {
    server.thaw();
    server.resumeDisk();
    if (!server.isRunning) server.start();
  }
}
