import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FakeGroup } from './fake-group.testing.js';
import { MachineRunner } from './machine-runner.testing.js';

test('a client goes on with another server, in its session and at its place in the stream', () => {
  const group = new FakeGroup(3);
  const runner = new MachineRunner(group);
  runner.isConsuming = true;
  runner.login();
  runner.receive();
  const sent = runner.send('hello');
  group.deliver('one');
  group.advance();
  assert.equal(sent.outcome, 'done');
  assert.deepEqual(runner.taken, ['one']);
  const first = group.connection.server;
  group.kill(first);
  const second = runner.send('again');
  group.deliver('two');
  group.advance();
  assert.equal(second.outcome, 'done');
  assert.deepEqual(runner.taken, ['one', 'two']);
});
