/**
 * One run of a made world in which servers come and go for good while users write to each other and all kinds of trouble
 * happen, from one seed. Then the trouble ends, removed servers are started once more to hand over, and what everyone was
 * told must add up.
 */
import assert from 'node:assert/strict';

import type { ServerId } from '../core/model/ids.js';
import { limits } from '../core/model/limits.js';
import { World } from '../core/replica/world.testing.js';
import { Device } from './device.js';
import { SeededRandom } from './seeded-random.js';
import type { MadeServer } from './server.js';
import { entryOf } from './world.js';

const STEPS = 50;
const IDS_MAX = 7;

/** What a run came to. */
export interface MembersRun {
  readonly added: number;
  readonly removed: number;
  readonly replaced: number;
  readonly stored: number;
  readonly stateHash: string;
}

export function runWithMemberChanges(seed: number): MembersRun {
  const world = new World({ seed, minCopies: seed % 3 === 0 ? 2 : 1 });
  const random = new SeededRandom(seed ^ 0x3e3be5);
  world.startInSync();
  const devices = ['alice', 'bob', 'carol'].map((name) => deviceOf(name, world, random));
  for (const device of devices) device.arrive(false);
  world.until('all are logged in', () => devices.every((device) => device.isIn));
  const changes = { added: 0, removed: 0, replaced: 0 };
  for (let step = 0; step < STEPS; step += 1) {
    const event = random.below(8);
    if (event < 2) changeMembers(world, random, changes);
    else if (event < 4) makeTrouble(world, random);
    else if (event < 6) endSomeTrouble(world, random);
    for (let sends = random.below(4); sends > 0; sends -= 1) random.pick(devices).send(random.pick(devices).plan.name);
    world.advance(random.below(random.oneIn(6) ? 1_500 : 200));
  }
  endAllTrouble(world);
  // Where sides of a split have removed each other, all may have left before they met: then all are started again.
  world.until('a server serves', () => {
    if (world.running.length === 0) for (const server of world.servers) server.start();
    return world.servers.some(({ isOpen }) => isOpen);
  });
  world.advance(limits.joinGraceMs);
  addWhatIsLacking(world);
  // Whoever asked for these did not hear that they were added, or they were about to go when they were.
  for (const { status } of world.running) {
    const members = status.members.map(({ server }) => server);
    for (const id of members) startNew(world, id, members);
  }
  world.until('every request has an answer', () => devices.every((device) => device.isIn && !device.isWaiting));
  world.until('removed servers have left, and all others are in sync', () => isSettled(world));
  world.untilConverged();
  const lists = world.running.map(({ status }) => status.members.map(({ server }) => server).join(' '));
  assert.equal(new Set(lists).size, 1, `seed ${seed}: ${lists.join(', ')}`);
  assert.equal(
    lists[0],
    world.running
      .map(({ id }) => id)
      .toSorted(ascending)
      .join(' '),
  );
  let stored = 0;
  for (const device of devices) stored += checkReceived(world, device, devices);
  return { ...changes, stored, stateHash: world.running[0]!.status.stateHash };
}

const ascending = (one: number, other: number): number => one - other;

function changeMembers(
  world: World,
  random: SeededRandom,
  changes: { added: number; removed: number; replaced: number },
) {
  const open = world.servers.filter((server) => server.isOpen && !server.host.isFrozen);
  if (open.length === 0) return;
  const at = random.pick(open);
  const members = at.status.members.map(({ server }) => server);
  const kind = random.pick(['add', 'add', 'remove', 'replace'] as const);
  if (kind === 'add') {
    const id = 1 + random.below(IDS_MAX);
    if (members.includes(id)) return;
    at.addMember({ server: id, ...placeOf(id), move: false }, ({ state }) => {
      if (state === 'refused') return;
      changes.added += 1;
      startNew(world, id, members);
    });
  } else if (kind === 'remove' && members.length > 2) {
    at.removeMember(random.pick(members), ({ state }) => {
      if (state === 'done') changes.removed += 1;
    });
  } else if (kind === 'replace' && isSettled(world) && world.running.length > 1) {
    const server = random.pick(world.running);
    server.crash();
    server.replaceDisk();
    server.config = { ...server.config, servers: members.map((id) => entryOf(id)) };
    server.start();
    changes.replaced += 1;
  }
}

