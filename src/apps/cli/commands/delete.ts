import { printable } from '../../output/printable.js';
import { withSession, type AccountOptions } from '../client.js';
import { writeData } from '../console.js';

/** `holdfast delete <config> --as <name>` */
export async function deleteAccount(configPath: string, options: AccountOptions): Promise<number> {
  await withSession(configPath, options, async (client) => {
    await client.deleteAccount();
    writeData(`Deleted account ${printable(options.as)}.`);
  });
  return 0;
}
