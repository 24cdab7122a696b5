import { storedText } from '../../output/message-text.js';
import { printable } from '../../output/printable.js';
import { checkName } from '../check-name.js';
import { withClient } from '../client.js';
import { writeData } from '../console.js';
import { loadConfig } from '../load-config.js';
import { readPassword, type PasswordSource } from '../password.js';

/** `holdfast create <config> <name>` */
export async function create(configPath: string, name: string, source: PasswordSource): Promise<number> {
  checkName(name);
  const { config } = await loadConfig(configPath);
  const password = await readPassword(source, `Password for ${printable(name)}: `, 'The same again: ');
  await withClient(config, async (client) => {
    const created = await client.createAccount(name, password);
    writeData(`Created account ${printable(created.name)}. ${storedText(created.storedOn)}`);
  });
  return 0;
}
