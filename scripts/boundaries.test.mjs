/** Shows that the compiler and lint keep the platform, the clock and chance out of the core, with the project's own settings. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const forbiddenToCompile = [
  'setTimeout(() => {}, 1);',
  'queueMicrotask(() => {});',
  'process.exit();',
  'console.log();',
  "fetch('http://127.0.0.1');",
  'document.title;',
  'Buffer.from([]);',
  'crypto.randomUUID();',
  'performance.now();',
  "import 'node:fs';",
];
const forbiddenToLint = [
  'Date.now();',
  'new Date();',
  'Math.random();',
  'Promise.resolve();',
  "'a'.localeCompare('b');",
];
const allowed = [
  'export const bytes = new TextEncoder().encode("a");',
  "export const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);",
];

/** A copy of the core's settings with one source; each of its lines is a case. */
let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-boundaries-'));
  mkdirSync(join(folder, 'src/core/lib'), { recursive: true });
  for (const file of [
    'package.json',
    'tsconfig.base.json',
    '.oxlintrc.json',
    'src/core/tsconfig.json',
    'src/core/lib/globals.d.ts',
  ]) {
    copyFileSync(join(root, file), join(folder, file));
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
});
after(() => rmSync(folder, { recursive: true }));

/** Runs a tool on a source of these lines and returns the numbers of those it complains about, from 1. */
function complaints(
  /** @type {string[]} */ lines,
  /** @type {string} */ tool,
  /** @type {string[]} */ parameters,
  /** @type {RegExp} */ place,
) {
  writeFileSync(join(folder, 'src/core/lib/cases.ts'), lines.join('\n'));
  const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'node_modules', tool), ...parameters], {
    cwd: folder,
    encoding: 'utf8',
  });
  const numbers = [...stdout.matchAll(place)].map(([, number]) => Number(number));
  return { numbers: new Set(numbers), output: stdout + stderr };
}

const compile = (/** @type {string[]} */ lines) =>
  complaints(lines, 'typescript/bin/tsc', ['-p', 'src/core', '--noEmit'], /cases\.ts\((\d+),/g);
const lint = (/** @type {string[]} */ lines) =>
  complaints(lines, 'oxlint/bin/oxlint', ['--format=unix'], /cases\.ts:(\d+):\d+:.*no-restricted/g);

test('in the core, every use of the platform is a compile error, and UTF-8 is within reach', () => {
  const { numbers, output } = compile([...forbiddenToCompile, ...allowed]);
  const expected = forbiddenToCompile.map((_, index) => index + 1);
  assert.deepEqual(
    [...numbers].toSorted((one, other) => one - other),
    expected,
    output,
  );
});

test('in the core, every use of the clock and of chance is a lint error', () => {
  const { numbers, output } = lint([...forbiddenToLint, ...allowed]);
  const expected = forbiddenToLint.map((_, index) => index + 1);
  assert.deepEqual(
    [...numbers].toSorted((one, other) => one - other),
    expected,
    output,
  );
});
