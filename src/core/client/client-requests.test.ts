import assert from 'node:assert/strict';
import { test } from 'node:test';

import { AssertionFailed } from '../lib/assert.js';
import { limits } from '../model/limits.js';
import { PUSH } from '../wire/frame.js';
import { FakeGroup } from './fake-group.testing.js';
import type { ReceivedFrame } from './fake-server.testing.js';
import { MachineRunner, type Collected } from './machine-runner.testing.js';

const outcomes = (collected: readonly Collected[]) => collected.map(({ outcome }) => outcome);
const counters = (frames: readonly ReceivedFrame[]) => frames.map(({ message }) => Number(message['counter']));

function loggedIn(serverCount: number): { readonly group: FakeGroup; readonly runner: MachineRunner } {
  const group = new FakeGroup(serverCount);
  const runner = new MachineRunner(group);
  runner.login();
  group.advance(limits.clientStableMs);
  return { group, runner };
}

test('[C20] as many requests are in flight as the server allows, and the others follow in order', () => {
  const { group, runner } = loggedIn(1);
  const { server } = group.connection;
  const held: ReceivedFrame[] = [];
  server.intercept = (frame) => frame.name === 'Send' && held.push(frame) > 0;
  const sent = Array.from({ length: 600 }, (_, index) => runner.send(`${index}`));
  group.advance();
  const inFlightMax = limits.requestsInFlightMax - limits.clientRequestsReserved;
  assert.equal(held.length, inFlightMax);
  server.intercept = () => false;
  for (const { correlation, message } of held.slice(0, 10)) {
    const { id } = group.store({ to: 'bob', text: String(message['text']), counter: Number(message['counter']) });
    const storedOn = { copies: 1, members: 1 };
    group.send(group.connection, 'Sent', { id, sentAtMs: 1, time: 1, storedOn }, correlation);
  }
  group.advance();
  assert.deepEqual(outcomes(sent).slice(0, 11), [...Array.from({ length: 10 }, () => 'done'), 'waiting']);
  assert.equal(group.received('Send').length, 600);
  const all = counters(group.received('Send'));
  assert.deepEqual(
    all,
    all.toSorted((one, other) => one - other),
  );
});

test('[C20] a request beyond those that may wait fails with BUSY, later', () => {
  const group = new FakeGroup(1);
  group.server(1).state = 'down';
  const runner = new MachineRunner(group);
  const ask = () => runner.collect((done) => runner.machine.request('AskStatus', {}, done));
  for (let count = 0; count < limits.clientRequestsQueuedMax; count++) ask();
  const one = ask();
  assert.equal(one.outcome, 'waiting', 'nothing is called back before the call has returned');
  group.advance();
  assert.equal(one.outcome, 'BUSY');
});

test('[C21] after a failover Hello, Resume, unanswered requests and Receive leave in one write, in this order', () => {
  const { group, runner } = loggedIn(2);
  runner.isConsuming = true;
  runner.receive();
  const { server } = group.connection;
  server.intercept = ({ name }) => name === 'Send' || name === 'ListAccounts';
  const sent = [runner.send('one'), runner.send('two')];
  const list = { pattern: '', after: '', limit: 0 };
  const listed = runner.collect((done) => runner.machine.request('ListAccounts', list, done));
  sent.push(runner.send('three'));
  group.advance();
  const before = counters(group.received('Send'));
  group.kill(server);
  group.advance();
  const after = group.frames.filter((frame) => frame.server !== server.id);
  assert.deepEqual(
    after.map(({ name }) => name),
    ['Hello', 'Resume', 'Send', 'Send', 'ListAccounts', 'Send', 'Receive'],
  );
  assert.equal(new Set(after.map(({ turn }) => turn)).size, 1);
  assert.deepEqual(counters(after.filter(({ name }) => name === 'Send')), before);
  assert.deepEqual(outcomes(sent), ['done', 'done', 'done']);
  assert.equal(listed.outcome, 'done');
});

test('[C21] a send whose answer was lost is stored once', () => {
  const { group, runner } = loggedIn(3);
  const { server } = group.connection;
  server.intercept = ({ name, message }) => {
    if (name !== 'Send') return false;
    group.store({ to: 'bob', text: String(message['text']), counter: Number(message['counter']) });
    group.kill(server);
    return true;
  };
  const sent = [runner.send('one'), runner.send('two')];
  group.advance();
  assert.deepEqual(outcomes(sent), ['done', 'done']);
  assert.deepEqual(
    group.stored.map(({ text }) => text),
    ['one', 'two'],
  );
});

test('[C22] a Login whose answer was lost is repeated with the same operation id', () => {
  const group = new FakeGroup(2);
  const runner = new MachineRunner(group);
  group.advance();
  const { server } = group.connection;
  server.intercept = ({ name }) => {
    if (name === 'Login') group.kill(server);
    return false;
  };
  runner.login();
  const operations = group.received('Login').map(({ message }) => message['operation']);
  assert.equal(operations.length, 2);
  assert.deepEqual(operations[0], operations[1]);
  assert.equal(runner.machine.session?.name, 'alice');
});

