import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import { FakeGroup } from './fake-group.testing.js';
import { MachineRunner } from './machine-runner.testing.js';

/** Someone logged in to a group of which these servers, or all, refuse sends for want of copies. */
function refusing(servers: number, ...ids: number[]) {
  const group = new FakeGroup(servers);
  const runner = new MachineRunner(group);
  runner.login();
  const lacking = new Set(ids.length === 0 ? group.servers.map(({ id }) => id) : ids);
  for (const server of group.servers) {
    server.intercept = ({ name, correlation }, connection) => {
      if (name !== 'Send' || !lacking.has(server.id)) return false;
      group.fail(connection, 'NOT_ENOUGH_COPIES', correlation);
      return true;
    };
  }
  return { group, runner, lacking };
}

const texts = (group: FakeGroup) => group.stored.map(({ text }) => text);

test('[C29] what one server refuses for want of copies is taken by another at once', () => {
  for (const enough of [1, 2, 3]) {
    const { group, runner, lacking } = refusing(3);
    lacking.delete(enough);
    const sent = ['one', 'two'].map((text) => runner.send(text));
    group.advance();
    assert.deepEqual(
      sent.map(({ outcome }) => outcome),
      ['done', 'done'],
    );
    assert.deepEqual(texts(group), ['one', 'two']);
  }
});

test('[C29] what all refuse for want of copies is kept, tried again at growing intervals, and never reported as failed', () => {
  const { group, runner, lacking } = refusing(3);
  const sent = ['one', 'two', 'three'].map((text) => runner.send(text));
  group.advance();
  assert.equal(new Set(group.received('Send').map(({ server }) => server)).size, 3, 'all were tried at once');
  const minutes = 10;
  const dialsBefore = group.dials.length;
  group.advance(minutes * 60_000);
  assert.deepEqual(
    sent.map(({ outcome }) => outcome),
    ['waiting', 'waiting', 'waiting'],
  );
  // After a round comes a wait of a second or two, and a round is three dials.
  const rounds = (group.dials.length - dialsBefore) / 3;
  assert.ok(rounds > minutes * 10 && rounds < minutes * 70, `${rounds} rounds`);
  lacking.clear();
  group.advance(limits.clientRedialMaxMs * 2);
  assert.deepEqual(
    sent.map(({ outcome }) => outcome),
    ['done', 'done', 'done'],
  );
  assert.deepEqual(texts(group), ['one', 'two', 'three']);
});

test('[C29] between two rounds the client stays connected, and gets what comes', () => {
  const { group, runner } = refusing(3);
  runner.isConsuming = true;
  runner.receive();
  runner.send('kept');
  group.advance(60_000);
  for (let step = 0; step < 50; step += 1) {
    group.advance(100);
    assert.equal(group.connections.length, 1);
    group.deliver(`message ${step}`);
    group.advance();
    assert.equal(runner.taken.length, step + 1);
  }
});

test('[C29] a pinned client waits at its one server', () => {
  const { group, runner, lacking } = refusing(1);
  const sent = runner.send('one');
  group.advance(60_000);
  assert.equal(sent.outcome, 'waiting');
  lacking.clear();
  group.advance(limits.clientRedialMaxMs * 2);
  assert.equal(sent.outcome, 'done');
});

test('[C29] that writes wait is told once, and once more that they go on, also where the person gave up', () => {
  const { group, runner, lacking } = refusing(3);
  runner.told.length = 0;
  runner.send('one');
  group.advance(10_000);
  assert.equal(runner.told[0], 'writes wait NOT_ENOUGH_COPIES');
  lacking.clear();
  group.advance(limits.clientRedialMaxMs * 2);
  const news = () => runner.told.filter((told) => told.startsWith('writes'));
  assert.deepEqual(news(), ['writes wait NOT_ENOUGH_COPIES', 'writes go on']);
  for (const { id } of group.servers) lacking.add(id);
  let id: number | undefined;
  runner.run(() => {
    id = runner.machine.send('bob', 'given up', () => assert.fail('nobody waits for it'));
  });
  group.advance(10_000);
  runner.run(() => runner.machine.abandon(id!));
  group.advance(limits.clientRedialMaxMs * 2);
  assert.deepEqual(news().slice(2), ['writes wait NOT_ENOUGH_COPIES', 'writes go on']);
  lacking.clear();
  const next = runner.send('next');
  group.advance(limits.clientRedialMaxMs * 2);
  assert.equal(next.outcome, 'done');
  assert.deepEqual(texts(group), ['one', 'next']);
});

test('[C33] a send that waits when its session is logged off fails, holds nothing up, and is not sent in another session', () => {
  for (const isAnswered of [true, false]) {
    const { group, runner, lacking } = refusing(3);
    const sent = runner.send('too late');
    group.advance(60_000);
    // With the answer that tells of it lost, the request is on no connection when the session ends.
    if (!isAnswered) for (const server of group.servers) server.intercept = ({ name }) => name === 'Send';
    group.advance(limits.clientRedialMaxMs * 2);
    const left = runner.collect((done) => runner.machine.logOff(done));
    group.advance();
    assert.equal(left.outcome, 'done');
    if (!isAnswered) group.end(group.connection.id);
    group.advance();
    assert.equal(sent.outcome, 'NOT_LOGGED_IN');
    assert.equal(sent.latest?.state === 'failed' && sent.latest.failure.mayHaveHappened, true);
    lacking.clear();
    for (const server of group.servers) server.intercept = () => false;
    runner.login();
    const next = runner.send('in the next session');
    group.advance();
    assert.equal(next.outcome, 'done');
    assert.deepEqual(texts(group), ['in the next session']);
  }
});
