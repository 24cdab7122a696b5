/** Carries out what was planned. Each action says what it did, or nothing where there was nothing to do it to. */
import type { ServerId } from '../core/model/ids.js';
import type { Device } from './device.js';
import type { Action, NetworkAction, PersonAction, ServerAction } from './plan.js';
import type { MadeServer } from './server.js';
import type { World } from './world.js';

export interface Actors {
  readonly world: World;
  readonly devices: readonly Device[];
  /** What to set a server's disk back to. */
  readonly backups: Map<ServerId, () => void>;
}

export function carryOut(action: Action, actors: Actors): string | undefined {
  if ('device' in action) return action.kind === 'cutClient' ? disturb(action, actors) : act(action, actors);
  return 'server' in action ? afflict(action, actors) : disturb(action, actors);
}

function act(action: PersonAction, { devices }: Actors): string | undefined {
  const device = devices[action.device]!;
  const { label } = device.plan;
  switch (action.kind) {
    case 'arrive':
      if (device.session !== undefined) return undefined;
      device.arrive(action.takeOver);
      return `${label} wants to be logged in${action.takeOver ? ', in place of any other' : ''}`;
    case 'send':
      return device.send(action.to) ? `${label} sends "${device.sent.at(-1)!.text}"` : undefined;
    case 'moveClient':
      device.move();
      return `the connection of ${label} breaks`;
    case 'crashClient':
      device.crash();
      return `the device of ${label} crashes and starts again`;
    case 'logOff':
      return device.logOff() ? `${label} logs off` : undefined;
    case 'deleteAccount':
  }
  return device.deleteAccount() ? `${label} deletes the account ${device.plan.name}` : undefined;
}

function disturb(action: NetworkAction, { world, devices }: Actors): string | undefined {
  switch (action.kind) {
    case 'cut':
      world.cutOneWay(action.from, action.to);
      return `nothing gets from server ${action.from} to server ${action.to}`;
    case 'break':
      world.network.breakConnections(world.server(action.from).host.name, world.server(action.to).host.name);
      return `the connections of servers ${action.from} and ${action.to} break`;
    case 'split':
      if (action.groups.some((group) => group.length === 0)) return undefined;
      world.split(...action.groups);
      return `the network splits: ${action.groups.map((group) => group.join(', ')).join(' | ')}`;
    case 'cutClient': {
      const { host, plan } = devices[action.device]!;
      world.network.cut(host.name, world.server(action.server).host.name);
      return `${plan.label} and server ${action.server} do not reach each other`;
    }
    case 'heal':
  }
  world.heal();
  return 'the network is whole again';
}

function afflict(action: ServerAction, { world, backups }: Actors): string | undefined {
  const server = world.server(action.server);
  const name = `server ${action.server}`;
  if (action.kind === 'start') {
    if (server.isRunning) return undefined;
    server.start();
    return `${name} starts`;
  }
  if (action.kind === 'clock') {
    server.clockSkewMs = action.skewMs;
    return `the clock of ${name} jumps, to ${action.skewMs} ms ahead`;
  }
  if (action.kind === 'slow') {
    server.host.slownessMs = action.byMs;
    return action.byMs > 0 ? `everything to and from ${name} takes ${action.byMs} ms longer` : undefined;
  }
  if (action.kind === 'wipe' || action.kind === 'rollBack' || action.kind === 'backUp' || action.kind === 'loseView') {
    return tamper(action.kind, server, backups);
  }
  if (action.kind === 'freeSpace') {
    server.disk.makeRoom();
    return `the disk of ${name} has room again`;
  }
  if (action.kind === 'flip') {
    const file = server.flipBit(action.where);
    return file && `a bit of ${file} of ${name} turns`;
  }
  if (action.kind === 'loseSegment') {
    if (server.isRunning) server.crash();
    const file = server.loseSegment(action.where);
    return file && `${name} is down, and its segment ${file} is gone`;
  }
  return server.isRunning ? trouble(action, server, name) : undefined;
}

/** What befalls a server that runs. */
function trouble(action: ServerAction, server: MadeServer, name: string): string | undefined {
  switch (action.kind) {
    case 'crash':
      server.crash();
      return `${name} crashes`;
    case 'crashAt':
      server.crashAt(action.boundary, action.after);
      return undefined;
    case 'stop':
      server.stop();
      return `${name} is told to stop`;
    case 'freeze':
      server.freeze();
      return `${name} freezes`;
    case 'thaw':
      server.thaw();
      return `${name} goes on`;
    case 'hang':
      server.hangDisk();
      return `the disk of ${name} hangs`;
    case 'resumeDisk':
      server.resumeDisk();
      return `the disk of ${name} goes on`;
    case 'failRead':
      server.disk.failNext('read', { state: 'failed', reason: 'EIO' });
      return `the next read of ${name} will fail`;
    case 'failWrite':
      server.disk.failNext('append', { state: 'failed', reason: 'EIO' }, action.bytesWritten);
      return `the next write of ${name} will fail`;
    case 'full':
      server.disk.fill(action.freeBytes);
      return `the disk of ${name} has ${action.freeBytes} bytes left`;
    default:
      return undefined;
  }
}

/** What befalls the disk and the view of a server, for which it has to be down. */
function tamper(
  kind: 'wipe' | 'rollBack' | 'backUp' | 'loseView',
  server: MadeServer,
  backups: Map<ServerId, () => void>,
): string | undefined {
  const name = `server ${server.id}`;
  if (kind === 'backUp') {
    backups.set(server.id, server.backUp());
    return undefined;
  }
  const restore = backups.get(server.id);
  if (kind === 'rollBack' && restore === undefined) return undefined;
  if (server.isRunning) server.crash();
  if (kind === 'loseView') {
    server.loseView();
    return `${name} crashes, and its view database is gone`;
  }
  if (kind === 'wipe') server.replaceDisk();
  else restore!();
  return `${name} crashes, and its disk is ${kind === 'wipe' ? 'replaced by an empty one' : 'set back to an older copy'}`;
}