function placeOf(id: ServerId): { readonly host: string; readonly port: number } {
  const { host, port } = entryOf(id);
  return { host, port };
}

/** In the end there are to be as many members as copies are required. */
function addWhatIsLacking(world: World): void {
  const at = world.servers.find(({ isOpen }) => isOpen)!;
  const members = at.status.members.map(({ server }) => server);
  const others = world.servers.map(({ id }) => id).filter((id) => !members.includes(id));
  for (const id of others.slice(0, Math.max(0, world.config.minCopies - members.length))) {
    at.addMember({ server: id, ...placeOf(id), move: false }, ({ state }) => {
      assert.equal(state, 'done');
      startNew(world, id, members);
    });
  }
}

/** The config that an operator gives to a new server has those who were members when it was added. */
function startNew(world: World, id: ServerId, members: readonly ServerId[]): void {
  const isThere = world.servers.some((server) => server.id === id);
  const server = isThere ? world.server(id) : world.addServer(id, ...members);
  if (!server.isRunning) server.start();
}

/** Who is running is a member and in sync with all others, and who was removed does not run. */
function isSettled(world: World): boolean {
  const { running } = world;
  return running.every(
    (one) =>
      one.isOpen &&
      one.status.members.length === running.length &&
      running.every((other) => one === other || one.peer(other.id)?.inSync === true),
  );
}

function makeTrouble(world: World, random: SeededRandom): void {
  const server = random.pick(world.servers);
  const other = random.pick(world.servers);
  switch (random.pick(['crash', 'freeze', 'break', 'hang', 'cut', 'split'] as const)) {
    case 'crash':
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
      world.network.breakConnections(server.host.name, other.host.name);
      return;
    case 'cut':
      if (server !== other) world.cutOneWay(server.id, other.id);
      return;
    case 'split': {
      const [here, there]: [number[], number[]] = [[], []];
      for (const { id } of world.servers) (random.oneIn(2) ? here : there).push(id);
      world.split(here, there);
    }
  }
}

function endSomeTrouble(world: World, random: SeededRandom): void {
  if (random.oneIn(3)) world.heal();
  for (const server of world.servers) {
    if (random.oneIn(2)) server.thaw();
    if (random.oneIn(2)) server.resumeDisk();
    if (random.oneIn(2) && mayStart(server)) server.start();
  }
}

/** A removed server that could not hand over is started again, one that could is not. */
function mayStart(server: MadeServer): boolean {
  return !server.isRunning && server.left !== 'handedOver';
}

function endAllTrouble(world: World): void {
  world.heal();
  for (const server of world.servers) {
    server.thaw();
    server.resumeDisk();
    if (mayStart(server)) server.start();
  }
}

function deviceOf(name: string, world: World, random: SeededRandom): Device {
  const nothing = (): void => undefined;
  const watch = { told: nothing, seen: nothing, failedOver: nothing, note: nothing };
  return new Device({ label: name, name, password: `password of ${name}`, creates: true }, world, random, watch);
}

/** Nothing that was stored for the person is missing, nothing came twice. Returns how much it was. */
function checkReceived(world: World, { received, plan }: Device, devices: readonly Device[]): number {
  const stored = devices
    .flatMap(({ sent }) => sent)
    .filter(({ to, outcome }) => to === plan.name && outcome === 'stored')
    .map(({ text }) => text);
  const texts = (): string[] => received.map(({ message }) => message.text);
  const lacked = (): string[] => {
    const shown = new Set(texts());
    return stored.filter((text) => !shown.has(text));
  };
  world.until(`${plan.name} has what was stored`, () => lacked().length === 0);
  assert.deepEqual([...new Set(texts())], texts(), `seed ${world.seed}, what ${plan.name} received: nothing twice`);
  return stored.length;
}
