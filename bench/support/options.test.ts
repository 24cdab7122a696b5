import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { readOptions } from './options.js';

const options = {
  clients: { value: 100, least: 1, meaning: 'clients' },
  text: { value: 200, least: 10, most: 16_384, meaning: 'bytes' },
  rate: { value: 0, meaning: 'a second' },
  driver: { value: 'frames', among: ['frames', 'library'], meaning: 'which' },
  profile: { value: '', meaning: 'a directory' },
  quick: { value: false, meaning: 'short' },
};

function read(...parameters: string[]) {
  return readOptions('Measures.', options, parameters);
}

/** Reads what ends the process; gives what it said, and its exit code. */
function ended(t: TestContext, ...parameters: string[]): { lines: string[]; code: unknown } {
  const lines: string[] = [];
  const say = (text: string) => lines.push(...text.split('\n'));
  const mocks = [
    t.mock.method(console, 'log', say),
    t.mock.method(console, 'error', say),
    t.mock.method(process, 'exit', (code: number) => {
      throw new Error('ended', { cause: code });
    }),
  ];
  try {
    const values = read(...parameters);
    return assert.fail(`read ${JSON.stringify(values)}`);
  } catch (error) {
    if (!(error instanceof Error && error.message === 'ended')) throw error;
    return { lines, code: error.cause };
  } finally {
    for (const { mock } of mocks) mock.restore();
  }
}

test('what is left out is as usual, and what is given is taken', () => {
  const usual = { clients: 100, text: 200, rate: 0, driver: 'frames', profile: '', quick: false };
  assert.deepEqual(read(), usual);
  assert.deepEqual(read('--clients', '1', '--text=16384', '--driver', 'library', '--profile', 'x', '--quick'), {
    ...usual,
    clients: 1,
    text: 16_384,
    driver: 'library',
    profile: 'x',
    quick: true,
  });
});

test('help is told and ends the process well', (t) => {
  const { lines, code } = ended(t, '--help');
  assert.equal(code, 0);
  assert.equal(lines[0], 'Measures.');
  assert.ok(lines.some((line) => /--clients +clients \(100\)/.test(line)));
});

test('what is wrong ends the process with one line that says what is allowed', (t) => {
  const wrong: readonly [parameters: string[], said: string][] = [
    [['--clients', '0'], '--clients takes a number from 1 up, not "0".'],
    [['--clients=-1'], '--clients takes a number from 1 up, not "-1".'],
    [['--clients', 'many'], '--clients takes a number from 1 up, not "many".'],
    [['--rate', ''], '--rate takes a number from 0 up, not "".'],
    [['--text', '20000'], '--text takes a number from 10 to 16384, not "20000".'],
    [['--text', '9'], '--text takes a number from 10 to 16384, not "9".'],
    [['--driver', 'foo'], '--driver takes frames or library, not "foo".'],
  ];
  for (const [parameters, said] of wrong) assert.deepEqual(ended(t, ...parameters), { lines: [said], code: 2 });
});

test('what is not an option ends the process with one line', (t) => {
  for (const parameters of [['5000'], ['--foo'], ['--clients'], ['--clients', '-1'], ['--quick=yes']]) {
    const { lines, code } = ended(t, ...parameters);
    assert.equal(code, 2);
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /--help/);
  }
});
