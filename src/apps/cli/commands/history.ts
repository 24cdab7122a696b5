import type { Message } from '../../../library/node.js';
import { checkName } from '../check-name.js';
import { withSession, type AccountOptions } from '../client.js';
import { writeMessage } from '../message-line.js';

/** `holdfast history <config> <with> --as <name> [--json]` */
export async function history(
  configPath: string,
  other: string,
  options: AccountOptions & { readonly json?: true },
): Promise<number> {
  checkName(other);
  await withSession(configPath, options, async (client) => {
    const latestFirst: Message[] = [];
    for (let more = true; more;) {
      const before = latestFirst.at(-1);
      const page = await client.history(other, before === undefined ? {} : { before });
      latestFirst.push(...page.messages);
      more = page.more && page.messages.length > 0;
    }
    for (const message of latestFirst.toReversed()) writeMessage(message, options.json === true);
  });
  return 0;
}
