/**
 * SessionOwner: where servers are never apart, no more sessions of an account are served at once than are allowed. A
 * session that was replaced has a moment to hear of it. Where servers were apart, the surplus has ended once all has come
 * together.
 */
import { formatDot } from '../../core/model/ids.js';
import type { Device } from '../device.js';
import { isWhole } from '../options.js';
import type { Breach, Checker, Scene } from './checker.js';

/** Longer than any message is under way. */
const MOMENT_MS = 500;

export function sessionOwner({ options, world, devices }: Scene): Checker {
  /** Since when the device has been served by one process without a break. */
  const servedSince = new Map<Device, { readonly service: string; readonly sinceMs: number }>();

  const sampled = (): Breach => {
    if (!isWhole(options)) return undefined;
    const { nowMs } = world.timeline;
    const served = new Map<string, Device[]>();
    for (const device of devices) {
      const service = serviceOf(device);
      if (service === undefined) {
        servedSince.delete(device);
        continue;
      }
      const before = servedSince.get(device);
      if (before?.service !== service) servedSince.set(device, { service, sinceMs: nowMs });
      else if (nowMs - before.sinceMs >= MOMENT_MS) {
        const account = formatDot(device.session!.account);
        served.set(account, [...(served.get(account) ?? []), device]);
      }
    }
    for (const [account, those] of served) {
      if (those.length <= options.sessionsPerAccount) continue;
      return `${those.map(({ plan }) => plan.label).join(' and ')} are logged in to ${account} at once; ${options.sessionsPerAccount} may be`;
    }
    return undefined;
  };

  /** Session and process, where the process runs. */
  const serviceOf = (device: Device): string | undefined => {
    if (!device.isIn || device.server === undefined || device.session === undefined) return undefined;
    const { isRunning, incarnation } = world.server(device.server);
    return isRunning ? `${formatDot(device.session.id)} ${device.server} ${incarnation}` : undefined;
  };
  const ended = (): Breach => {
    const served = new Map<string, Set<string>>();
    for (const { isIn, session } of devices) {
      if (!isIn || session === undefined) continue;
      const account = formatDot(session.account);
      served.set(account, (served.get(account) ?? new Set()).add(formatDot(session.id)));
    }
    const [account, sessions] = [...served].find(([, each]) => each.size > options.sessionsPerAccount) ?? [];
    return sessions && `${account} has ${sessions.size} sessions at the end; ${options.sessionsPerAccount} may be`;
  };
  return { name: 'SessionOwner', sampled, ended };
}
