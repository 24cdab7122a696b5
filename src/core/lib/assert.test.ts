import nodeAssert from 'node:assert/strict';
import { test } from 'node:test';

import { assert, AssertionFailed } from './assert.js';

test('a condition that holds passes and narrows its type', () => {
  const value = JSON.parse('7') as number | string;
  assert(typeof value === 'number', 'value is a number');
  nodeAssert.equal(value.toFixed(1), '7.0');
});

test('a condition that does not hold throws AssertionFailed with its message', () => {
  nodeAssert.throws(
    () => assert(false, 'the queue is empty'),
    (error: unknown) =>
      error instanceof AssertionFailed && error.name === 'AssertionFailed' && error.message === 'the queue is empty',
  );
});
