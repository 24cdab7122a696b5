import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { bugClasses } from './classes.js';

/** The names of the tests in this folder, as the built files have them. */
async function testNames(): Promise<string[]> {
  const folder = new URL('.', import.meta.url);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.test.js') && file !== 'complete.test.js');
  const sources = await Promise.all(files.map((file) => readFile(new URL(file, folder), 'utf8')));
  return sources.flatMap((source) => [...source.matchAll(/\btest\(\s*(['"`])(.*?)\1/g)].map((match) => match[2]!));
}

test('every class of bugs has a test by its name, and every test here is of a class', async () => {
  const names = await testNames();
  const isOf = (bugClass: string) => (name: string) => name === bugClass || name.startsWith(`${bugClass}: `);
  const untested = bugClasses.filter((bugClass) => !names.some(isOf(bugClass)));
  assert.deepEqual(untested, []);
  const classless = names.filter((name) => !bugClasses.some((bugClass) => isOf(bugClass)(name)));
  assert.deepEqual(classless, []);
});
