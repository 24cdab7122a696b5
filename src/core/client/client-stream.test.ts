import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import { PUSH } from '../wire/frame.js';
import { FakeGroup } from './fake-group.testing.js';
import { MachineRunner } from './machine-runner.testing.js';

function receiving(serverCount: number): { readonly group: FakeGroup; readonly runner: MachineRunner } {
  const group = new FakeGroup(serverCount);
  const runner = new MachineRunner(group);
  runner.login();
  runner.receive();
  group.advance(limits.clientStableMs);
  return { group, runner };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

test('[C40] the cursor covers what was taken, and the next connection is asked for what was not received', () => {
  const { group, runner } = receiving(2);
  for (const text of ['one', 'two', 'three']) group.deliver(text);
  group.advance();
  runner.consume(1);
  assert.deepEqual(runner.machine.stream?.cursor.entries(), [group.stream[0]!.message.id]);
  group.kill(group.connection.server);
  group.deliver('four');
  group.advance();
  assert.deepEqual(group.received('Receive').at(-1)?.message['cursor'], [group.stream[2]!.message.id]);
  runner.consume();
  assert.deepEqual(runner.taken, ['one', 'two', 'three', 'four']);
});

test('[C40] the stream begins at the mark of the account, or at a cursor', () => {
  const group = new FakeGroup(1);
  for (const text of ['one', 'two', 'three']) group.deliver(text);
  group.mark = [group.stream[0]!.message.id];
  const runner = new MachineRunner(group);
  runner.login();
  runner.receive();
  runner.consume();
  assert.deepEqual(runner.taken, ['two', 'three']);
  assert.equal(runner.machine.stream?.isCaughtUp, true);
});

test('[C41] a hole ends the connection, and what was skipped comes from another', () => {
  const { group, runner } = receiving(2);
  runner.isConsuming = true;
  const { server } = group.connection;
  group.deliver('one');
  group.advance();
  const lost = group.connection.pushed;
  group.connection.pushed = lost + 1;
  group.deliver('two');
  group.deliver('three');
  group.advance();
  assert.notEqual(group.connection.server, server);
  assert.deepEqual(runner.taken, ['one', 'two', 'three']);
});

test('[C42] a consumer that takes nothing is sent no more than the window, and then goes on where it was', () => {
  const { group, runner } = receiving(1);
  const texts = numbers(limits.clientWindow * 3);
  for (const text of texts) group.deliver(text);
  group.advance();
  assert.equal(group.connection.pushed, limits.clientWindow);
  assert.equal(group.received('Credit').length, 0);
  runner.consume(limits.clientWindow / 2);
  group.advance();
  assert.equal(group.connection.pushed, limits.clientWindow * 1.5);
  while (runner.taken.length < texts.length) {
    runner.consume();
    group.advance();
  }
  assert.deepEqual(runner.taken, texts);
  assert.equal(group.received('Credit').length, texts.length / (limits.clientWindow / 2));
});

test('[C43] a message that comes twice is taken once', () => {
  const { group, runner } = receiving(1);
  group.deliver('one');
  group.advance();
  group.send(group.connection, 'Deliver', group.stream[0]!, PUSH);
  group.advance();
  runner.consume();
  assert.deepEqual(runner.taken, ['one']);
  assert.deepEqual(runner.told, ['connected 1']);
});

test('[C44] a server that sends more than was granted is left', () => {
  const { group, runner } = receiving(2);
  const { server } = group.connection;
  group.connection.credit = Infinity;
  const texts = numbers(limits.clientWindow + 1);
  for (const text of texts) group.deliver(text);
  group.advance();
  assert.notEqual(group.connection.server, server);
  while (runner.taken.length < texts.length) {
    runner.consume();
    group.advance();
  }
  assert.deepEqual(runner.taken, texts);
});

test('[C45] what was handled is marked, at most once a second', () => {
  const { group, runner } = receiving(1);
  runner.isConsuming = true;
  for (let count = 0; count < 50; count++) {
    group.deliver(`${count}`);
    group.advance(100);
  }
  const marks = group.received('MarkDelivered').length;
  assert.ok(marks >= 4 && marks <= 6, `${marks} marks in five seconds`);
  group.advance(limits.clientMarkEveryMs);
  assert.deepEqual(group.mark, [group.stream.at(-1)!.message.id]);
});

test('[C45] a message that was taken and not handled is not marked', () => {
  const { group, runner } = receiving(1);
  group.deliver('one');
  group.deliver('two');
  group.advance();
  runner.run(() => {
    runner.machine.stream?.take();
    runner.machine.stream?.take();
  });
  group.advance(limits.clientMarkEveryMs);
  assert.deepEqual(group.mark, [group.stream[0]!.message.id]);
  runner.run(() => runner.machine.stream?.handled());
  group.advance(limits.clientMarkEveryMs);
  assert.deepEqual(group.mark, [group.stream[1]!.message.id]);
});

test('[C46] the mark is told before LogOff', () => {
  const { group, runner } = receiving(1);
  group.deliver('one');
  group.advance();
  runner.consume();
  runner.run(() => runner.machine.logOff(() => {}));
  group.advance();
  const names = group.frames.map(({ name }) => name);
  assert.deepEqual(names.slice(-2), ['MarkDelivered', 'LogOff']);
});

test('[C46] closing waits for the mark, and not for ever', () => {
  for (const state of ['up', 'frozen'] as const) {
    const { group, runner } = receiving(1);
    group.deliver('one');
    group.advance();
    runner.consume();
    group.server(1).state = state;
    let closedAtMs: number | undefined;
    const begunAtMs = group.nowMs;
    runner.run(() =>
      runner.machine.close(() => {
        closedAtMs = group.nowMs;
      }),
    );
    assert.equal(closedAtMs, undefined);
    group.advance(60_000);
    assert.equal(closedAtMs, begunAtMs + (state === 'up' ? 0 : limits.clientCloseMs));
    assert.equal(group.mark.length, state === 'up' ? 1 : 0);
    assert.equal(group.connections.length, 0);
  }
});

test('a closed client dials no more', () => {
  const { group, runner } = receiving(3);
  runner.run(() => runner.machine.close(() => {}));
  group.advance(60_000);
  assert.equal(group.dials.length, 1);
});
