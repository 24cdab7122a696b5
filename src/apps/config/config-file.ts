/**
 * Reads the config file that servers and clients are started with. Nothing starts on a config with a problem in it,
 * and all its problems are told at once, as `config.json:3:17: "port" is 70000; a port is a whole number …`.
 */
import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';

import type { Config, ConfigPath } from '../../core/model/config.js';
import { limits } from '../../core/model/limits.js';
import { readConfigText } from './config-text.js';

export interface ConfigFile {
  /** As it was given. */
  readonly path: string;
  readonly config: Config;
  /** `file:line:column` of a value, to begin the sentence that says what is wrong with it. */
  placeOf(path: ConfigPath): string;
}

export type ConfigFileReading =
  | { readonly state: 'read'; readonly file: ConfigFile }
  /** One line for each problem. */
  | { readonly state: 'rejected'; readonly problems: readonly string[] };

/** Reads and checks the file; relative paths start at the working directory. Does not open the key file. */
export async function readConfigFile(path: string): Promise<ConfigFileReading> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => error);
  if (bytes instanceof Error) return rejected(`${path} ${whyUnreadable(bytes)}`);
  if (bytes.length > limits.configBytesMax) {
    return rejected(`${path} has ${bytes.length} bytes; a config file has at most ${limits.configBytesMax}`);
  }
  const text = decode(bytes);
  if (text === undefined) return rejected(`${path}:${placeOfBadBytes(bytes)}: what is here is not valid UTF-8`);
  const reading = readConfigText(text);
  if (reading.state === 'invalid') {
    return rejected(...reading.problems.map(({ line, column, text }) => `${path}:${line}:${column}: ${text}`));
  }
  const placeOf = (keys: ConfigPath) => {
    const { line, column } = reading.positionOf(keys);
    return `${path}:${line}:${column}`;
  };
  return { state: 'read', file: { path, config: reading.config, placeOf } };
}

/** Why the operating system did not give the file, as the rest of a sentence about the file. */
export function whyUnreadable(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'does not exist';
    case 'EISDIR':
      return 'is a directory; give the path of a file';
    case 'EACCES':
    case 'EPERM':
      return 'may not be read by this user';
    default:
      return `cannot be read: ${error.message}`;
  }
}

function rejected(...problems: readonly string[]): ConfigFileReading {
  return { state: 'rejected', problems };
}

/** Undefined where the bytes are not UTF-8. The decoder drops a byte order mark, which some editors put first. */
function decode(bytes: Buffer): string | undefined {
  return isUtf8(bytes) ? new TextDecoder('utf-8').decode(bytes) : undefined;
}

/** `line:column` of the first byte that is not UTF-8. Columns count characters, as for every other problem. */
function placeOfBadBytes(bytes: Buffer): string {
  // The decoder puts U+FFFD for what it cannot read; the same character may also stand in the file.
  const replacement = Buffer.from('\uFFFD');
  let [line, column, offset] = [1, 1, bytes.indexOf('\uFEFF') === 0 ? 3 : 0];
  for (const character of new TextDecoder('utf-8').decode(bytes)) {
    const end = offset + Buffer.byteLength(character);
    if (character === '\uFFFD' && !bytes.subarray(offset, end).equals(replacement)) break;
    offset = end;
    if (character === '\n') [line, column] = [line + 1, 1];
    else column += 1;
  }
  return `${line}:${column}`;
}
