import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChatState } from '../chat/state.js';
import { limits } from '../model/limits.js';
import type { ViewBatch } from '../ports/view.js';
import { Turn } from './turn.js';
import { ViewFeed } from './view-feed.js';

/** A feed into a view database that confirms batches when the test says so. */
function feeding(): { feed: ViewFeed; batches: ViewBatch[]; confirm: () => void } {
  const batches: ViewBatch[] = [];
  const unconfirmed: (() => void)[] = [];
  const view = {
    commit: (batch: ViewBatch, done: () => void) => {
      batches.push(batch);
      unconfirmed.push(done);
    },
    query: () => undefined,
  };
  const mend = () => assert.fail('nothing was read');
  const feed = new ViewFeed(view, new ChatState(), new Turn(), 0, mend);
  return { feed, batches, confirm: () => unconfirmed.shift()!() };
}

test('one batch is under way at a time, and what was applied meanwhile is the next', () => {
  const { feed, batches, confirm } = feeding();
  feed.applied(10);
  feed.flush();
  feed.applied(20);
  feed.applied(30);
  feed.flush();
  assert.deepEqual(
    batches.map((batch) => batch.appliedTo),
    [10],
  );
  assert.equal(feed.lagOps, 3);
  confirm();
  feed.flush();
  assert.equal(batches.at(-1)!.appliedTo, 30);
  confirm();
  assert.equal(feed.lagOps, 0);
});

test('a turn that brings little starts no batch of its own', () => {
  const { feed, batches } = feeding();
  for (let op = 1; op < limits.viewBatchOpsMin; op += 1) feed.applied(op);
  feed.flushMany();
  assert.equal(batches.length, 0);
  feed.applied(limits.viewBatchOpsMin);
  feed.flushMany();
  assert.equal(batches.length, 1);
});

test('whoever brings more than the view database can take waits until half of it is done', () => {
  const { feed, confirm } = feeding();
  let position = 0;
  while (!feed.isFull) feed.applied((position += 1));
  const told: string[] = [];
  feed.whenRoom(() => void told.push('room'));
  let confirmed = 0;
  for (; told.length === 0; confirmed += 1) confirm();
  assert.equal(feed.isFull, false);
  assert.ok(feed.lagOps <= limits.viewLagOpsMax / 2);
  assert.ok(confirmed > 1);
});

test('a server that stops commits what it has applied and nothing that becomes durable after that', () => {
  const { feed, batches } = feeding();
  feed.applied(10);
  feed.end();
  feed.applied(20);
  feed.flush();
  feed.query({ kind: 'names', pattern: '', after: '', limit: 1 }, () => assert.fail('nobody is answered'));
  assert.deepEqual(
    batches.map((batch) => batch.appliedTo),
    [10],
  );
});
