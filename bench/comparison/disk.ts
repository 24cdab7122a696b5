/**
 * The yardstick for one message at a time: how long this disk takes for one append that is synced, alone and where
 * three append at once, as the three servers do.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** About what the log writes for a message of 200 bytes. */
export const APPEND_BYTES = 300;
const SECONDS = 1;

export interface Appending {
  readonly file: string;
  readonly seconds: number;
}

/** Milliseconds for one append with fdatasync, the median of those within a second. */
export interface DiskTimes {
  readonly aloneMs: number;
  readonly threeAtOnceMs: number;
}

/** Takes {@link SECONDS} twice. */
export async function measureDisk(directory: string): Promise<DiskTimes> {
  const [alone] = await appendAll([join(directory, 'alone')]);
  const three = await appendAll(['1', '2', '3'].map((name) => join(directory, name)));
  return { aloneMs: alone!, threeAtOnceMs: Math.max(...three) };
}

async function appendAll(files: readonly string[]): Promise<number[]> {
  return Promise.all(
    files.map(async (file) => {
      const workerData: Appending = { file, seconds: SECONDS };
      const worker = new Worker(new URL('disk-appender.js', import.meta.url), { workerData });
      const [medianMs] = (await once(worker, 'message')) as [number];
      return medianMs;
    }),
  );
}
