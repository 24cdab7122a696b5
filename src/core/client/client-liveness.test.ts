import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import { FakeGroup } from './fake-group.testing.js';
import { MachineRunner } from './machine-runner.testing.js';

test('[C10] an idle client sends Ping at the interval that the server told, and stays connected', () => {
  const group = new FakeGroup(2);
  const runner = new MachineRunner(group);
  group.advance(60_000);
  assert.equal(group.received('Ping').length, 60_000 / limits.clientHeartbeatMs);
  assert.equal(runner.told.length, 1);
});

test('[C11] a server that freezes while a request waits is left within the time that the others take to suspect it, and half a second', () => {
  const group = new FakeGroup(2);
  const runner = new MachineRunner(group);
  runner.login();
  group.advance(limits.clientStableMs);
  const { server } = group.connection;
  server.state = 'frozen';
  const sent = runner.send('hello');
  assert.ok(limits.clientSuspectAfterMs + limits.clientProbeMs < limits.suspectAfterMs + 500);
  group.advance(limits.clientSuspectAfterMs + limits.clientProbeMs - 1);
  assert.equal(sent.outcome, 'waiting');
  assert.equal(runner.told.length, 1);
  group.advance(1);
  assert.equal(sent.outcome, 'done');
  assert.notEqual(group.connection.server, server);
});

test('[C11] a request that takes long on a live server is waited for', () => {
  const group = new FakeGroup(2);
  const runner = new MachineRunner(group);
  runner.login();
  const { server } = group.connection;
  server.intercept = ({ name }) => name === 'Send';
  const sent = runner.send('hello');
  group.advance(60_000);
  assert.equal(sent.outcome, 'waiting');
  assert.equal(group.connection.server, server);
});

test('[C12] a server that freezes while nothing waits is left too', () => {
  const group = new FakeGroup(2);
  const runner = new MachineRunner(group);
  group.advance(limits.clientStableMs);
  const { server } = group.connection;
  server.state = 'frozen';
  group.advance(limits.clientHeartbeatMs + limits.clientSuspectAfterMs + limits.clientProbeMs);
  assert.notEqual(group.connection.server, server);
  assert.match(runner.told.at(-1)!, /^connected/);
});

test('a server that asks whether the client is there gets an answer', () => {
  const group = new FakeGroup(1);
  const runner = new MachineRunner(group);
  runner.login();
  group.send(group.connection, 'Ping', {}, 123);
  group.advance();
  assert.deepEqual(
    group.received('Pong').map(({ correlation }) => correlation),
    [123],
  );
});