test('[C22] what is asked for while a Login is under way follows it', () => {
  const group = new FakeGroup(2);
  const runner = new MachineRunner(group);
  group.advance();
  const operation = runner.machine.nextOperation();
  const message = { name: 'alice', password: 'secret', operation, takeOver: false };
  runner.collect((done) => runner.machine.request('Login', message, done));
  const sent = runner.send('hello');
  group.advance();
  assert.equal(sent.outcome, 'done');
});

test('[C23] a request refused for now is repeated after a wait, and then reported', () => {
  const { group, runner } = loggedIn(1);
  group.server(1).intercept = ({ name, correlation }, connection) => {
    if (name !== 'Send') return false;
    group.fail(connection, 'BUSY', correlation);
    return true;
  };
  const sent = runner.send('hello');
  group.advance();
  assert.equal(group.received('Send').length, 1, 'the wait is not skipped');
  group.advance(limits.clientRedialMaxMs * limits.clientRepeatsMax);
  assert.equal(group.received('Send').length, 1 + limits.clientRepeatsMax);
  assert.equal(new Set(counters(group.received('Send'))).size, 1);
  assert.equal(sent.outcome, 'BUSY');
});

test('[C24] sends that are refused for now do not lose their order', () => {
  const { group, runner } = loggedIn(1);
  let refusals = 3;
  group.server(1).intercept = ({ name, correlation }, connection) => {
    if (name !== 'Send' || refusals === 0) return false;
    refusals--;
    group.fail(connection, 'BUSY', correlation);
    return true;
  };
  const sent = ['one', 'two', 'three'].map((text) => runner.send(text));
  group.advance();
  sent.push(runner.send('four'));
  group.advance(limits.clientRedialMaxMs);
  assert.deepEqual(outcomes(sent), ['done', 'done', 'done', 'done']);
  assert.deepEqual(
    group.stored.map(({ text }) => text),
    ['one', 'two', 'three', 'four'],
  );
});

test('[C25] a request that breaks the connection for a fault of its own is not sent again', () => {
  const { group, runner } = loggedIn(3);
  for (const server of group.servers) {
    server.intercept = ({ name, message }, connection) => {
      if (name !== 'Send' || message['text'] !== 'poison') return false;
      group.fail(connection, 'MALFORMED', PUSH);
      return true;
    };
  }
  const sent = runner.send('poison');
  group.advance();
  assert.equal(sent.outcome, 'MALFORMED');
  assert.equal(group.received('Send').length, 1);
  const next = runner.send('hello');
  group.advance();
  assert.equal(next.outcome, 'done');
});

test('[C26] a text that no server takes fails without being sent, and its size is told', () => {
  const { group, runner } = loggedIn(1);
  const long = runner.send('ü'.repeat(limits.textBytesMax / 2 + 1));
  const largest = runner.send('ü'.repeat(limits.textBytesMax / 2));
  group.advance();
  assert.equal(long.outcome, 'TEXT_TOO_LONG');
  assert.ok(long.latest?.state === 'failed');
  assert.equal(long.latest.failure.message, 'The message has 16386 bytes; at most 16384 are allowed.');
  assert.equal(largest.outcome, 'done');
  assert.equal(group.received('Send').length, 1);
});

test('[C26] before login the smaller limit holds', () => {
  const group = new FakeGroup(1);
  const runner = new MachineRunner(group);
  group.advance();
  const list = { pattern: 'x'.repeat(limits.frameBytesBeforeLoginMax), after: '', limit: 0 };
  const listed = runner.collect((done) => runner.machine.request('ListAccounts', list, done));
  group.advance();
  assert.equal(listed.outcome, 'PATTERN_TOO_LONG');
});

test('[C27] a request that was given up is not sent again, and its answer reaches nobody', () => {
  const { group, runner } = loggedIn(2);
  const { server } = group.connection;
  server.intercept = ({ name }) => name === 'Send';
  const sent: string[] = [];
  let id: number | undefined;
  runner.run(() => {
    id = runner.machine.send('bob', 'hello', ({ state }) => sent.push(state));
  });
  group.advance();
  runner.run(() => runner.machine.abandon(id!));
  group.kill(server);
  group.advance(1_000);
  assert.equal(group.received('Send').length, 1);
  assert.deepEqual(sent, []);
});

test('[C28] a failure says whether the request may have happened', () => {
  const { group, runner } = loggedIn(1);
  group.server(1).intercept = ({ name }) => name === 'Send';
  const sent = runner.send('hello');
  group.advance();
  group.kill(group.server(1));
  group.advance();
  const unsent = runner.send('again');
  runner.run(() => runner.machine.close(() => {}));
  group.advance();
  const mayHaveHappened = [sent, unsent].map(({ latest }) =>
    latest?.state === 'failed' ? latest.failure.mayHaveHappened : undefined,
  );
  assert.deepEqual(mayHaveHappened, [true, false]);
});

test('an answer of the wrong kind ends the connection, and the request is answered elsewhere', () => {
  const { group, runner } = loggedIn(2);
  const { server } = group.connection;
  server.intercept = ({ name, correlation }, connection) => {
    if (name !== 'Send') return false;
    group.send(connection, 'Marked', {}, correlation);
    return true;
  };
  const sent = runner.send('hello');
  group.advance();
  assert.equal(sent.outcome, 'done');
  assert.notEqual(group.connection.server, server);
});

