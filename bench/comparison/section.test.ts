import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { withSection, wrapped } from './section.js';

const document = readFileSync(new URL('../../../docs/benchmarks.md', import.meta.url), 'utf8');

test('only what is between the marks changes, however often it is written', () => {
  const once = withSection(document, 'WHAT IS WRITTEN AT FIRST');
  const twice = withSection(once, 'costs $& and $1');
  assert.ok(once.includes('\n\nWHAT IS WRITTEN AT FIRST\n\n'));
  assert.ok(twice.includes('\n\ncosts $& and $1\n\n') && !twice.includes('WHAT IS WRITTEN AT FIRST'));
  assert.equal(withSection(twice, 'WHAT IS WRITTEN AT FIRST'), once);
});

test('a document without the marks is refused', () => {
  assert.throws(() => withSection('# Benchmarks\n', 'text'), /no place/);
});

test('paragraphs are broken between words', () => {
  assert.equal(wrapped('one two three', 7), 'one two\nthree');
  assert.equal(wrapped('unbreakable', 4), 'unbreakable');
});
