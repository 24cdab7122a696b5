/** Shows that the check of the models bites, and that it leaves none out. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { complaintsAbout, readOutcome } from './check-model.mjs';
import { modelRuns } from './model-runs.mjs';
import { filesBelow } from './prepare.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

test('every module that sets the constants of a model is simulated', () => {
  const modules = filesBelow(`${root}models`).flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const names = [...text.matchAll(/^module (\w+) \{\s*import \w+\(/gm)].map(([, name]) => name);
    return names.map((name) => `${basename(file, '.qnt')} ${name}`);
  });
  assert.deepEqual(modelRuns.map(({ file, module }) => `${file} ${module}`).toSorted(), modules.toSorted());
});

const size = { file: 'names', module: 'names', traces: 1, steps: 1 };
/** @type {import('./model-runs.mjs').ModelRun} */
const right = { ...size, kind: 'right', holds: ['nameOwner'], reaches: ['conflict', 'refused'] };
/** @type {import('./model-runs.mjs').ModelRun} */
const wrong = { ...size, kind: 'wrong', violates: ['nameOwner'] };
const held = '[ok] No violation found.\nWitnesses:\nconflict was witnessed in 1 trace(s) out of 9 explored (11.11%)\n';

test('a violated model, a situation that no trace reaches and a wrong variant that passes are failures', () => {
  const everything = `${held}refused was witnessed in 3 trace(s) out of 9 explored (33.33%)\n`;
  assert.deepEqual(complaintsAbout(right, readOutcome(everything)), []);
  assert.deepEqual(complaintsAbout(right, readOutcome(`${held}refused was witnessed in 0 trace(s) out of 9`)), [
    'no trace reaches refused',
  ]);
  assert.match(complaintsAbout(right, readOutcome('[violation] Found an issue')).join(), /^violated/);
  assert.deepEqual(complaintsAbout(wrong, readOutcome('[violation] Found an issue')), []);
  assert.match(complaintsAbout(wrong, readOutcome(held)).join(), /lost its teeth/);
});

test('a simulator that gives no answer is a failure, for a wrong variant as well', () => {
  for (const run of [right, wrong]) {
    assert.match(complaintsAbout(run, readOutcome('error: parsing failed')).join(), /could not be checked/);
  }
});
