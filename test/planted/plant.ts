/** Plants a bug in a copy of what is built, and runs seeds on the copy until one shows it. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { PlantedBug } from './bugs.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What came of a bug, or of the program as it is. */
export interface Catch {
  /** How many seeds were run. */
  readonly seeds: number;
  /** Undefined where none of them broke anything. */
  readonly invariant: string | undefined;
  readonly how: string | undefined;
}

/** Runs the seeds from 1 on, in a process of its own. */
export async function runUntilCaught(bug: PlantedBug | undefined, seedsMax: number): Promise<Catch> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-planted-'));
  try {
    copyProgram(folder);
    if (bug !== undefined) plant(bug, folder);
    return await runSeeds(folder, seedsMax);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function copyProgram(folder: string): void {
  const keepsScripts = (source: string): boolean => !/\.(?:map|d\.ts|tsbuildinfo)$/.test(source);
  for (const part of ['core', 'sim']) {
    cpSync(join(root, 'dist', part), join(folder, 'dist', part), { recursive: true, filter: keepsScripts });
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
}

/** @throws where the program has changed so that the bug no longer fits. */
export function plant(bug: PlantedBug, folder: string): void {
  for (const { file, search, replace } of bug.edits) {
    const path = join(folder, 'dist', file);
    const text = readFileSync(path, 'utf8');
    const count = text.split(search).length - 1;
    if (count !== 1) {
      throw new Error(
        `The planted bug ${bug.name} no longer fits: ${file} has its text ${count} times. Mend test/planted/bugs.ts.`,
      );
    }
    writeFileSync(
      path,
      text.replace(search, () => replace),
    );
  }
}

async function runSeeds(folder: string, seedsMax: number): Promise<Catch> {
  const runner = fileURLToPath(new URL('run-seeds.js', import.meta.url));
  const child = spawn(process.execPath, [runner, folder, String(seedsMax)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    output += chunk;
  });
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`The run of seeds ended with code ${String(code)}.`);
  return JSON.parse(output) as Catch;
}
