/** A small file of JSON that several processes may share: it is read and replaced as a whole. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

let drafts = 0;

export class JsonFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Undefined where there is no such file. Fails where it cannot be read, or is no JSON. */
  async read(): Promise<unknown> {
    try {
      return JSON.parse(await readFile(this.#path, 'utf8'));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Makes the folder where there is none. Only the owner may read it. */
  async replace(value: unknown): Promise<void> {
    drafts += 1;
    const draft = `${this.#path}.${process.pid}-${drafts}`;
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    try {
      await writeFile(draft, `${JSON.stringify(value)}\n`, { mode: 0o600 });
      await rename(draft, this.#path);
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** Does nothing where there is none. */
  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}
