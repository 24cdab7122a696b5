import { jsonLine, printable } from '../../output/printable.js';
import { withClient } from '../client.js';
import { writeData } from '../console.js';
import { loadConfig } from '../load-config.js';

/** `holdfast accounts <config> [<regex>] [--json]` */
export async function accounts(configPath: string, pattern: string, asJson: boolean): Promise<number> {
  const { config } = await loadConfig(configPath);
  await withClient(config, async (client) => {
    for (const name of await client.accounts(pattern)) writeData(asJson ? jsonLine({ name }) : printable(name));
  });
  return 0;
}