test('a request that cannot be encoded fails at once, and nothing of it is left behind', () => {
  for (const isConnected of [true, false]) {
    const { group, runner } = loggedIn(1);
    if (!isConnected) group.kill(group.server(1));
    group.advance();
    const notText = 5 as unknown as string;
    assert.throws(() => runner.machine.send(notText, 'hello', () => assert.fail('it was never made')), AssertionFailed);
    group.server(1).state = 'up';
    const sent = runner.send('hello');
    group.advance(limits.clientRedialMaxMs * 2);
    assert.equal(sent.outcome, 'done');
    assert.equal(group.received('Send').length, 1);
  }
});

test('[C90] a search goes only to a server that can search, and fails alone where it cannot', () => {
  const { group, runner } = loggedIn(2);
  const request = { terms: [], from: 'bob', with: '', afterMs: 0, beforeMs: 0, beforeTime: 0, limit: 0 };
  const search = () => runner.collect((done) => runner.machine.request('Search', request, done));
  const first = search();
  group.advance();
  assert.equal(first.outcome, 'done');
  // The next server is of an earlier version, which the client learns by its Welcome and not before.
  group.capabilities = [];
  group.connection.server.state = 'down';
  group.end(group.connection.id);
  const [later, sent] = [search(), runner.send('goes on')];
  group.advance(limits.clientConnectMs);
  assert.deepEqual([later.outcome, sent.outcome], ['SEARCH_UNAVAILABLE', 'done']);
  assert.equal(group.received('Search').length, 1);
});

test('[C90] a search that a server cannot do is done by another, whichever can; and it fails where none can', () => {
  const request = { terms: [], from: 'bob', with: '', afterMs: 0, beforeMs: 0, beforeTime: 0, limit: 0 };
  for (const able of [[1], [2], [3], [2, 3], []]) {
    const { group, runner } = loggedIn(3);
    for (const server of group.servers) {
      server.intercept = ({ name, correlation }, connection) => {
        if (name !== 'Search' || able.includes(server.id)) return false;
        group.fail(connection, 'SEARCH_UNAVAILABLE', correlation);
        return true;
      };
    }
    // The second begins at the server that did the first.
    for (let time = 0; time < 2; time += 1) {
      const [search, sent] = [
        runner.collect((done) => runner.machine.request('Search', request, done)),
        runner.send('goes on'),
      ];
      group.advance(limits.clientConnectMs);
      assert.deepEqual([search.outcome, sent.outcome], [able.length > 0 ? 'done' : 'SEARCH_UNAVAILABLE', 'done']);
    }
  }
});

test('[C90] a search that no server can do fails once each has said so, and says that none can', () => {
  const request = { terms: [], from: 'bob', with: '', afterMs: 0, beforeMs: 0, beforeTime: 0, limit: 0 };
  const whoKnows = 'Who runs them can see why with "holdfast status".';
  const cases = [
    { servers: 1, down: [], message: 'This server cannot search.' },
    { servers: 3, down: [], message: `No server can search now. ${whoKnows}` },
    { servers: 3, down: [3], message: `No server that can be reached can search now. ${whoKnows}` },
  ];
  for (const { servers, down, message } of cases) {
    const { group, runner } = loggedIn(servers);
    for (const server of group.servers) {
      server.intercept = ({ name, correlation }, connection) => {
        if (name !== 'Search') return false;
        group.fail(connection, 'SEARCH_UNAVAILABLE', correlation);
        return true;
      };
      if (down.includes(server.id)) group.kill(server);
    }
    group.advance(limits.clientConnectMs);
    const search = runner.collect((done) => runner.machine.request('Search', request, done));
    group.advance(limits.clientConnectMs * 2 * servers);
    assert.ok(search.latest?.state === 'failed');
    assert.equal(search.latest.failure.message, message);
    assert.ok(group.received('Search').length <= servers * 2);
  }
});

test('[C90] of servers that cannot search none is asked after each has said so, wherever the rounds begin', () => {
  const request = { terms: [], from: 'bob', with: '', afterMs: 0, beforeMs: 0, beforeTime: 0, limit: 0 };
  const { group, runner } = loggedIn(3);
  let saidBy: number[] = [];
  for (const server of group.servers) {
    server.intercept = ({ name, correlation }, connection) => {
      if (name !== 'Search') return false;
      saidBy.push(server.id);
      group.fail(connection, 'SEARCH_UNAVAILABLE', correlation);
      return true;
    };
  }
  for (let time = 0; time < 20; time += 1) {
    saidBy = [];
    const search = runner.collect((done) => runner.machine.request('Search', request, done));
    group.advance(limits.clientConnectMs);
    assert.equal(search.outcome, 'SEARCH_UNAVAILABLE');
    assert.equal(new Set(saidBy).size, 3);
    assert.ok(!saidBy.slice(0, -1).includes(saidBy.at(-1)!), saidBy.join());
  }
});
