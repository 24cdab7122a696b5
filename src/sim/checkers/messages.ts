/** What checkers of messages share: who is to get what, and who got it. */
import { formatDot } from '../../core/model/ids.js';
import type { Device } from '../device.js';
import type { Scene } from './checker.js';

/** By account, the texts that came on any of its devices. Each send has a text of its own. */
export function textsByAccount(devices: readonly Device[]): Map<string, Set<string>> {
  const texts = new Map<string, Set<string>>();
  for (const device of devices) {
    for (const { account, message } of device.received) {
      const known = texts.get(account);
      if (known === undefined) texts.set(account, new Set([message.text]));
      else known.add(message.text);
    }
  }
  return texts;
}

/** Accounts whose deletion some disk holds. */
export function deletedAccounts({ ledger }: Scene): Set<string> {
  const deletions = [...ledger.deletions.values()].filter(({ op }) => !ledger.isLost(op));
  return new Set(deletions.map(({ account }) => formatDot(account)));
}
