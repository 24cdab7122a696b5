/**
 * Makes a clone runnable: installs the packages of the lock file and builds `dist/`, each only if needed.
 *
 * Needs nothing but Node, npm and a clone. Running it again without a change costs some milliseconds, because it
 * compares two small records with what is there, and starts neither npm nor the compiler:
 * - `node_modules/.package-lock.json`, npm's own note of what it installed;
 * - `dist/.built-from`, a digest of the path, size and time of every file the build reads, so that an added, changed or
 *   deleted source is noticed, and so is a checkout of an older one.
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sourceFolders = ['src', 'test', 'bench'];
const rootInputs = ['package.json', 'package-lock.json', 'tsconfig.base.json', 'tsconfig.json'];
const oldestNode = [20, 19];

/** What a build step could not do; the tool that failed has already said why. */
export class PreparationFailed extends Error {}

/**
 * Installs and builds what is missing below `folder`. What it and its tools have to say goes to stderr, so that the
 * output of a program that prepares first stays clean. Throws `PreparationFailed`.
 */
export function prepare(folder = root) {
  requireNode(process.versions.node);
  if (!isInstalled(folder)) {
    say('Installing packages...');
    install(folder);
  }
  const inputs = digestInputs(folder);
  if (readIfPresent(join(folder, 'dist', '.built-from')) === inputs) return;
  say('Building...');
  removeOrphans(folder);
  build(folder);
  mkdirSync(join(folder, 'dist'), { recursive: true });
  writeFileSync(join(folder, 'dist', '.built-from'), inputs);
}

/** Throws `PreparationFailed` if the Node version `running` ("20.19.0") is older than the oldest supported one. */
export function requireNode(/** @type {string} */ running) {
  const [major = 0, minor = 0] = running.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new PreparationFailed(`Holdfast needs Node ${oldestNode.join('.')} or newer; this is ${running}.`);
}

/**
 * Runs `prepare` as the first step of a program: a failure ends the process with exit code 1, or is only said where the program
 * can run as it was built before, for whoever may not write here.
 */
export function prepareOrExit({ runsWithout = false } = {}) {
  try {
    prepare();
  } catch (error) {
    // What the system refuses, such as to write here, has a system call to its name.
    const isRefused = error instanceof Error && 'syscall' in error;
    if (!(error instanceof PreparationFailed) && !isRefused) throw error;
    say(error.message);
    if (!runsWithout) process.exit(1);
    say('This runs as it was built before, and not from the sources that are here. To build: npm run build');
  }
}

/**
 * Whether `node_modules` holds what the lock file asks for. npm writes its note before it writes a changed lock file, so
 * a note that is older may still agree; then it is marked as fresh, and the next look needs no comparison.
 */
export function isInstalled(/** @type {string} */ folder) {
  const lock = join(folder, 'package-lock.json');
  const note = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(note)) return false;
  if (statSync(note).mtimeMs >= statSync(lock).mtimeMs) return true;
  const wanted = readPackages(lock);
  const installed = readPackages(note);
  const agrees =
    Object.keys(installed).every((path) => path in wanted) &&
    Object.entries(wanted).every(([path, entry]) => {
      const found = installed[path];
      return path === '' || (found === undefined ? entry.optional === true : found.integrity === entry.integrity);
    });
  if (agrees) utimesSync(note, new Date(), new Date());
  return agrees;
}

/** @returns {Record<string, { integrity?: string, optional?: boolean }>} the packages of a lock file, by their path */
function readPackages(/** @type {string} */ lockFile) {
  const lock = /** @type {{ packages: ReturnType<typeof readPackages> }} */ (
    JSON.parse(readFileSync(lockFile, 'utf8'))
  );
  return lock.packages;
}

function install(/** @type {string} */ folder) {
  const parameters = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', parameters, folder, 'The packages could not be installed.');
}

function build(/** @type {string} */ folder) {
  const compiler = join(folder, 'node_modules', 'typescript', 'bin', 'tsc');
  run(process.execPath, [compiler, '-b'], folder, 'The build failed.');
}

/** Runs a tool with its output on stderr; throws `PreparationFailed` with `failure` unless it exits with 0. */
function run(
  /** @type {string} */ command,
  /** @type {string[]} */ parameters,
  /** @type {string} */ folder,
  /** @type {string} */ failure,
) {
  const shell = process.platform === 'win32' && command === 'npm';
  const result = spawnSync(command, parameters, { cwd: folder, stdio: ['ignore', 2, 2], shell });
  if (result.error) throw new PreparationFailed(`${failure} ${command}: ${result.error.message}`);
  if (result.status !== 0) throw new PreparationFailed(failure);
}

/** A digest of everything the build reads, cheap enough to take on every start: no file is opened. */
export function digestInputs(/** @type {string} */ folder) {
  const hash = createHash('sha256');
  const files = [
    ...rootInputs.map((name) => join(folder, name)),
    ...sourceFolders.flatMap((name) => filesBelow(join(folder, name))),
  ].toSorted();
  for (const file of files) {
    const found = statSync(file);
    hash.update(`${relative(folder, file)}\0${found.size}\0${found.mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** Removes outputs whose source is gone: the compiler leaves them, and a test that was deleted would still run. */
export function removeOrphans(/** @type {string} */ folder) {
  const dist = join(folder, 'dist');
  for (const output of filesBelow(dist)) {
    const path = relative(dist, output);
    const source = sourceOf(path);
    if (source !== undefined && !existsSync(join(folder, `${source}.ts`))) rmSync(output);
  }
}

/** The source of an output of the compiler, both as paths without a start or an ending; undefined for another file. */
function sourceOf(/** @type {string} */ output) {
  const stem = /^(.*?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(output)?.[1];
  if (stem === undefined) return undefined;
  const inOwnFolder = stem.startsWith(`test${sep}`) || stem.startsWith(`bench${sep}`);
  return inOwnFolder ? stem : join('src', stem);
}

/** @returns {string[]} every file in `folder` and below; none if there is no such folder */
export function filesBelow(/** @type {string} */ folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function readIfPresent(/** @type {string} */ file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function say(/** @type {string} */ text) {
  process.stderr.write(`${text}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) prepareOrExit();
