/** Makes directories whose names are still there after a power cut. */
import fs from 'node:fs';
import path from 'node:path';

import { openInTime } from './descriptors.js';
import { isAbsence } from './file-identity.js';

/** Windows opens no directories; its file systems keep names in a journal. */
const DIRECTORIES_CAN_BE_SYNCED = process.platform !== 'win32';

/**
 * Makes the directory and those above it where they are missing. Each name is durable in the directory above. Throws the
 * system's error where something cannot be made, or where something other than a directory is in the way.
 *
 * Not by `recursive` of Node's own mkdir: where a directory exists that takes no new entries, as in /proc, and the
 * system says that a new one's parent does not exist, that tries for ever.
 */
export function makeDurableDirectory(directory: string): void {
  const missing: string[] = [];
  for (let each = path.resolve(directory); !isDirectory(each); each = path.dirname(each)) missing.push(each);
  for (const each of missing.toReversed()) {
    makeIfMissing(each);
    syncDirectoryNow(path.dirname(each));
  }
}

/** Throws ENOTDIR where it is something else. */
function isDirectory(name: string): boolean {
  try {
    if (fs.statSync(name).isDirectory()) return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
  throw Object.assign(new Error(`${name} is not a directory`), { code: 'ENOTDIR', path: name });
}

function makeIfMissing(directory: string): void {
  try {
    fs.mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    // Another process was quicker.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isDirectory(directory)) throw error;
  }
}

export function syncDirectoryNow(directory: string): void {
  if (!DIRECTORIES_CAN_BE_SYNCED) return;
  const descriptor = fs.openSync(directory, 'r');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

export async function syncDirectory(directory: string): Promise<void> {
  if (!DIRECTORIES_CAN_BE_SYNCED) return;
  const handle = await openInTime(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
