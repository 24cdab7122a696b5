/** Runs every check of the sources, one after the other, and fails if one of them does. `npm run check` */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { prepareOrExit } from './prepare.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @type {[name: string, file: string, ...parameters: string[]][]} */
const checks = [
  ['types', 'node_modules/typescript/bin/tsc', '-b'],
  ['lint', 'node_modules/oxlint/bin/oxlint'],
  ['format', 'node_modules/oxfmt/bin/oxfmt', '--check'],
  ['unused code', 'node_modules/knip/bin/knip.js'],
  ['imports', 'scripts/check-imports.mjs'],
  ['purity of the core', 'scripts/check-purity.mjs'],
  ['specification', 'scripts/check-spec.mjs'],
  ['generated documents', 'scripts/generate-spec.mjs', '--check'],
  ['packages', 'scripts/check-packages.mjs'],
];

prepareOrExit();
const failed = checks.filter(([name, file, ...parameters]) => {
  const result = spawnSync(process.execPath, [join(root, file), ...parameters], { cwd: root, encoding: 'utf8' });
  const passed = result.status === 0;
  console.log(`${passed ? 'ok    ' : 'failed'}  ${name}`);
  if (!passed) console.log(`${result.stdout}${result.stderr}${result.error?.message ?? ''}`);
  return !passed;
});
if (failed.length > 0) {
  console.log(`${failed.length} of ${checks.length} checks failed.`);
  process.exitCode = 1;
}
