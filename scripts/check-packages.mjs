/**
 * Checks what the package asks of others: the lock file names no host to download from, every version is exact, and
 * every package needed at run time is accounted for in docs/decisions.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { filesBelow } from './prepare.mjs';

/** @typedef {{ dependencies?: Record<string, string>, devDependencies?: Record<string, string> }} Manifest */
/** @typedef {{ packages: Record<string, { resolved?: string }> }} Lock */

/** @returns {string[]} one line per violation; `decisions` is the text of all decision records */
export function checkPackages(
  /** @type {Manifest} */ manifest,
  /** @type {Lock} */ lock,
  /** @type {string} */ decisions,
) {
  const needed = manifest.dependencies ?? {};
  return [
    ...Object.entries(lock.packages)
      .filter(([, { resolved }]) => resolved !== undefined)
      .map(([path]) => `package-lock.json: ${path} names where to download it; remove its "resolved"`),
    ...Object.entries({ ...needed, ...manifest.devDependencies })
      .filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
      .map(([name, version]) => `package.json: ${name} has the version ${version}; it must be exact`),
    ...Object.keys(needed)
      .filter((name) => !decisions.includes(`\`${name}\``))
      .map((name) => `package.json: no file in docs/decisions says why \`${name}\` is needed`),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const manifest = /** @type {Manifest} */ (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  const lock = /** @type {Lock} */ (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));
  const decisions = filesBelow(join(root, 'docs', 'decisions')).map((file) => readFileSync(file, 'utf8'));
  const violations = checkPackages(manifest, lock, decisions.join('\n'));
  for (const violation of violations) console.error(violation);
  process.exitCode = violations.length > 0 ? 1 : 0;
}
