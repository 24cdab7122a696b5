/**
 * Installs what is missing, builds, and runs the tests on the built output.
 *
 *   npm test                                  every test
 *   npm test -- wire/ store                   the test files whose path contains one of these
 *   npm test -- --test-name-pattern='\[S3\]'  flags go to Node's test runner
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import { filesBelow, prepareOrExit } from './prepare.mjs';

/** A file that takes longer than this hangs; the whole run takes a few minutes. */
const fileTimeoutMs = 300_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
const filters = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));

prepareOrExit();
const files = ['dist', 'scripts']
  .flatMap((folder) => filesBelow(join(root, folder)))
  .filter((file) => /\.test\.m?js$/.test(file))
  .map((file) => relative(root, file).split(sep).join('/'))
  .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
  .toSorted();

if (files.length === 0) {
  console.error(`No test file has ${filters.join(' or ')} in its path.`);
  process.exit(1);
}
/** What the program keeps for its user is kept here, and not among what the user of this machine has. */
const stateHome = mkdtempSync(join(tmpdir(), 'holdfast-state-'));
const runner = spawn(
  process.execPath,
  [
    '--enable-source-maps',
    '--test',
    `--test-concurrency=${availableParallelism()}`,
    `--test-timeout=${fileTimeoutMs}`,
    '--test-reporter=./scripts/test-reporter.mjs',
    '--test-reporter-destination=stdout',
    ...flags,
    ...files,
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, XDG_STATE_HOME: stateHome } },
);
// Ctrl-C reaches the runner by itself, which then ends its tests; this process only waits to pass on how it ended.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => runner.kill('SIGTERM'));
runner.on('close', (code) => {
  rmSync(stateHome, { recursive: true, force: true });
  process.exitCode = code ?? 1;
});
