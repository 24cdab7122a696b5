import assert from 'node:assert/strict';
import { test } from 'node:test';

import { canonicalName, mayNameAccount } from './account-name.js';

test('a name is made small, and begins with a letter or digit', () => {
  assert.equal(canonicalName('Alice_1.x-'), 'alice_1.x-');
  assert.equal(canonicalName('7-up'), '7-up');
  for (const text of ['..', '-x', '_a', 'a', '', 'a b', 'a~b', 'x'.repeat(33)])
    assert.equal(canonicalName(text), undefined);
});

test('an account that lost its name in a split is shown with a suffix', () => {
  assert.ok(mayNameAccount('alice') && mayNameAccount('alice~7f3a'));
  assert.ok(!mayNameAccount('~7f3a') && !mayNameAccount('bad name'));
});
