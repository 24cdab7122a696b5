/** Monotone: a delivery mark never goes back. In the end each account's is the maximum of all that was ever stored of it. */
import { entityKinds } from '../../core/chat/entities.js';
import { formatDot } from '../../core/model/ids.js';
import { Vector } from '../../core/model/vector.js';
import { decode } from '../../core/wire/codec.js';
import type { Breach, Checker, Scene } from './checker.js';
import { deletedAccounts } from './messages.js';

export function monotone(scene: Scene): Checker {
  const { ledger, world } = scene;
  const ended = (): Breach => {
    const deleted = deletedAccounts(scene);
    const highest = new Map<string, Vector>();
    for (const { account, mark, op } of ledger.marks) {
      const key = formatDot(account);
      if (deleted.has(key) || ledger.isLost(op)) continue;
      const vector = highest.get(key) ?? new Vector();
      vector.join(new Vector(mark));
      highest.set(key, vector);
    }
    for (const { id, saved } of world.running) {
      const marks = new Map(
        (saved?.entities ?? [])
          .filter(({ kind }) => kind === entityKinds.mark)
          .map(({ key, value }) => [key, new Vector(decode('SavedMark', value).mark)]),
      );
      for (const [account, vector] of highest) {
        const behind = vector.entries().find((dot) => marks.get(account)?.covers(dot) !== true);
        if (behind !== undefined) {
          return `the delivery mark of ${account} on server ${id} does not cover ${formatDot(behind)}, which it once covered`;
        }
      }
    }
    return undefined;
  };
  return { name: 'Monotone', ended };
}
