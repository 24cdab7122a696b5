/** Sound: no server reports an error that no damage to its disk accounts for. A defect thrown in a run counts here too. */
import { losesDisks } from '../options.js';
import type { MadeServer } from '../server.js';
import type { Report } from '../server-watch.js';
import type { Breach, Checker, Scene } from './checker.js';

export function sound({ options, ledger }: Scene): Checker {
  const reported = ({ id }: MadeServer, { level, text, facts }: Report): Breach => {
    if (level !== 'error' || ledger.isDamaged(id) || losesDisks(options)) return undefined;
    return `server ${id} reported: ${text} ${JSON.stringify(facts)}`;
  };
  return { name: 'Sound', reported };
}
