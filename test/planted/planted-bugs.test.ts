/** A simulator that does not find known bugs proves nothing. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { plantedBugs } from './bugs.js';
import { plant, runUntilCaught } from './plant.js';
import { SEEDS_MAX, tableOf, tableIn } from './table.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

describe('each planted bug is caught', { concurrency: availableParallelism() }, () => {
  for (const bug of plantedBugs) {
    test(`${bug.name}, within ${SEEDS_MAX} seeds and by a checker that it breaks`, async () => {
      const { seeds, invariant, how } = await runUntilCaught(bug, SEEDS_MAX);
      assert.ok(invariant !== undefined, `not in ${seeds} seeds`);
      assert.ok(bug.caughtBy.includes(invariant), `by ${invariant} at seed ${seeds}: ${how}`);
    });
  }
});

test('a bug whose text the program no longer has, or has twice, is not planted', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-planted-'));
  try {
    mkdirSync(join(folder, 'dist'));
    writeFileSync(join(folder, 'dist', 'a.js'), 'one two two');
    const bugOf = (search: string) => {
      const edits = [{ file: 'a.js', search, replace: 'three' }];
      return { name: 'a bug', about: '', edits, caughtBy: [] };
    };
    for (const text of ['four', 'two']) assert.throws(() => plant(bugOf(text), folder), /a bug no longer fits/);
    plant(bugOf('one'), folder);
    assert.equal(readFileSync(join(folder, 'dist', 'a.js'), 'utf8'), 'three two two');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('docs/simulator.md tells of the bugs that are planted', () => {
  const document = readFileSync(join(root, 'docs', 'simulator.md'), 'utf8');
  const rows = (table: string): string[] =>
    table.split('\n').map((row) =>
      row
        .replace(/\d+ *\|$/, '|')
        .replace(/ +/g, ' ')
        .replace(/-+/g, '-'),
    );
  const seedsByBug = new Map(plantedBugs.map(({ name }) => [name, 0]));
  assert.deepEqual(rows(tableIn(document)), rows(tableOf(seedsByBug)), 'npm run planted writes the table');
});

test('no planted bug is in the package, and nothing in it knows of any', () => {
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  const [{ files }] = JSON.parse(packed) as [{ readonly files: readonly { readonly path: string }[] }];
  const paths = files.map(({ path }) => path);
  assert.ok(paths.includes('dist/apps/cli/main.js'), 'it is the package');
  assert.deepEqual(
    paths.filter((path) => path.startsWith('dist/test')),
    [],
  );
  const programs = paths.filter((path) => path.endsWith('.js') || path.endsWith('.mjs'));
  const contents = programs.map((path) => [path, readFileSync(join(root, path), 'utf8')] as const);
  for (const { name, edits } of plantedBugs) {
    assert.deepEqual(
      contents.filter(([, text]) => text.includes(name)).map(([path]) => path),
      [],
      `${name} is named`,
    );
    for (const { file, search } of edits) {
      const program = contents.find(([path]) => path === `dist/${file}`)?.[1];
      assert.ok(program?.includes(search), `${name} is not planted in ${file}`);
    }
  }
});
