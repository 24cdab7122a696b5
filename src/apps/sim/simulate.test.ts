import assert from 'node:assert/strict';
import { test } from 'node:test';

import { runProgram } from '../cli/run-program.testing.js';

test('sim runs seeds on all processors, some of them twice, and reports what they came to', async () => {
  const { exitCode, stdout } = await runProgram(['sim', '--seeds', '3', '--start', '20', '--servers', '3', '--json']);
  assert.equal(exitCode, 0, stdout);
  const report = JSON.parse(stdout) as Record<string, unknown>;
  const { start, seeds, repeated, failures, idle } = report;
  assert.deepEqual(
    { start, seeds, repeated, failures, idle },
    { start: 20, seeds: 3, repeated: 1, failures: [], idle: 0 },
  );
  assert.ok(Number(report['acked']) > 0);
});

test('sim refuses numbers that are none', async () => {
  for (const wrong of [
    ['--seeds', '0'],
    ['--start', '1.5'],
    ['--servers', '5..3'],
    ['--servers', 'many'],
  ]) {
    const { exitCode, stderr } = await runProgram(['sim', ...wrong]);
    assert.equal(exitCode, 2);
    assert.ok(stderr.includes(wrong[0]!), stderr);
  }
});
