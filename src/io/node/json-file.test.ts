import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { JsonFile } from './json-file.js';

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'holdfast-json-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

test('what was put into the file is read from it, also by another', async (t) => {
  const path = join(await folder(t), 'new', 'folder', 'file.json');
  assert.equal(await new JsonFile(path).read(), undefined);
  await new JsonFile(path).replace({ one: [1] });
  assert.deepEqual(await new JsonFile(path).read(), { one: [1] });
  for (let time = 1; time <= 2; time += 1) await new JsonFile(path).remove();
  assert.equal(await new JsonFile(path).read(), undefined);
});

test('who writes at the same time leaves one of the values, whole, and nothing else', async (t) => {
  const home = await folder(t);
  const path = join(home, 'file.json');
  const values = Array.from({ length: 20 }, (_, index) => 'x'.repeat(10_000 + index));
  await Promise.all(values.map((value) => new JsonFile(path).replace(value)));
  assert.ok(values.includes((await new JsonFile(path).read()) as string));
  assert.deepEqual(await readdir(home), ['file.json']);
});

test('a file that is no JSON is not taken for an empty one', async (t) => {
  const path = join(await folder(t), 'file.json');
  await writeFile(path, '{"half":');
  await assert.rejects(new JsonFile(path).read(), SyntaxError);
});
