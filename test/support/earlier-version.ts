/**
 * The program as it was when it spoke the previous version of the protocol: taken from the history of this repository and
 * built, so that a new version is tested against what people run and not against a memory of it.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { protocolVersion } from '#src/core/wire/schema.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));

export type EarlierVersion =
  | { readonly state: 'built'; readonly program: string; remove(): Promise<void> }
  /** The history does not reach back so far. */
  | { readonly state: 'unknown'; readonly reason: string };

/** Builds the last commit before the one that raised the version. It takes some seconds. */
export async function buildEarlierVersion(): Promise<EarlierVersion> {
  const raising = await commitThatAdded(`protocolVersion = ${protocolVersion};`);
  if (raising === undefined) {
    return {
      state: 'unknown',
      reason: 'this is no clone with the whole history, so there is no earlier version to run',
    };
  }
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-earlier-'));
  const archive = join(directory, 'archive.tar');
  await run('git', ['archive', '--output', archive, `${raising}^`], { cwd: root });
  await run('tar', ['-x', '-f', archive, '-C', directory]);
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await run(process.execPath, [compiler, '-b', join(directory, 'src', 'apps')]);
  const remove = (): Promise<void> => rm(directory, { recursive: true });
  return { state: 'built', program: join(directory, 'holdfast'), remove };
}

async function commitThatAdded(line: string): Promise<string | undefined> {
  try {
    const { stdout } = await run('git', ['log', '--format=%H', `-S${line}`, '--', 'src/core/wire/schema.ts'], {
      cwd: root,
    });
    const commit = stdout.trim().split('\n').at(-1) ?? '';
    if (commit === '') return undefined;
    await run('git', ['rev-parse', '--verify', '--quiet', `${commit}^`], { cwd: root });
    return commit;
  } catch {
    return undefined;
  }
}
