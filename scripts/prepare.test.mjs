import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import { digestInputs, isInstalled, PreparationFailed, removeOrphans, requireNode } from './prepare.mjs';

/**
 * A folder with these files, by path, which is removed after the test.
 *
 * @param {import('node:test').TestContext} context
 * @param {Record<string, string>} files
 */
function folderWith(context, files) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-prepare-'));
  context.after(() => rmSync(folder, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const rootFiles = { 'package.json': '', 'package-lock.json': '', 'tsconfig.base.json': '', 'tsconfig.json': '' };

test('a Node older than the oldest supported one is refused by name', () => {
  for (const accepted of ['20.19.0', '20.20.2', '22.0.0', '24.1.0']) requireNode(accepted);
  for (const refused of ['18.20.8', '20.18.3']) {
    assert.throws(
      () => requireNode(refused),
      (error) => error instanceof PreparationFailed && error.message.includes(refused),
    );
  }
});

test('the digest of the inputs changes when a source is added, changed, deleted or set back in time', (context) => {
  const folder = folderWith(context, { ...rootFiles, 'src/core/one.ts': '1' });
  const source = join(folder, 'src/core/one.ts');
  const seen = [digestInputs(folder)];
  assert.equal(digestInputs(folder), seen[0], 'nothing changed');

  writeFileSync(join(folder, 'src/core/two.ts'), '2');
  seen.push(digestInputs(folder));
  writeFileSync(source, 'longer');
  seen.push(digestInputs(folder));
  utimesSync(source, 1_000_000, 1_000_000);
  seen.push(digestInputs(folder));
  rmSync(source);
  seen.push(digestInputs(folder));

  assert.equal(new Set(seen).size, seen.length);
});

test('outputs of a deleted source are removed, and nothing else', (context) => {
  const kept = ['dist/core/kept.js', 'dist/core/kept.d.ts', 'dist/test/kept.test.js', 'dist/core/tsconfig.tsbuildinfo'];
  const orphans = [
    'dist/core/gone.test.js',
    'dist/core/gone.test.js.map',
    'dist/core/gone.test.d.ts',
    'dist/test/gone.js',
  ];
  const sources = ['src/core/kept.ts', 'test/kept.test.ts'];
  const folder = folderWith(context, Object.fromEntries([...kept, ...orphans, ...sources].map((path) => [path, ''])));
  removeOrphans(folder);
  assert.deepEqual(
    [...kept, ...orphans].filter((path) => existsSync(join(folder, path))),
    kept,
  );
});

test('packages are installed when npm noted at least what the lock file asks for', (context) => {
  const packages = {
    '': {},
    'node_modules/one': { integrity: 'a' },
    'node_modules/two': { integrity: 'b', optional: true },
  };
  const { 'node_modules/two': _, ...withoutOptional } = packages;
  const lock = 'package-lock.json';
  const note = 'node_modules/.package-lock.json';
  const folder = folderWith(context, { [lock]: JSON.stringify({ packages }) });
  assert.equal(isInstalled(folder), false, 'nothing is installed');

  /** Writes the note of npm, older than the lock file, so that their contents decide. */
  const noteInstalled = (/** @type {object} */ installed) => {
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    writeFileSync(join(folder, note), JSON.stringify({ packages: installed }));
    utimesSync(join(folder, note), 1_000_000, 1_000_000);
  };
  noteInstalled({ 'node_modules/one': { integrity: 'older' } });
  assert.equal(isInstalled(folder), false, 'another version is installed');
  noteInstalled({ 'node_modules/two': { integrity: 'b' } });
  assert.equal(isInstalled(folder), false, 'a package is missing');
  noteInstalled({ ...withoutOptional, 'node_modules/removed': { integrity: 'c' } });
  assert.equal(isInstalled(folder), false, 'a package is left over');
  noteInstalled(withoutOptional);
  assert.equal(isInstalled(folder), true, 'an optional package of another platform may be absent');

  writeFileSync(join(folder, note), '');
  utimesSync(join(folder, lock), 1_000_000, 1_000_000);
  assert.equal(isInstalled(folder), true, 'a note newer than the lock file is trusted unread');
});

test('a program whose sources cannot be built runs as it was built before, and says so', (context) => {
  const folder = folderWith(context, {
    ...rootFiles,
    'package.json': '{"type":"module"}',
    'package-lock.json': '{"packages":{}}',
    'node_modules/.package-lock.json': '{"packages":{}}',
    'src/apps/cli/main.ts': '',
    'dist/apps/cli/main.js': 'console.log("ran")',
    'scripts/none': '',
  });
  for (const file of ['holdfast', 'scripts/prepare.mjs']) {
    copyFileSync(new URL(`../${file}`, import.meta.url), join(folder, file));
  }
  const launch = () => spawnSync(process.execPath, [join(folder, 'holdfast')], { encoding: 'utf8' });
  const { status, stdout, stderr } = launch();
  assert.deepEqual([status, stdout], [0, 'ran\n']);
  assert.match(stderr, /^Building\.\.\.\n[^]*The build failed\.\nThis runs as it was built before, /);

  writeFileSync(join(folder, 'dist', '.built-from'), digestInputs(folder));
  const { status: again, stdout: output, stderr: said } = launch();
  assert.deepEqual([again, output, said], [0, 'ran\n', '']);
});
