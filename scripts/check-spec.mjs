/**
 * Checks that the specification and the tests speak of the same rules.
 *
 * A rule begins a line of `docs/spec/*.md` with its number: `[S3] An unsynced tail ...`, also in a list, a table or bold.
 * A test cites it in its name: `test('[S3] an unsynced tail is cut', ...)`. Every rule has one definition, in the file
 * its letter belongs to, and at least one test; every number cited in a test name, a comment or the text has a rule.
 */

import { readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Visitor } from 'oxc-parser';

import { filesBelow } from './prepare.mjs';
import { isTestFile, readSources } from './source-files.mjs';

/** @typedef {import('./source-files.mjs').SourceFile} SourceFile */
/** @typedef {{ path: string, text: string }} Document */
/** @typedef {{ rule: string, path: string }} Citation */

/** @type {Record<string, string>} */
const documentByLetter = { W: 'wire.md', R: 'replication.md', S: 'store.md', C: 'client.md' };
const testFunctions = ['test', 'it', 'describe', 'suite'];

/** @returns {string[]} one line per violation */
export function checkSpec(/** @type {Document[]} */ documents, /** @type {SourceFile[]} */ files) {
  const definitions = documents.flatMap(definitionsOf);
  const defined = new Set(definitions.map(({ rule }) => rule));
  const tested = files.filter(({ path }) => isTestFile(path)).flatMap(citationsOfNames);
  const testedRules = new Set(tested.map(({ rule }) => rule));
  const mentioned = [
    ...documents.flatMap(({ path, text }) => citations(path, text)),
    ...files.flatMap(citationsOfComments),
  ];
  return [
    ...definitions.flatMap(({ rule, path }, index) => {
      const home = documentByLetter[rule.charAt(0)];
      const first = definitions.findIndex((definition) => definition.rule === rule);
      return [
        ...(basename(path) === home ? [] : [`${path}: defines [${rule}], which belongs in ${home}`]),
        ...(first === index ? [] : [`${path}: defines [${rule}] a second time`]),
        ...(testedRules.has(rule) ? [] : [`${path}: no test cites [${rule}]`]),
      ];
    }),
    ...new Set(
      [...tested, ...mentioned]
        .filter(({ rule }) => !defined.has(rule))
        .map(({ rule, path }) => `${path}: cites [${rule}], which no document in docs/spec defines`),
    ),
  ];
}

/** @returns {Citation[]} */
function citations(/** @type {string} */ path, /** @type {string} */ text) {
  return [...text.matchAll(/\[([WRSC]\d+)\](?!\()/g)].map(([, rule = '']) => ({ rule, path }));
}

/** @returns {Citation[]} */
function definitionsOf(/** @type {Document} */ { path, text }) {
  return [...text.matchAll(/^\s*(?:[-*|] |#+ )?(?:\*\*)?\[([WRSC]\d+)\]/gm)].map(([, rule = '']) => ({ rule, path }));
}

/** @returns {Citation[]} */
function citationsOfComments(/** @type {SourceFile} */ { path, parsed }) {
  return parsed.comments.flatMap(({ value }) => citations(path, value));
}

/** @returns {Citation[]} what the names of tests and suites cite: constants, and the constant parts of templates */
function citationsOfNames(/** @type {SourceFile} */ { path, parsed }) {
  /** @type {Citation[]} */
  const found = [];
  new Visitor({
    CallExpression: ({ callee, arguments: [name] }) => {
      const called = callee.type === 'MemberExpression' ? callee.property : callee;
      if (called.type !== 'Identifier' || !testFunctions.includes(called.name)) return;
      if (name?.type === 'Literal') found.push(...citations(path, String(name.value)));
      if (name?.type === 'TemplateLiteral') {
        found.push(...name.quasis.flatMap(({ value }) => citations(path, value.cooked ?? '')));
      }
    },
  }).visit(parsed.program);
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const documents = filesBelow(join(root, 'docs', 'spec'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => ({ path: relative(root, file), text: readFileSync(file, 'utf8') }));
  const violations = checkSpec(documents, readSources(root));
  for (const violation of violations) console.error(violation);
  process.exitCode = violations.length > 0 ? 1 : 0;
}
