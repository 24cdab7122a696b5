import assert from 'node:assert/strict';
import { test } from 'node:test';

import { errorDefinitions, type ErrorCode } from '../model/errors.js';
import { limits } from '../model/limits.js';
import { Vector } from '../model/vector.js';
import { PUSH } from '../wire/frame.js';
import { FakeGroup } from './fake-group.testing.js';
import { countersFrom, MachineRunner, type Collected } from './machine-runner.testing.js';

function loggedIn(serverCount: number): { readonly group: FakeGroup; readonly runner: MachineRunner } {
  const group = new FakeGroup(serverCount);
  const runner = new MachineRunner(group);
  runner.login();
  group.advance(limits.clientStableMs);
  return { group, runner };
}

function endSession(group: FakeGroup, code: ErrorCode): void {
  group.isSessionOpen = false;
  for (const connection of group.connections) {
    connection.attached = false;
    const { number, text } = errorDefinitions[code];
    group.send(connection, 'SessionEnded', { code: number, message: text }, PUSH);
  }
}

const logOff = (runner: MachineRunner): Collected => runner.collect((done) => runner.machine.logOff(done));

test('[C30] a session that ends is told of, and what needs it fails with the same code', () => {
  const { group, runner } = loggedIn(1);
  group.server(1).intercept = ({ name }) => name === 'Send' || name === 'AskStatus';
  const sent = runner.send('hello');
  const asked = runner.collect((done) => runner.machine.request('AskStatus', {}, done));
  group.advance();
  endSession(group, 'SESSION_REPLACED');
  group.advance();
  assert.deepEqual(runner.told, ['connected 1', 'session ended SESSION_REPLACED']);
  assert.equal(sent.outcome, 'SESSION_REPLACED');
  assert.equal(sent.latest?.state === 'failed' && sent.latest.failure.mayHaveHappened, true);
  assert.equal(asked.outcome, 'waiting');
  assert.equal(runner.machine.session, undefined);
  runner.login();
  assert.equal(runner.machine.session !== undefined, true);
});

test('[C82] another name of the account is told once, whether it is pushed or comes with Resumed', () => {
  const { group, runner } = loggedIn(2);
  const names = { name: 'alice~1a2b', formerName: 'alice' };
  const [first] = runner.told.splice(0);
  assert.equal(first, `connected ${group.connection.server.id}`);
  for (let count = 0; count < 2; count += 1) group.send(group.connection, 'NameChanged', names, PUSH);
  group.advance();
  assert.deepEqual(runner.told.splice(0), ['alice is now alice~1a2b']);
  assert.equal(runner.machine.session?.name, 'alice~1a2b');
  Object.assign(group, { ...names, name: 'alice~2222' });
  group.kill(group.connection.server);
  group.advance(limits.clientRedialMaxMs);
  assert.ok(runner.told.includes('alice is now alice~2222'));
});

test('[C82] another name is no news where the session is over', () => {
  const { group, runner } = loggedIn(1);
  endSession(group, 'SESSION_REPLACED');
  group.send(group.connection, 'NameChanged', { name: 'alice~1a2b', formerName: 'alice' }, PUSH);
  group.advance();
  assert.deepEqual(runner.told, ['connected 1', 'session ended SESSION_REPLACED']);
});

test('[C30] a session that ended while the client was away is told of at Resume', () => {
  for (const code of ['SESSION_UNKNOWN', 'SESSION_REPLACED', 'ACCOUNT_DELETED'] as const) {
    const { group, runner } = loggedIn(2);
    for (const server of group.servers) {
      server.intercept = ({ name, correlation }, connection) => {
        if (name === 'Resume') group.fail(connection, code, correlation);
        return name === 'Resume' || name === 'Send';
      };
    }
    const sent = runner.send('hello');
    group.advance();
    group.kill(group.connection.server);
    group.advance();
    assert.equal(sent.outcome, code);
    assert.equal(runner.told.includes(`session ended ${code}`), true);
    assert.match(runner.told.at(-1)!, /^connected/);
    assert.equal(group.stored.length, 0);
    for (const server of group.servers) server.intercept = () => false;
    runner.login();
  }
});

