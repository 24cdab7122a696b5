/**
 * Descriptors: every file and every connection takes one, and the system gives a process only so many. Those who connect
 * may be strangers, so connections leave as many as the server's files need (`limits.descriptorsReserved`). Where there is
 * none all the same, that passes, and whoever needs one waits.
 */
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { limits } from '../../core/model/limits.js';

/** How many descriptors this process may have; undefined where the system does not say, or sets no limit. */
export function descriptorsMax(): number | undefined {
  try {
    // Node has no call for it. It has raised the soft limit to the hard one when it started.
    const found = /^Max open files\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'latin1'));
    return found === null ? undefined : Number(found[1]);
  } catch {
    return undefined;
  }
}

/** The system's error says that this process, or the whole system, has as many files open as it may. */
export function isDescriptorShortage(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EMFILE' || code === 'ENFILE';
}

/** Opens a file as soon as there is a descriptor for it. Rejects where anything else is in the way. */
export async function openInTime(...args: Parameters<typeof fs.promises.open>): Promise<fs.promises.FileHandle> {
  for (;;) {
    try {
      return await fs.promises.open(...args);
    } catch (error) {
      if (!isDescriptorShortage(error)) throw error;
    }
    await sleep(limits.descriptorWaitMs);
  }
}
