/**
 * Wrong versions of how a name is confirmed, each a change of one place of the built program in a copy of it. The
 * simulation of names must find every one of them; one that it cannot find proves nothing of the right one.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const SEEDS_MAX = 200;

const wrongVersions = [
  {
    name: 'a majority of grants is taken for enough, and nothing is confirmed',
    search: '2 * minCopies > members.list.length ? members.self : 0',
    replace: '0',
  },
  {
    name: 'an account is confirmed before a majority has it',
    search: 'own + witnesses.size < needed',
    replace: 'false',
  },
  {
    name: 'an account is confirmed without what the majority had before it',
    search: 'if (!state.applied.coversAll(durable))',
    replace: 'if (false)',
  },
  {
    name: 'an account is confirmed beside a rival',
    search: 'rivals.length > 0 ||',
    replace: '',
  },
];

/** What the simulation prints in a copy of the program, with the one place changed. */
async function simulate(
  t: TestContext,
  change?: { readonly search: string; readonly replace: string },
): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'holdfast-planted-'));
  t.after(() => rm(copy, { recursive: true }));
  for (const each of ['dist', 'package.json']) await cp(join(root, each), join(copy, each), { recursive: true });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  if (change !== undefined) {
    const file = join(copy, 'dist/core/replica/claims.js');
    const parts = (await readFile(file, 'utf8')).split(change.search);
    assert.equal(parts.length, 2, `"${change.search}" stands in the file once`);
    await writeFile(file, parts.join(change.replace));
  }
  const program = join(copy, 'dist/test/planted/run-names.js');
  const seeds = change === undefined ? 10 : SEEDS_MAX;
  const { stdout } = await promisify(execFile)(process.execPath, [program, String(seeds)]);
  return stdout;
}

test('[R57] the copy of the right version fails at no seed', async (t) => {
  assert.equal(await simulate(t), '');
});

for (const { name, search, replace } of wrongVersions) {
  test(`[R57] found in the simulation: ${name}`, async (t) => {
    const found = await simulate(t, { search, replace });
    assert.match(found, /^\d+ .*(nobody is displaced|nobody else has the name)/s);
  });
}
