/**
 * Checks the models of `models/` by simulation from a fixed seed, so that every run sees the same traces: `npm run model`.
 *
 * What "no violation" is worth is checked as well: each model has witnesses, situations that some trace must reach, and
 * wrong variants, models with one rule turned off, of which some trace must violate what is named.
 *
 *   npm run model              every model
 *   npm run model -- names     those whose name contains "names"
 */

import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { modelRuns } from './model-runs.mjs';
import { prepareOrExit } from './prepare.mjs';

/** @typedef {import('./model-runs.mjs').ModelRun} ModelRun */
/** @typedef {{ state: 'held' | 'violated' | 'failed', reached: string[], output: string }} Outcome */

const root = fileURLToPath(new URL('..', import.meta.url));
const seed = '0x1';

/** @returns {string[]} what is not as it should be, one line each */
export function complaintsAbout(/** @type {ModelRun} */ run, /** @type {Outcome} */ { state, reached, output }) {
  if (state === 'failed') return [`could not be checked:\n${output}`];
  if (run.kind === 'wrong') {
    return state === 'violated' ? [] : [`no trace violates ${run.violates.join(', ')}; the model has lost its teeth`];
  }
  if (state === 'violated') return [`violated:\n${output}`];
  return run.reaches.filter((witness) => !reached.includes(witness)).map((witness) => `no trace reaches ${witness}`);
}

/** What the simulator's answer means. A run that did not get as far as an answer has failed. */
export function readOutcome(/** @type {string} */ output) {
  const reached = [...output.matchAll(/^(\w+) was witnessed in (\d+) trace/gm)]
    .filter(([, , traces]) => traces !== '0')
    .map(([, name = '']) => name);
  /** @type {Outcome['state']} */
  const state = /^\[ok\]/m.test(output) ? 'held' : /^\[violation\]/m.test(output) ? 'violated' : 'failed';
  return { state, reached, output };
}

/** @returns {Promise<Outcome>} */
function simulate(/** @type {ModelRun} */ run) {
  const checks = run.kind === 'right' ? [...run.holds, '--witnesses', ...run.reaches] : run.violates;
  const size = ['--max-samples', String(run.traces), '--max-steps', String(run.steps)];
  const options = ['--main', run.module, '--backend', 'typescript', '--seed', seed, '--verbosity', '1'];
  const file = join('models', `${run.file}.qnt`);
  return callQuint(['run', file, ...options, ...size, '--invariants', ...checks]).then(readOutcome);
}

/** @returns {Promise<string>} everything that it printed */
function callQuint(/** @type {string[]} */ parameters) {
  const quint = fileURLToPath(import.meta.resolve('@informalsystems/quint/dist/src/cli.js'));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [quint, ...parameters], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (/** @type {string} */ text) => {
        output += text;
      });
    }
    child.on('error', reject);
    child.on('close', () => resolve(output));
  });
}

/** Simulates one after the other on each core and calls back with each result. @returns {Promise<number>} failures */
async function checkAll(
  /** @type {readonly ModelRun[]} */ runs,
  /** @type {(run: ModelRun, complaints: string[], tookMs: number) => void} */ done,
) {
  const waiting = [...runs];
  let failures = 0;
  const workers = Array.from({ length: availableParallelism() }, async () => {
    for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) {
      const begin = performance.now();
      const complaints = complaintsAbout(run, await simulate(run));
      if (complaints.length > 0) failures += 1;
      done(run, complaints, performance.now() - begin);
    }
  });
  await Promise.all(workers);
  return failures;
}

/** One line for a run, and below it what is wrong with it. */
function report(/** @type {ModelRun} */ run, /** @type {string[]} */ complaints, /** @type {number} */ tookMs) {
  const verdict = complaints.length === 0 ? 'ok    ' : 'failed';
  const name = `${run.file} ${run.module}`.padEnd(36);
  const amount = `${run.traces} x ${run.steps}`.padStart(9);
  const right = run.kind === 'right' ? `${run.holds.length} hold, ${run.reaches.length} reached` : '';
  const wrong = run.kind === 'wrong' ? `violates ${run.violates.join(', ')}` : '';
  console.log(`${verdict}  ${name} ${amount}  ${(tookMs / 1000).toFixed(1).padStart(5)} s  ${right}${wrong}`);
  for (const complaint of complaints) console.log(`        ${complaint}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  prepareOrExit();
  const filters = process.argv.slice(2);
  const runs = modelRuns.filter(
    ({ file, module }) => filters.length === 0 || filters.some((filter) => `${file} ${module}`.includes(filter)),
  );
  console.log('        model and variant                traces x steps');
  const failures = await checkAll(runs, report);
  console.log(
    failures === 0
      ? `${runs.length} runs from seed ${seed}: all as expected.`
      : `${failures} of ${runs.length} runs failed.`,
  );
  process.exitCode = failures === 0 && runs.length > 0 ? 0 : 1;
}
