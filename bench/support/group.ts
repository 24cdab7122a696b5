/** A group of servers for a measurement, ended with it, also where it fails or is interrupted. */
import { fileURLToPath } from 'node:url';

import { makePlace, ServerGroup } from '../../test/support/server-group.js';
import { endedWith } from './ended-with.js';

const heapReporter = fileURLToPath(new URL('heap-reporter.js', import.meta.url));

export interface MeasuredGroupOptions {
  readonly nodeFlags?: readonly string[];
  /** Writes a CPU profile of each thread of each server here when it stops; empty for none. */
  readonly profile?: string;
}

/** Starts three servers, does the work, and ends them: in good order where it succeeds. */
export async function withGroup(
  { nodeFlags = [], profile = '' }: MeasuredGroupOptions,
  work: (group: ServerGroup) => Promise<void>,
): Promise<void> {
  const profiling = profile === '' ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const group = new ServerGroup(await makePlace({ nodeFlags: [...nodeFlags, ...profiling] }));
  await endedWith(
    () => group.end(),
    async () => {
      await group.startAll();
      await work(group);
      if (profile !== '') await Promise.all(group.ids.map((id) => group.stop(id)));
    },
  );
}

/** Ops that the database of views or that of search has not got yet, whichever is further behind. */
export function lagOpsOf({ viewLagOps, searchLagOps }: { viewLagOps: number; searchLagOps: number }): number {
  return Math.max(viewLagOps, searchLagOps);
}

export function pidsOf(group: ServerGroup): number[] {
  return group.ids.map((id) => group.process(id).pid!);
}

/** Flags for servers that {@link heapBytes} is asked of. */
export const heapFlags: readonly string[] = ['--expose-gc', '--import', heapReporter];

/** Bytes in use on a server's heap after a full collection, and beside it in buffers. */
export async function heapBytes(group: ServerGroup, id: number): Promise<{ heap: number; buffers: number }> {
  const { stderr } = group.process(id);
  const report = new Promise<{ heap: number; buffers: number }>((resolve) => {
    let text = '';
    const read = (data: Buffer): void => {
      text += data.toString();
      const found = /heap-report (\d+) (\d+)\n/.exec(text);
      if (found === null) return;
      stderr?.off('data', read);
      resolve({ heap: Number(found[1]), buffers: Number(found[2]) });
    };
    stderr?.on('data', read);
  });
  group.process(id).kill('SIGUSR2');
  return report;
}
