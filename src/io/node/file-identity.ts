import fs from 'node:fs';

/**
 * Whether the name still stands for the file that it stood for when `known` was read. What cannot be found out now, such
 * as for want of memory, is no sign that it does not.
 */
export async function isFileStill(name: string, known: Pick<fs.Stats, 'ino' | 'dev'>): Promise<boolean> {
  try {
    const found = await fs.promises.stat(name);
    return found.ino === known.ino && found.dev === known.dev;
  } catch (error) {
    return !isAbsence(error);
  }
}

/** The system's error says that there is no such file. */
export function isAbsence(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
