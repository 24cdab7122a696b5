import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { limits } from './limits.js';
import { compilePattern } from './pattern.js';

function matches(pattern: string, text: string): boolean {
  const compiled = compilePattern(pattern);
  assert.ok('matches' in compiled, `${pattern} is a pattern`);
  return compiled.matches(text);
}

test('a pattern is found anywhere unless it is anchored', () => {
  assert.equal(matches('li', 'alice'), true);
  assert.equal(matches('^li', 'alice'), false);
  assert.equal(matches('^a.*e$', 'alice'), true);
  assert.equal(matches('LI', 'alice'), false);
  assert.equal(matches('(?i)LI', 'alice'), true);
  assert.equal(matches('', 'anything'), true);
});

test('a malformed pattern is a fault that says what and, where that is certain, at which character', () => {
  assert.deepEqual(compilePattern('é𝄞*+'), { fault: 'invalid nested repetition operator: *+', at: 2 });
  assert.deepEqual(compilePattern('ab[z-a]'), { fault: 'invalid character class range: z-a', at: 3 });
  assert.deepEqual(compilePattern('*'), { fault: 'missing argument to repetition operator: *', at: 0 });
  assert.deepEqual(compilePattern('a{2,1}b{2,1}'), { fault: 'invalid repeat count: {2,1}', at: undefined });
  assert.deepEqual(compilePattern('(ab'), { fault: 'missing closing ): (ab', at: undefined });
  assert.deepEqual(compilePattern('ab\\'), { fault: 'trailing backslash at end of expression', at: undefined });
});

test('what a linear engine cannot do is a fault, not another meaning', () => {
  for (const pattern of ['(a)\\1', '(?=a)', '(?<!a)b']) assert.ok('fault' in compilePattern(pattern), pattern);
});

test('the length of a pattern is limited, in characters', () => {
  const longest = '𝄞'.repeat(limits.patternCharactersMax);
  assert.equal(matches(longest, longest), true);
  assert.deepEqual(compilePattern(`${longest}a`), { fault: 'longer than 256 characters', at: 256 });
});

test('any text is either a pattern or a fault', () => {
  const piece = fc.constantFrom(
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '*',
    '+',
    '?',
    '|',
    '\\',
    '^',
    '$',
    'a',
    '1',
    ',',
    '-',
    ':',
    'p',
  );
  const pattern = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece).map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(pattern, fc.string(), (text, subject) => {
      const compiled = compilePattern(text);
      if ('fault' in compiled) assert.notEqual(compiled.fault, '');
      else assert.equal(typeof compiled.matches(subject), 'boolean');
    }),
  );
});
