/**
 * The key that the servers of a group prove to each other that they hold. Only servers read it.
 *
 * A server starts without a key only where nobody but this machine can reach any server of the group: whoever reaches
 * a server that asks for no key can pose as another and take every message.
 */
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { isLoopback, type Config, type ConfigPath } from '../../core/model/config.js';
import { limits } from '../../core/model/limits.js';
import { whyUnreadable, type ConfigFile } from './config-file.js';

export type GroupKeyReading =
  /** The key is undefined where the config names none, and may. */
  | { readonly state: 'read'; readonly key: Uint8Array | undefined }
  | { readonly state: 'rejected'; readonly problem: string };

/** Any permission of the group or of others. */
const othersMask = 0o077;

export async function readGroupKey(configFile: ConfigFile): Promise<GroupKeyReading> {
  const { path, config } = configFile;
  if (config.groupKeyFile === undefined) {
    const reachable = reachableHost(config);
    if (reachable === undefined) return { state: 'read', key: undefined };
    return rejected(
      `${configFile.placeOf(reachable.path)}: the host "${reachable.host}" can be reached from other ` +
        `machines, so the servers need a key to know each other by.\n${howToMakeKey('group.key')}\n` +
        `Copy the file to every server and add "groupKeyFile": "group.key" to the config.`,
    );
  }
  const place = configFile.placeOf(['groupKeyFile']);
  const file = resolve(dirname(path), config.groupKeyFile);
  const text = await readPrivateFile(file);
  if (text.state === 'rejected') return rejected(`${place}: the key file ${file} ${text.problem}`);
  const key = decodeKey(text.text);
  if (key !== undefined) return { state: 'read', key };
  const allowed = `${limits.groupKeyBytesMin} to ${limits.groupKeyBytesMax} bytes, written in hexadecimal or base64`;
  return rejected(`${place}: the key file ${file} holds no key; a key has ${allowed}.\n${howToMakeKey(file)}`);
}

/** The first host that others than this machine can reach. */
function reachableHost({ servers }: Config): { readonly host: string; readonly path: ConfigPath } | undefined {
  for (const [index, server] of servers.entries()) {
    for (const key of ['host', 'peerHost'] as const) {
      const host = server[key];
      if (host !== undefined && !isLoopback(host)) return { host, path: ['servers', index, key] };
    }
  }
  return undefined;
}

function rejected(problem: string): GroupKeyReading {
  return { state: 'rejected', problem };
}

function howToMakeKey(file: string): string {
  return `Make one with: (umask 077 && head -c 32 /dev/urandom | base64 > ${file})`;
}

type PrivateFile =
  | { readonly state: 'read'; readonly text: string }
  | { readonly state: 'rejected'; readonly problem: string };

/** Looks at the permissions of the very file that it reads. Windows has no such bits to look at. */
async function readPrivateFile(path: string): Promise<PrivateFile> {
  try {
    const handle = await open(path);
    try {
      const found = await handle.stat();
      if (!found.isFile()) return { state: 'rejected', problem: 'is not a plain file' };
      if (process.platform !== 'win32' && (found.mode & othersMask) !== 0) {
        return { state: 'rejected', problem: `can be read by other users; run: chmod 600 ${path}` };
      }
      // Base64 and hexadecimal at most double a key; line ends come on top.
      if (found.size > limits.groupKeyBytesMax * 3) return { state: 'rejected', problem: 'is too large for a key' };
      return { state: 'read', text: await handle.readFile('utf8') };
    } finally {
      await handle.close();
    }
  } catch (error) {
    return { state: 'rejected', problem: whyUnreadable(error as NodeJS.ErrnoException) };
  }
}

/**
 * Text of nothing but hexadecimal digits is read as such; other text as base64, in either alphabet. Undefined where it
 * is neither, or not of a key's length.
 */
export function decodeKey(text: string): Uint8Array | undefined {
  const digits = text.replaceAll(/\s/g, '');
  const isHexadecimal = /^[0-9a-f]*$/i.test(digits);
  if (isHexadecimal ? digits.length % 2 !== 0 : !/^[A-Za-z0-9+/_-]+={0,2}$/.test(digits)) return undefined;
  const key = Buffer.from(digits, isHexadecimal ? 'hex' : 'base64');
  const fits = key.length >= limits.groupKeyBytesMin && key.length <= limits.groupKeyBytesMax;
  return fits ? new Uint8Array(key) : undefined;
}
