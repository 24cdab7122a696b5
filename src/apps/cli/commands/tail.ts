import type { Client } from '../../../library/node.js';
import { withSession, type AccountOptions } from '../client.js';
import { writeMessage } from '../message-line.js';

/** `holdfast tail <config> --as <name> [--once] [--json]` */
export async function tail(
  configPath: string,
  options: AccountOptions & { readonly once?: true; readonly json?: true },
): Promise<number> {
  const { once = false, json = false } = options;
  const work = async (client: Client) => {
    for await (const message of client.messages({ follow: !once })) writeMessage(message, json);
  };
  await withSession(configPath, options, work, { isEndless: !once });
  return 0;
}
