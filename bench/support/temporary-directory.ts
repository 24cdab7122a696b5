/** A directory of a measurement in one process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes a directory that is removed when the process ends, in whatever way it can notice: also by an error thrown where
 * nobody awaits it, as out of a callback, and by a signal. What is still open in it does not keep it.
 */
export function temporaryDirectory(parent = tmpdir()): string {
  const directory = mkdtempSync(join(parent, 'holdfast-bench-'));
  // Another thread may make a file meanwhile, so it is tried again.
  const remove = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  process.on('exit', remove);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      remove();
      // The signal ends it now as it would have: threads at work do not like to be stopped one by one.
      process.kill(process.pid, signal);
    });
  }
  return directory;
}
