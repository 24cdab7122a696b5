import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import { clientFailure } from './failures.js';
import { Outbox, type Refused } from './outbox.js';
import { makeRequest, type RequestName } from './requests.js';
import { SeededRandom } from '../../sim/seeded-random.js';

const busy = clientFailure('BUSY');

/** An outbox whose requests are told apart by their ids, and sent under correlation ids that are the same. */
class Harness {
  readonly outbox = new Outbox(new SeededRandom(1));

  add(...names: RequestName[]): void {
    // What a request says makes no difference to the outbox.
    for (const name of names) this.outbox.add({ ...makeRequest('LogOff', {}, () => {}), name });
  }

  /** Sends what may be sent now, and returns the ids. */
  sendAll(): number[] {
    const ids: number[] = [];
    for (let head = this.outbox.head; head !== undefined; head = this.outbox.head) {
      ids.push(head.id);
      this.outbox.sent(head.id);
    }
    return ids;
  }

  refuseForNow(id: number, nowMs: number): boolean {
    const entry = this.outbox.inFlight(id)!;
    this.outbox.answered(id);
    return this.outbox.rest(entry, busy, nowMs);
  }

  store(id: number): void {
    const entry = this.outbox.inFlight(id)!;
    this.outbox.answered(id);
    this.outbox.finished(entry, true);
  }
}

const idsOf = (refused: readonly Refused[]) => refused.map(({ entry }) => entry.id);

test('[C20] what waits goes out in order, and a full outbox takes no more', () => {
  const { outbox } = new Harness();
  const request = makeRequest('LogOff', {}, () => {});
  for (let count = 1; count <= limits.clientRequestsQueuedMax; count++) assert.equal(outbox.add(request), count);
  assert.equal(outbox.add(request), undefined);
  outbox.sent(1);
  assert.equal(outbox.head?.id, 2);
  assert.notEqual(outbox.add(request), undefined);
});

test('[C21] [W61] when the connection ends, everything unanswered goes out again in its old order', () => {
  const harness = new Harness();
  harness.add('Send', 'ListAccounts', 'Send', 'Send');
  assert.deepEqual(harness.sendAll(), [1, 2, 3, 4]);
  harness.add('Send');
  harness.store(3);
  assert.deepEqual(harness.outbox.connectionLost(), []);
  assert.deepEqual(harness.sendAll(), [1, 2, 4, 5]);
});

test('[C23] a request that is refused for now is sent again after a wait, a bounded number of times', () => {
  const harness = new Harness();
  harness.add('ListAccounts');
  let nowMs = 0;
  for (let count = 0; count < limits.clientRepeatsMax; count++) {
    assert.deepEqual(harness.sendAll(), [1]);
    assert.equal(harness.refuseForNow(1, nowMs), true);
    assert.deepEqual(harness.sendAll(), []);
    assert.ok(harness.outbox.wakeAtMs > nowMs);
    nowMs = harness.outbox.wakeAtMs;
    assert.deepEqual(harness.outbox.wake(nowMs), []);
  }
  assert.deepEqual(harness.sendAll(), [1]);
  assert.equal(harness.refuseForNow(1, nowMs), false);
});

test('[C24] while a Send rests no other is sent, and then they go out in order', () => {
  const harness = new Harness();
  harness.add('Send', 'Send');
  harness.sendAll();
  harness.add('Send');
  harness.refuseForNow(1, 0);
  assert.deepEqual(harness.sendAll(), []);
  assert.equal(harness.outbox.wakeAtMs, Infinity, 'another Send is in flight');
  harness.refuseForNow(2, 0);
  harness.outbox.wake(harness.outbox.wakeAtMs);
  assert.deepEqual(harness.sendAll(), [1, 2, 3]);
});

test('[C24] a Send that a later one went past is not repeated', () => {
  const harness = new Harness();
  harness.add('Send', 'Send', 'Send');
  harness.sendAll();
  harness.refuseForNow(1, 0);
  harness.store(2);
  harness.refuseForNow(3, 0);
  assert.deepEqual(idsOf(harness.outbox.wake(limits.clientRedialMaxMs)), [1]);
  assert.deepEqual(harness.sendAll(), [3]);
});

test('[C24] a Send that a later one went past is not repeated on another connection either', () => {
  const harness = new Harness();
  harness.add('Send', 'Send', 'Send');
  harness.sendAll();
  harness.refuseForNow(1, 0);
  harness.store(2);
  assert.deepEqual(idsOf(harness.outbox.connectionLost()), [1]);
  assert.deepEqual(harness.sendAll(), [3]);
});

test('[C27] what is abandoned is not sent, or not again', () => {
  const harness = new Harness();
  harness.add('Send', 'Send', 'Send');
  harness.outbox.abandon(2);
  assert.deepEqual(harness.sendAll(), [1, 3]);
  harness.outbox.abandon(3);
  harness.outbox.connectionLost();
  assert.deepEqual(harness.sendAll(), [1]);
  harness.refuseForNow(1, 0);
  harness.outbox.abandon(1);
  harness.outbox.wake(limits.clientRedialMaxMs);
  assert.deepEqual(harness.sendAll(), []);
});

test('requests are taken out by what they need, wherever they are', () => {
  const harness = new Harness();
  harness.add('Send', 'ListAccounts', 'Send');
  harness.sendAll();
  harness.refuseForNow(1, 0);
  harness.add('ReadHistory', 'AskStatus');
  const ids = (entries: readonly { readonly id: number }[]) => entries.map(({ id }) => id);
  assert.deepEqual(ids(harness.outbox.takeOfSession()), [1, 3, 4]);
  assert.deepEqual(ids(harness.outbox.takeInFlight()), [2]);
  assert.deepEqual(ids(harness.outbox.takeAll()), [5]);
});
