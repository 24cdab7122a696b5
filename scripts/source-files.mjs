/**
 * The TypeScript sources as the checks see them: path from the root with `/`, text, and syntax tree. The tree comes
 * from a real parser, so that a comment or a string that looks like code is never mistaken for it.
 */

import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

import { parseSync } from 'oxc-parser';

import { filesBelow } from './prepare.mjs';

/** @typedef {{ path: string, text: string, parsed: import('oxc-parser').ParseResult }} SourceFile */

/** Parses one source; `path` is the path from the root with `/`. Throws on a syntax error. */
export function parseSource(/** @type {string} */ path, /** @type {string} */ text) {
  const parsed = parseSync(path, text, { lang: 'ts', sourceType: 'module' });
  const [error] = parsed.errors;
  if (error) throw new Error(`${path}: ${error.message}`);
  return { path, text, parsed };
}

/** @returns {SourceFile[]} every TypeScript file in `src`, `test` and `bench`, ordered by path */
export function readSources(/** @type {string} */ root) {
  return ['src', 'test', 'bench']
    .flatMap((folder) => filesBelow(join(root, folder)))
    .map((file) => relative(root, file).split(sep).join('/'))
    .filter((path) => path.endsWith('.ts') && !path.startsWith('test/fixtures/'))
    .toSorted()
    .map((path) => parseSource(path, readFileSync(join(root, path), 'utf8')));
}

/** Whether only tests import this file: a test, a contract suite of a port, or a helper of tests. */
export function isTestFile(/** @type {string} */ path) {
  return /\.(?:test|contract|testing)\.ts$/.test(path) || path.startsWith('test/');
}
