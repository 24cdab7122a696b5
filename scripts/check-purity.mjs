/**
 * Checks that the core and the made world are synchronous: no async function, no await, no generator that waits, no `import()`.
 *
 * The compiler keeps the platform out of the core and lint keeps out the clock, chance and `Promise` by name; a bare
 * `async` needs none of these names.
 */

import { fileURLToPath } from 'node:url';

import { Visitor } from 'oxc-parser';

import { isTestFile, readSources } from './source-files.mjs';

/** @returns {string[]} one line per violation */
export function checkPurity(/** @type {import('./source-files.mjs').SourceFile[]} */ files) {
  return files.filter(({ path }) => /^src\/(?:core|sim)\//.test(path) && !isTestFile(path)).flatMap(checkFile);
}

/** @returns {string[]} */
function checkFile(/** @type {import('./source-files.mjs').SourceFile} */ { path, text, parsed }) {
  /** @type {string[]} */
  const violations = [];
  const report = (/** @type {number} */ offset, /** @type {string} */ what) => {
    const line = text.slice(0, offset).split('\n').length;
    violations.push(`${path}:${line}: ${what}; the core answers at once and leaves waiting to its caller`);
  };
  const checkFunction = (/** @type {{ async: boolean, start: number }} */ node) => {
    if (node.async) report(node.start, 'async function');
  };
  new Visitor({
    FunctionDeclaration: checkFunction,
    FunctionExpression: checkFunction,
    ArrowFunctionExpression: checkFunction,
    AwaitExpression: (node) => report(node.start, 'await'),
    ForOfStatement: (node) => {
      if (node.await) report(node.start, 'for await');
    },
    ImportExpression: (node) => report(node.start, 'import()'),
  }).visit(parsed.program);
  return violations;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const violations = checkPurity(readSources(fileURLToPath(new URL('..', import.meta.url))));
  for (const violation of violations) console.error(violation);
  process.exitCode = violations.length > 0 ? 1 : 0;
}
