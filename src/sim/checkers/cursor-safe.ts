/**
 * CursorSafe: a place in the stream covers only what came before it. No cursor covers a message to its account that none of
 * the account's devices got; and in the end each message that is stored has come to whom it is for.
 */
import { formatDot } from '../../core/model/ids.js';
import type { Breach, Checker, Scene } from './checker.js';
import { deletedAccounts, textsByAccount } from './messages.js';

export function cursorSafe(scene: Scene): Checker {
  const { ledger, devices } = scene;

  const ended = (): Breach => {
    const deleted = deletedAccounts(scene);
    const received = textsByAccount(devices);
    for (const message of ledger.messages) {
      for (const account of message.readers) {
        if (deleted.has(account) || received.get(account)?.has(message.text) === true) continue;
        const past = devices.find(({ cursors }) => cursors.get(account)?.covers(message.op) === true);
        if (past !== undefined) {
          return `the cursor of ${past.plan.label} covers "${message.text}" (${message.op.key}), which never came`;
        }
        const isReading = devices.some(
          ({ session }) => session !== undefined && formatDot(session.account) === account,
        );
        if (isReading && !ledger.isLost(message.op)) {
          return `"${message.text}" (${message.op.key}) is stored, and never came to ${account}`;
        }
      }
    }
    return undefined;
  };
  return { name: 'CursorSafe', ended };
}
