import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SeededRandom } from '../sim/seeded-random.js';
import { limits } from '../core/model/limits.js';
import { distantCounters, freshCounters, storedCounters, type Identity, type IdentityStore } from './identity.js';

/** Keeps an identity, and lets a test decide when and whether it is kept. */
class FakeStore implements IdentityStore {
  kept: Identity | undefined;
  reservations = 0;
  before: () => Promise<void> = () => Promise.resolve();

  load(): Promise<Identity | undefined> {
    return Promise.resolve(this.kept);
  }

  async reserve(identity: Identity): Promise<void> {
    this.reservations++;
    await this.before();
    this.kept = identity;
  }
}

const random = new SeededRandom(1);

test('[C50] a counter is used only after the store has kept that it is used', async () => {
  const store = new FakeStore();
  const counters = await storedCounters(store, random);
  for (let expected = 1; expected <= limits.clientCountersReserved * 3; expected++) {
    await counters.ready();
    const counter = counters.next();
    assert.equal(counter, expected);
    assert.ok(counter < store.kept!.nextCounter);
  }
  assert.ok(store.reservations <= 5);
});

test('[C50] after a restart the client is the same, and its counters go on behind all that were used', async () => {
  const store = new FakeStore();
  const first = await storedCounters(store, random);
  const used = [first.next(), first.next()];
  const second = await storedCounters(store, random);
  assert.deepEqual(second.client, first.client);
  assert.ok(second.next() > Math.max(...used));
});

test('[C50] while the store does not answer, a counter that is not kept is waited for', async () => {
  const store = new FakeStore();
  const counters = await storedCounters(store, random);
  let release = () => {};
  store.before = () => new Promise((resolve) => (release = resolve));
  while (counters.ready() === undefined) counters.next();
  assert.throws(() => counters.next());
  const ready = counters.ready();
  release();
  await ready;
  assert.equal(counters.next(), limits.clientCountersReserved + 1);
});

test('[C50] a store that fails is asked again, and its error reaches who waits', async () => {
  const store = new FakeStore();
  const counters = await storedCounters(store, random);
  store.before = () => Promise.reject(new Error('the disk is full'));
  while (counters.ready() === undefined) counters.next();
  await assert.rejects(counters.ready()!, /the disk is full/);
  store.before = () => Promise.resolve();
  await counters.ready();
  assert.equal(counters.next(), limits.clientCountersReserved + 1);
});

test('a store that gives what it was never given is refused', async () => {
  const store = new FakeStore();
  for (const kept of [
    { client: 'short', nextCounter: 1 },
    { client: 'ab'.repeat(16), nextCounter: 0 },
  ]) {
    store.kept = kept;
    await assert.rejects(storedCounters(store, random), TypeError);
  }
});

test('without a store each client is another, and begins at 1', () => {
  const [one, other] = [freshCounters(random), freshCounters(random)];
  assert.notDeepEqual(one.client, other.client);
  assert.equal(one.client.length, 16);
  assert.deepEqual([one.next(), one.next()], [1, 2]);
});

test('[C51] counters of an unknown past begin between 2^40 and 2^52', () => {
  const client = random.randomBytes(16);
  const starts = Array.from({ length: 1_000 }, () => distantCounters(client, random).next());
  assert.ok(starts.every((start) => Number.isSafeInteger(start) && start >= 2 ** 40 && start < 2 ** 52));
  assert.equal(new Set(starts).size, starts.length);
});
