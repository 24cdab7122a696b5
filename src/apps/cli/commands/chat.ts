import { HoldfastError } from '../../../library/node.js';
import { NotText } from '../../input/line-input.js';
import { runChat } from '../../terminal/chat.js';
import { CommandFailed } from '../command-failed.js';
import { keptGroup } from '../kept-group.js';
import { loadConfig } from '../load-config.js';

/** `holdfast chat <config> [--menu]` */
export async function chat(configPath: string, isPlain: boolean): Promise<number> {
  const { config } = await loadConfig(configPath);
  try {
    return await runChat(config, keptGroup(config), { input: process.stdin, output: process.stdout }, isPlain);
  } catch (error) {
    if (error instanceof NotText) throw new CommandFailed('USAGE', error.message);
    throw error instanceof HoldfastError ? new CommandFailed(error.code, error.message) : error;
  }
}
