import { readConfigFile, type ConfigFile } from '../config/config-file.js';
import { CommandFailed } from './command-failed.js';

/** The config file at the path; fails with one line for each of its problems. */
export async function loadConfig(path: string): Promise<ConfigFile> {
  const reading = await readConfigFile(path);
  if (reading.state === 'rejected') throw new CommandFailed('CONFIG_INVALID', reading.problems.join('\n'));
  return reading.file;
}