test('[C31] a LogOff whose answer was lost has succeeded once the session is gone', () => {
  const { group, runner } = loggedIn(2);
  const { server } = group.connection;
  server.intercept = ({ name }) => {
    if (name !== 'LogOff') return false;
    group.isSessionOpen = false;
    group.kill(server);
    return true;
  };
  const left = logOff(runner);
  group.advance();
  assert.equal(left.outcome, 'done');
  assert.equal(runner.machine.session, undefined);
  assert.deepEqual(
    runner.told.filter((event) => event.startsWith('session')),
    [],
  );
});

test('[C31] a DeleteAccount whose answer was lost has succeeded once the account is gone', () => {
  const { group, runner } = loggedIn(2);
  const { server } = group.connection;
  server.intercept = ({ name }) => {
    if (name !== 'DeleteAccount') return false;
    group.isAccountDeleted = true;
    group.kill(server);
    return true;
  };
  const deleted = runner.collect((done) => runner.machine.deleteAccount(done));
  group.advance();
  assert.equal(deleted.outcome, 'done');
});

test('[C31] a LogOff that fails leaves the session as it was', () => {
  const { group, runner } = loggedIn(1);
  group.server(1).intercept = ({ name, correlation }, connection) => {
    if (name === 'LogOff') group.fail(connection, 'INTERNAL', correlation);
    return name === 'LogOff';
  };
  const left = logOff(runner);
  group.advance();
  assert.equal(left.outcome, 'INTERNAL');
  const sent = runner.send('hello');
  group.advance();
  assert.equal(sent.outcome, 'done');
});

test('[C32] a Resume refused for now is made elsewhere, and nothing on the connection is answered by it', () => {
  for (const code of ['CONTENDED', 'BUSY', 'BEHIND', 'INTERNAL'] as const) {
    const { group, runner } = loggedIn(3);
    const first = group.connection.server;
    const refusing = new Set<number>();
    for (const server of group.servers) {
      server.intercept = ({ name, correlation }, connection) => {
        if (name === 'Send' && server === first) return true;
        if (name !== 'Resume' || refusing.size > 0) return false;
        refusing.add(server.id);
        group.fail(connection, code, correlation);
        return true;
      };
    }
    const sent = runner.send('hello');
    group.advance();
    group.kill(first);
    group.advance();
    assert.equal(sent.outcome, 'done', code);
    assert.equal(refusing.size, 1);
    assert.equal(group.logins, 1);
    assert.deepEqual(
      runner.told.filter((event) => event.startsWith('session')),
      [],
    );
  }
});

test('[C38] a session that no server within reach has heard of ends, so that a person can log in anew', () => {
  const { group, runner } = loggedIn(3);
  for (const server of group.servers) {
    server.intercept = ({ name, correlation }, connection) => {
      if (name === 'Resume') group.fail(connection, 'BEHIND', correlation);
      return name === 'Resume';
    };
  }
  group.kill(group.connection.server);
  const ended = (): string[] => runner.told.filter((event) => event.startsWith('session'));
  group.advance(limits.clientBehindMs / 2);
  assert.deepEqual(ended(), []);
  group.advance(limits.clientBehindMs * 2);
  assert.equal(ended().length, 1);
  const sent = runner.send('hello');
  group.advance();
  assert.equal(sent.outcome, 'NOT_LOGGED_IN');
});

