import assert from 'node:assert/strict';
import test from 'node:test';

import fc from 'fast-check';

import { readConfigText } from './config-text.js';

function problemsOf(text: string): string[] {
  const reading = readConfigText(text);
  if (reading.state === 'valid') return [];
  return reading.problems.map(({ line, column, text }) => `${line}:${column}: ${text}`);
}

const good = `{
  "servers": [
    { "id": 1, "host": "127.0.0.1", "port": 6001 },
    { "id": 2, "host": "127.0.0.1", "port": 6002 }
  ],
  "groupKeyFile": "group.key"
}
`;

test('a good text gives its config and the position of every value', () => {
  const reading = readConfigText(good);
  assert.equal(reading.state, 'valid');
  assert.deepEqual(reading.config.servers[1], { id: 2, host: '127.0.0.1', port: 6002 });
  assert.deepEqual(reading.positionOf(['servers', 1, 'port']), { line: 4, column: 45 });
  assert.deepEqual(reading.positionOf(['groupKeyFile']), { line: 6, column: 19 });
});

test('a wrong value is told by line and column, all of them in order', () => {
  const text = good.replace('6001', '70000').replace('"id": 2', '"id": "2"').replace('groupKeyFile', 'groupkeyfile');
  assert.deepEqual(problemsOf(text), [
    '3:45: "port" is 70000; a port is a whole number from 1 to 65535',
    '4:13: "id" is "2"; an id is a whole number from 1 to 65535',
    '6:3: unknown key "groupkeyfile"; did you mean "groupKeyFile"?',
  ]);
});

test('what is missing is told where it should be', () => {
  assert.deepEqual(problemsOf(good.replace(', "port": 6002', '')), [
    '4:5: "port" is missing; a port is a whole number from 1 to 65535',
  ]);
  assert.deepEqual(problemsOf('{\n}'), ['1:1: "servers" is missing; it is the list of all servers of the group']);
});

test('columns count characters, not UTF-16 units', () => {
  assert.deepEqual(
    problemsOf(`{ "🪸": 1, "servers": [{ "id": 1, "host": "a", "port": 0 }] }`).at(-1)?.slice(0, 10),
    '1:55: "por',
  );
});

test('a key given twice is an error', () => {
  assert.deepEqual(problemsOf(good.replace('"port": 6002', '"port": 6002,\n "port": 6003')), [
    '5:2: the key "port" was already given on line 4',
  ]);
});

test('mistakes of form say what was expected', () => {
  const cases: [string, string][] = [
    ['', '1:1: the file is empty; it must hold an object with the key "servers"'],
    ['  \n ', '1:1: the file is empty; it must hold an object with the key "servers"'],
    ['{"servers": [1,]}', '1:16: expected a value; remove the "," before the "]"'],
    ['{"servers": [],}', '1:16: expected a key in double quotes; remove the "," before the "}"'],
    ['{"servers": [', '1:14: expected "]", but the file ends here'],
    ['{servers: []}', '1:2: "servers" is not JSON; expected a value such as "text", 12, true, [ or {'],
    ["{'servers': []}", '1:2: "\'servers\'" is not JSON; expected a value such as "text", 12, true, [ or {'],
    ['{"servers" []}', '1:12: expected ":" after the key'],
    ['{"servers": [] "group": "a"}', '1:16: expected "," between two entries'],
    ['{"servers": []} 1', '1:17: expected nothing more after the end of the config'],
    ['// hello\n{}', '1:1: comments are not allowed in JSON'],
    ['{"group": "a\n"}', '1:11: this string has no closing double quote on its line'],
    ['{"group": "\\x"}', '1:11: in a string, \\ is followed by one of " \\ / b f n r t u'],
    ['{"group": "\\u12"}', '1:11: after \\u a string needs four hexadecimal digits'],
    ['{"group": "a\tb"}', '1:11: this character must be written as an escape such as \\t in a string'],
  ];
  for (const [text, expected] of cases) assert.equal(problemsOf(text)[0], expected, JSON.stringify(text));
});

test('a mistake of form is told once for each line', () => {
  assert.deepEqual(
    problemsOf('{"a": [1,],\n "b": [1,],\n}').map((problem) => problem.split(':')[0]),
    ['1', '2', '3'],
  );
});

test('exactly what the language calls JSON is accepted as such', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"servers"',
    '1',
    '-',
    '.5',
    'e3',
    '0',
    'true',
    'nul',
    '"\\u00"',
    '/*',
    '*/',
    ' ',
    '\n',
  );
  const text = fc.oneof(
    fc.json(),
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  );
  const isForm = (problem: string) => !/is missing|unknown key|must|is empty|was already given/.test(problem);
  fc.assert(
    fc.property(text, (text) => {
      let parsed = true;
      try {
        JSON.parse(text);
      } catch {
        parsed = false;
      }
      const problems = problemsOf(text);
      if (!parsed) assert.ok(problems.length > 0);
      else assert.deepEqual(problems.filter(isForm), []);
    }),
    { numRuns: 2000 },
  );
});

test('a text that is nested without end is refused', () => {
  const reading = readConfigText('['.repeat(100_000));
  assert.equal(reading.state, 'invalid');
  assert.deepEqual('problems' in reading && reading.problems, [
    { line: 1, column: 1, text: 'Brackets stand within brackets too often for a config.' },
  ]);
});
