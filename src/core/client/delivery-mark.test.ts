import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import { DeliveryMark } from './delivery-mark.js';

const dot = (seq: number) => ({ origin: 1, seq });

test('[C45] the mark is due at most once per interval, and only while something is new', () => {
  const mark = new DeliveryMark();
  assert.equal(mark.due(10), undefined);
  assert.equal(mark.wakeAtMs, Infinity);
  mark.handled(dot(1));
  assert.deepEqual(mark.due(10), [dot(1)]);
  mark.handled(dot(2));
  assert.equal(mark.due(9 + limits.clientMarkEveryMs), undefined, 'one is under way');
  mark.arrived();
  assert.equal(mark.due(9 + limits.clientMarkEveryMs), undefined, 'it is too early');
  assert.equal(mark.wakeAtMs, 10 + limits.clientMarkEveryMs);
  assert.deepEqual(mark.due(10 + limits.clientMarkEveryMs), [dot(2)]);
  mark.arrived();
  assert.equal(mark.due(1_000_000), undefined);
});

test('[C45] a mark that did not arrive is due again', () => {
  const mark = new DeliveryMark();
  mark.handled(dot(1));
  mark.due(0);
  mark.failed();
  assert.deepEqual(mark.due(limits.clientMarkEveryMs), [dot(1)]);
});

test('[C46] what the server may not have is known', () => {
  const mark = new DeliveryMark();
  assert.equal(mark.takeUnconfirmed(), undefined);
  mark.handled(dot(1));
  assert.deepEqual(mark.takeUnconfirmed(), [dot(1)]);
  mark.due(0);
  assert.deepEqual(mark.takeUnconfirmed(), [dot(1)]);
  mark.arrived();
  assert.equal(mark.takeUnconfirmed(), undefined);
});