test('[C33] what cannot be right is refused without being sent', () => {
  const group = new FakeGroup(1);
  const runner = new MachineRunner(group);
  group.advance();
  const sent = runner.send('hello');
  const left = logOff(runner);
  group.advance();
  assert.equal(sent.outcome, 'NOT_LOGGED_IN');
  assert.equal(left.outcome, 'NOT_LOGGED_IN');
  runner.login();
  const operation = runner.machine.nextOperation();
  const login = { name: 'bob', password: 'secret', operation, takeOver: false };
  const again = runner.collect((done) => runner.machine.request('Login', login, done));
  const created = runner.collect((done) =>
    runner.machine.request('CreateAccount', { name: 'bob', password: 'secret', operation }, done),
  );
  group.advance();
  assert.equal(again.outcome, 'ALREADY_LOGGED_IN');
  assert.equal(created.outcome, 'ALREADY_LOGGED_IN');
  assert.equal(group.received('Login').length, 1);
  assert.equal(group.received('Send').length + group.received('LogOff').length, 0);
});

test('[C33] what waited for a Login that fails is refused', () => {
  const group = new FakeGroup(1);
  const runner = new MachineRunner(group);
  group.advance();
  group.server(1).intercept = ({ name, correlation }, connection) => {
    if (name === 'Login') group.fail(connection, 'WRONG_PASSWORD', correlation);
    return name === 'Login';
  };
  const message = { name: 'alice', password: 'wrong', operation: runner.machine.nextOperation(), takeOver: false };
  const login = runner.collect((done) => runner.machine.request('Login', message, done));
  const sent = runner.send('hello');
  group.advance();
  assert.equal(login.outcome, 'WRONG_PASSWORD');
  assert.equal(sent.outcome, 'NOT_LOGGED_IN');
  group.server(1).intercept = () => false;
  runner.login();
});

test('[C34] Resume tells the highest hybrid time that was seen, sent or received', () => {
  const { group, runner } = loggedIn(2);
  runner.isConsuming = true;
  runner.receive();
  for (let count = 0; count < 3; count++) group.deliver('hello');
  group.advance();
  runner.send('one');
  group.advance();
  group.kill(group.connection.server);
  group.advance();
  assert.equal(group.received('Resume').at(-1)?.message['latestTime'], 3);
});

test('a session goes on in another process', () => {
  const { group, runner } = loggedIn(2);
  const { session } = runner.machine;
  runner.run(() => runner.machine.close(() => {}));
  group.advance();
  assert.equal(group.connections.length, 0);

  const other = new MachineRunner(group);
  group.advance();
  const resumed = other.collect((done) => {
    const counters = countersFrom(1_000);
    const saved = { ...session!, counters, start: new Vector() };
    other.machine.resume(saved, 42, done);
  });
  const sent = other.send('hello');
  group.advance();
  assert.equal(resumed.outcome, 'done');
  assert.equal(sent.outcome, 'done');
  assert.equal(group.stored[0]?.counter, 1_000);
  assert.equal(group.logins, 1);
  assert.equal(group.received('Resume').at(-1)?.message['latestTime'], 42);
});

test('[C21] a session that goes on, and begins its stream, before any server has answered gets what is stored', () => {
  const { group, runner } = loggedIn(1);
  const { session } = runner.machine;
  runner.run(() => runner.machine.close(() => {}));
  group.deliver('hello');
  const other = new MachineRunner(group);
  other.isConsuming = true;
  const saved = { ...session!, counters: countersFrom(1_000), start: new Vector() };
  other.collect((done) => other.machine.resume(saved, 0, done));
  other.receive();
  assert.deepEqual(other.taken, ['hello']);
});

test('a session that cannot be resumed is not told of as ended, but refused to who asked', () => {
  const group = new FakeGroup(1);
  const runner = new MachineRunner(group);
  group.advance();
  const dot = { origin: 1, seq: 1 };
  const counters = countersFrom(1);
  const saved = { account: dot, id: dot, token: Uint8Array.of(1), name: 'alice', counters, start: new Vector() };
  const resumed = runner.collect((done) => runner.machine.resume(saved, 0, done));
  group.advance();
  assert.equal(resumed.outcome, 'SESSION_UNKNOWN');
  assert.deepEqual(runner.told, ['connected 1']);
  runner.login();
});
