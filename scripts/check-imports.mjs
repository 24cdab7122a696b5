/**
 * Checks that the folders are the architecture: who may import whom.
 *
 * Invariants of an accepted source tree:
 * - every source lies in a room of the table below, and imports only its own room and those that its room sees; tests
 *   also the made world;
 * - no file is reached from itself by imports, types included;
 * - nothing is passed on: no `export ... from` and no index file, except in the client library, whose face is its purpose;
 * - the core, the made world and the browser's side import no Node module, and the core imports no package but those named here.
 */

import { dirname, join } from 'node:path/posix';
import { fileURLToPath } from 'node:url';

import { isTestFile, readSources } from './source-files.mjs';

/** @typedef {import('./source-files.mjs').SourceFile} SourceFile */
/** @typedef {{ from: string, specifier: string, target: string | undefined }} Import */

/** The rooms of the core from the bottom up. A room sees every lower rank; rooms of one rank do not know each other. */
const coreRanks = [
  ['lib'],
  ['model'],
  ['ports'],
  ['wire'],
  ['chat', 'replication', 'store'],
  ['replica', 'client'],
].map((rank) => rank.map((name) => `src/core/${name}`));

/** Packages that compute and do nothing else: no clock, no randomness, no input or output. */
const purePackages = ['re2js'];

const core = coreRanks.flat();
const library = 'src/library';
const everything = [...core, 'src/io/node', 'src/io/browser', 'src/sim', library, 'src/apps'];

/** What each room sees beside itself. A file is in the room with the longest matching path. @type {Map<string, string[]>} */
const visibleByRoom = new Map([
  ...coreRanks.flatMap((rank, index) =>
    rank.map((room) => /** @type {[string, string[]]} */ ([room, coreRanks.slice(0, index).flat()])),
  ),
  ['src/io/node', coreRanks.slice(0, 4).flat()],
  ['src/io/browser', coreRanks.slice(0, 4).flat()],
  ['src/sim', core],
  [library, [...coreRanks.slice(0, 4).flat(), 'src/core/client', 'src/io/node', 'src/io/browser']],
  ['src/apps', everything],
  ['test/support', everything],
  ['test', [...everything, 'test/support']],
  ['bench', [...everything, 'test/support']],
]);

/** @returns {string[]} one line per violation; none if the sources obey every rule */
export function checkImports(/** @type {SourceFile[]} */ files) {
  const violations = files.flatMap(({ path }) => checkPlace(path));
  /** @type {Map<string, string[]>} */
  const targetsByFile = new Map();
  for (const file of files) {
    const imports = importsOf(file);
    violations.push(...imports.flatMap(checkImport), ...checkReexports(file));
    targetsByFile.set(
      file.path,
      imports.flatMap(({ target }) => target ?? []),
    );
  }
  return [...violations, ...findCycles(targetsByFile)];
}

function roomOf(/** @type {string} */ path) {
  const rooms = [...visibleByRoom.keys()].filter((room) => path.startsWith(`${room}/`));
  return rooms.toSorted((one, other) => other.length - one.length)[0];
}

function checkPlace(/** @type {string} */ path) {
  if (path.endsWith('/index.ts')) return [`${path}: no index files; import the file that has the thing`];
  return roomOf(path) === undefined
    ? [`${path}: lies in no room of the architecture (see scripts/check-imports.mjs)`]
    : [];
}

/** @returns {Import[]} static imports, re-exports and `import()` of a constant, in this order */
function importsOf(/** @type {SourceFile} */ { path, text, parsed }) {
  const { staticImports, staticExports, dynamicImports } = parsed.module;
  const specifiers = [
    ...staticImports.map((found) => found.moduleRequest.value),
    ...staticExports.flatMap((found) => found.entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
    ...dynamicImports.flatMap(
      ({ moduleRequest: { start, end } }) => /^(['"])(.*)\1$/.exec(text.slice(start, end))?.[2] ?? [],
    ),
  ];
  return specifiers.map((specifier) => ({ from: path, specifier, target: resolve(path, specifier) }));
}

/** The source a specifier stands for; undefined for a package. */
function resolve(/** @type {string} */ from, /** @type {string} */ specifier) {
  const source = specifier.replace(/\.js$/, '.ts');
  if (specifier.startsWith('#src/')) return source.slice(1);
  return specifier.startsWith('.') ? join(dirname(from), source) : undefined;
}

/** @returns {string[]} */
function checkImport(/** @type {Import} */ { from, specifier, target }) {
  if (target === undefined) return checkPackage(from, specifier);
  const room = roomOf(from);
  if (room === undefined) return [];
  const isOutside = !room.startsWith('src/');
  if (specifier.startsWith('#') && !isOutside)
    return [`${from}: imports ${specifier}; sources import by relative path`];
  const targetRoom = roomOf(target);
  // A made world is what a test of nearly anything runs in.
  if (targetRoom === 'src/sim' && isTestFile(from)) return [];
  if (targetRoom === room || visibleByRoom.get(room)?.includes(targetRoom ?? '')) return [];
  return [`${from}: imports ${target}; ${room} does not see ${targetRoom ?? 'it'}`];
}

/** @returns {string[]} */
function checkPackage(/** @type {string} */ from, /** @type {string} */ specifier) {
  if (isTestFile(from)) return [];
  const isNode = specifier.startsWith('node:');
  const inCore = from.startsWith('src/core/') || from.startsWith('src/sim/');
  const inBrowser =
    from.startsWith('src/io/browser/') || (from.startsWith(`${library}/`) && from !== `${library}/node.ts`);
  if (isNode && (inCore || inBrowser)) return [`${from}: imports ${specifier}; only Node's side may`];
  if (inCore && !purePackages.includes(specifier)) {
    return [
      `${from}: imports the package ${specifier}; the core takes only packages named in scripts/check-imports.mjs`,
    ];
  }
  return [];
}

/** @returns {string[]} */
function checkReexports(/** @type {SourceFile} */ { path, parsed }) {
  if (roomOf(path) === library) return [];
  const passesOn = parsed.module.staticExports.some((found) => found.entries.some((entry) => entry.moduleRequest));
  return passesOn ? [`${path}: exports what another file has; import it from there`] : [];
}

/** Each cycle once, as the path that leads back. @returns {string[]} */
function findCycles(/** @type {Map<string, string[]>} */ targetsByFile) {
  /** @type {string[]} */
  const cycles = [];
  /** @type {Set<string>} */
  const finished = new Set();
  /** @type {string[]} */
  const trail = [];
  const visit = (/** @type {string} */ file) => {
    if (finished.has(file)) return;
    const seenAt = trail.indexOf(file);
    if (seenAt >= 0) {
      cycles.push(`cycle: ${[...trail.slice(seenAt), file].join(' -> ')}`);
      return;
    }
    trail.push(file);
    for (const target of targetsByFile.get(file) ?? []) visit(target);
    trail.pop();
    finished.add(file);
  };
  for (const file of targetsByFile.keys()) visit(file);
  return cycles;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const violations = checkImports(readSources(fileURLToPath(new URL('..', import.meta.url))));
  for (const violation of violations) console.error(violation);
  process.exitCode = violations.length > 0 ? 1 : 0;
}
