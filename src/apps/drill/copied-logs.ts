/**
 * Logs of servers that a drill begins with a copy of. Nothing is opened for writing where they are found, and only logs
 * are taken: a log that grows while it is copied is one that a crash has cut short, and a server starts from that.
 */
import { copyFile, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { limits } from '../../core/model/limits.js';

export interface FoundLog {
  readonly server: number;
  /** The folder of the log's files. */
  readonly folder: string;
}

/**
 * The logs in a data directory, or in the data directories in a folder, by rising id. A directory says whose it is in
 * `server.json`.
 */
export async function findLogs(folder: string): Promise<FoundLog[]> {
  const names = await readdir(folder);
  const places = [folder, ...names.map((name) => join(folder, name))];
  const found = await Promise.all(places.map((place) => logIn(place)));
  return found.flatMap((log) => log ?? []).toSorted((one, other) => one.server - other.server);
}

/** Copies each log into the data directory of its server. */
export async function copyLogs(logs: readonly FoundLog[], directoryOf: (server: number) => string): Promise<void> {
  for (const { server, folder } of logs) {
    const target = join(directoryOf(server), 'log');
    await mkdir(target, { recursive: true });
    // In the order in which they were written: of what is copied last, the least is missing.
    for (const name of (await readdir(folder)).toSorted()) await copyFile(join(folder, name), join(target, name));
  }
}

async function logIn(directory: string): Promise<FoundLog | undefined> {
  const folder = join(directory, 'log');
  try {
    if (!(await stat(folder)).isDirectory()) return undefined;
    const { server } = JSON.parse(await readFile(join(directory, 'server.json'), 'utf8')) as { server?: unknown };
    const isId = typeof server === 'number' && Number.isInteger(server) && server >= 1 && server <= limits.serverIdMax;
    return isId ? { server, folder } : undefined;
  } catch {
    return undefined;
  }
}
