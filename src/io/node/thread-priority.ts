/** What a thread that only follows may cost those that clients wait for. */
import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/**
 * Lets all other threads go before this one, where the platform has a priority for each thread (Linux). `somewhat`: for one that
 * also answers what clients wait for.
 */
export function lowerThreadPriority(by: 'somewhat' | 'much'): void {
  if (process.platform !== 'linux') return;
  try {
    // "<process>/task/<thread>"
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    const { PRIORITY_BELOW_NORMAL, PRIORITY_LOW } = constants.priority;
    setPriority(thread, by === 'somewhat' ? PRIORITY_BELOW_NORMAL : PRIORITY_LOW);
  } catch {
    // Where it is not allowed, or there is no /proc, the thread goes on as any other.
  }
}
