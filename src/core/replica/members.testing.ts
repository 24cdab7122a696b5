/** What tests of members have in common: an operator, people who chat, and what was reported. */
import type { ServerId } from '../model/ids.js';
import { entryOf } from '../../sim/world.js';
import type { MembersSettled } from './member-changes.js';
import { World } from './world.testing.js';

export function placeOf(id: ServerId): { readonly host: string; readonly port: number } {
  const { host, port } = entryOf(id);
  return { host, port };
}

/** What an operator asks of one server, and the answer. */
export function settled(world: World, ask: (done: (settled: MembersSettled) => void) => void): MembersSettled {
  const answers: MembersSettled[] = [];
  ask((answer) => answers.push(answer));
  world.until('the operator has an answer', () => answers.length > 0);
  return answers[0]!;
}

export function add(world: World, at: ServerId, server: ServerId, move = false): MembersSettled {
  return settled(world, (done) => world.server(at).addMember({ server, ...placeOf(server), move }, done));
}

export function remove(world: World, at: ServerId, server: ServerId): MembersSettled {
  return settled(world, (done) => world.server(at).removeMember(server, done));
}

export function membersOf(world: World, at: ServerId): ServerId[] {
  return world.server(at).status.members.map(({ server }) => server);
}

/** Servers in sync; alice and bob are logged in at two of them, bob receives. */
export function chatting(ids: readonly ServerId[] = [1, 2, 3], seed = 1) {
  const world = new World({ seed, servers: ids });
  world.startInSync();
  const alice = world.person('alice').at(ids[0]!);
  const bob = world.person('bob').at(ids[1]!);
  for (const person of [alice, bob]) {
    person.create();
    person.login();
  }
  bob.receive();
  return { world, alice, bob };
}

export function untilLeft(world: World, server: ServerId): void {
  world.until(`server ${server} has left`, () => !world.server(server).isRunning);
}

export const reportsOf = (world: World, server: ServerId, text: string) =>
  world.server(server).reports.filter((report) => report.text === text);
