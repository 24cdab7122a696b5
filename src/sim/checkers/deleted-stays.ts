/**
 * DeletedStays: a server that holds the deletion of an account logs nobody in to it; and in the end it is gone on every
 * server, with its sessions and its mark, whatever came later.
 */
import { entityKinds } from '../../core/chat/entities.js';
import { formatDot, type ServerId } from '../../core/model/ids.js';
import { decode } from '../../core/wire/codec.js';
import type { Telling } from '../device.js';
import type { KnownOp } from '../ledger.js';
import type { MadeServer } from '../server.js';
import type { Breach, Checker, Scene } from './checker.js';

export function deletedStays({ ledger, world }: Scene): Checker {
  /** By server and account: since when its disk holds the deletion. */
  const sinceMs = new Map<string, number>();

  const stored = ({ id }: MadeServer, op: KnownOp): Breach => {
    const deletion = ledger.deletions.get(op.key);
    if (deletion !== undefined) sinceMs.set(`${id} ${formatDot(deletion.account)}`, world.timeline.nowMs);
    return undefined;
  };

  const diskChanged = (server: ServerId): Breach => {
    for (const key of sinceMs.keys()) if (key.startsWith(`${server} `)) sinceMs.delete(key);
    return undefined;
  };

  const told = ({ kind, device, askedAtMs }: Telling): Breach => {
    if (kind !== 'session' || device.session === undefined) return undefined;
    const account = formatDot(device.session.account);
    const deletedMs = sinceMs.get(`${device.server} ${account}`);
    if (deletedMs === undefined || deletedMs >= askedAtMs) return undefined;
    return `${device.plan.label} logged in at server ${device.server} to ${account}, whose deletion was stored there`;
  };

  const ended = (): Breach => {
    for (const { account, op } of ledger.deletions.values()) {
      if (ledger.isLost(op)) continue;
      const key = formatDot(account);
      for (const { id, saved } of world.running) {
        for (const entity of saved?.entities ?? []) {
          if (entity.key !== key) continue;
          if (entity.kind === entityKinds.account) {
            const { deleted, sessions } = decode('SavedAccount', entity.value);
            if (!deleted) return `the deleted account ${key} is alive on server ${id}`;
            if (sessions.length > 0) return `the deleted account ${key} has a session on server ${id}`;
          } else if (entity.kind === entityKinds.mark && decode('SavedMark', entity.value).mark.length > 0) {
            return `the deleted account ${key} has a delivery mark on server ${id}`;
          }
        }
      }
    }
    return undefined;
  };
  return { name: 'DeletedStays', stored, diskChanged, told, ended };
}
