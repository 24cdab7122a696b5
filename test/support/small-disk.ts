/** A small file system in memory, to be filled. It takes Linux and the superuser. */
import { execFile } from 'node:child_process';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Mounts it on a directory. Returns why that cannot be done, where it cannot. */
export async function mountSmallDisk(directory: string, size: string): Promise<string | undefined> {
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'holdfast-test', directory]);
    return undefined;
  } catch (error) {
    return `no file system can be mounted: ${(error as Error).message}`;
  }
}

export async function unmount(directory: string): Promise<void> {
  await run('umount', [directory]);
}

const fillerOf = (directory: string) => join(directory, 'filler');

/** Leaves no byte. */
export async function fillDisk(directory: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  await writeFile(fillerOf(directory), Buffer.alloc(bavail * bsize));
}

export async function emptyDisk(directory: string): Promise<void> {
  await rm(fillerOf(directory));
}
