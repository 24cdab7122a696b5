import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import { PUSH } from '../wire/frame.js';
import { FakeGroup } from './fake-group.testing.js';
import { MachineRunner } from './machine-runner.testing.js';

test('a client goes on with another server, in its session and at its place in the stream', () => {
  const group = new FakeGroup(3);
  const runner = new MachineRunner(group);
  runner.isConsuming = true;
  runner.login();
  runner.receive();
  const first = runner.send('one');
  group.deliver('eins');
  group.advance();
  assert.equal(first.outcome, 'done');
  assert.deepEqual(runner.taken, ['eins']);

  const { server } = group.connection;
  group.kill(server);
  const second = runner.send('two');
  group.deliver('zwei');
  group.advance();
  assert.equal(second.outcome, 'done');
  assert.deepEqual(runner.taken, ['eins', 'zwei']);
  assert.equal(group.logins, 1);
  const next = group.connection.server.id;
  assert.deepEqual(runner.told, [`connected ${server.id}`, 'disconnected CONNECTION_LOST', `connected ${next}`]);
});

test('[C1] every server is tried at once, and a wait that grows follows each round in vain', () => {
  const group = new FakeGroup(3);
  for (const server of group.servers) server.state = 'down';
  const runner = new MachineRunner(group);
  group.advance(60_000);
  assert.ok(runner.told.every((event) => event === 'refused CONNECTION_LOST'));
  const rounds = Array.from({ length: Math.floor(group.dials.length / 3) }, (_, index) =>
    group.dials.slice(index * 3, index * 3 + 3),
  );
  assert.ok(rounds.length > 30, 'the client goes on trying');
  for (const round of rounds) {
    assert.deepEqual(new Set(round.map(({ server }) => server)), new Set([1, 2, 3]));
    assert.equal(new Set(round.map(({ atMs }) => atMs)).size, 1);
  }
  for (const [index, round] of rounds.slice(1).entries()) {
    const waitMs = round[0]!.atMs - rounds[index]![0]!.atMs;
    const stepMs = Math.min(limits.clientRedialMaxMs, limits.clientRedialMinMs * 2 ** index);
    assert.ok(waitMs >= stepMs / 2 && waitMs <= stepMs, `wait ${index} of ${waitMs} ms`);
  }
});

test('[C1] the waits begin again once a server has served', () => {
  const group = new FakeGroup(1);
  const [server] = group.servers;
  server!.state = 'down';
  const runner = new MachineRunner(group);
  group.advance(60_000);
  server!.state = 'up';
  group.advance(limits.clientRedialMaxMs + limits.clientStableMs);
  assert.equal(runner.told.at(-1), 'connected 1');
  group.kill(server!);
  const dialsBefore = group.dials.length;
  group.advance(limits.clientRedialMinMs * 4);
  assert.ok(group.dials.length >= dialsBefore + 3, 'at once, and then after short waits');
});

test('[C2] a server that comes back is used again', () => {
  const group = new FakeGroup(2);
  const runner = new MachineRunner(group);
  runner.login();
  const first = group.connection.server;
  group.advance(limits.clientStableMs);
  group.kill(first);
  group.advance(limits.clientStableMs);
  const second = group.connection.server;
  assert.notEqual(second, first);
  first.state = 'up';
  group.kill(second);
  group.advance();
  assert.equal(group.connection.server, first);
  assert.equal(runner.told.at(-1), `connected ${first.id}`);
});

test('[C3] a server that takes the connection and says nothing is left for the next', () => {
  const group = new FakeGroup(2);
  for (const server of group.servers) server.state = 'frozen';
  const runner = new MachineRunner(group);
  const patience = [limits.clientFirstConnectMs, limits.clientConnectMs];
  for (const [index, ms] of patience.entries()) {
    group.advance(ms - 1);
    assert.equal(group.dials.length, index + 1);
    group.advance(1);
  }
  // The next round has more time for each, and begins after a wait.
  group.advance(limits.clientRedialMinMs);
  assert.equal(group.dials.length, 3);
  group.advance(limits.clientConnectMs - limits.clientRedialMinMs);
  assert.equal(group.dials.length, 3);
  for (const server of group.servers) server.state = 'up';
  group.advance(limits.clientConnectMs * 2);
  assert.match(runner.told.at(-1)!, /^connected/);
});

test('[C3] where its server dies and another says nothing, a client is with the third in a second', () => {
  const group = new FakeGroup(3);
  const runner = new MachineRunner(group);
  runner.login();
  group.advance(limits.clientStableMs);
  const { server } = group.connection;
  const others = group.servers.filter((other) => other !== server);
  others[0]!.state = 'frozen';
  group.kill(server);
  group.advance(limits.clientFirstConnectMs);
  assert.equal(group.connection.server, others[1]);
});

test('[C4] a client finds servers that its config does not name', () => {
  const group = new FakeGroup(3);
  const [one, two, three] = group.servers;
  const runner = new MachineRunner(group, { servers: [one!.address, two!.address] });
  two!.state = 'down';
  group.advance(limits.clientStableMs);
  assert.equal(group.connection.server, one);
  group.kill(one!);
  group.advance(limits.clientRedialMaxMs);
  assert.equal(group.connection.server, three);
  assert.match(runner.told.at(-1)!, /^connected 3/);
});

test('[C4] a pinned client waits for its one server', () => {
  const group = new FakeGroup(2);
  const [one] = group.servers;
  const runner = new MachineRunner(group, { servers: [one!.address], pinned: true });
  group.advance(limits.clientStableMs);
  group.kill(one!);
  group.advance(60_000);
  assert.deepEqual([...new Set(group.dials.map(({ server }) => server))], [1]);
  one!.state = 'up';
  group.advance(limits.clientRedialMaxMs);
  assert.equal(runner.told.at(-1), 'connected 1');
});

test('[C5] servers that accept and then refuse are tried no more often than servers that are down', () => {
  const group = new FakeGroup(3);
  const runner = new MachineRunner(group);
  for (const server of group.servers) {
    server.intercept = ({ name, correlation }, connection) => {
      if (name !== 'Hello') return false;
      group.send(connection, 'Welcome', group.welcome(server), correlation);
      group.fail(connection, 'TOO_SLOW', PUSH);
      return true;
    };
  }
  group.advance(60_000);
  assert.ok(runner.told.includes('disconnected TOO_SLOW'));
  assert.ok(group.dials.length > 3 * 30, 'the client goes on trying');
  assert.ok(group.dials.length < 3 * 60, `it dialled ${group.dials.length} times in a minute`);
});

test('[C6] Hello names a capability that nobody has, another one on each connection', () => {
  const group = new FakeGroup(2);
  const runner = new MachineRunner(group);
  runner.login();
  group.kill(group.connection.server);
  group.advance();
  const capabilities = group.received('Hello').map(({ message }) => String(message['capabilities']));
  assert.equal(new Set(capabilities).size, 2);
  for (const capability of capabilities) assert.match(capability, /^x-[0-9a-f]{8}$/);
});

test('[C7] a server that is starting is left at once', () => {
  const group = new FakeGroup(3);
  const [one, two, three] = group.servers;
  one!.state = 'starting';
  two!.state = 'starting';
  const runner = new MachineRunner(group);
  group.advance();
  assert.equal(group.connection.server, three);
  assert.equal(runner.told.at(-1), 'connected 3');
});

test('[C7] a request that a server hands on is answered by another', () => {
  const group = new FakeGroup(2);
  const runner = new MachineRunner(group);
  runner.login();
  const { server } = group.connection;
  server.intercept = ({ name, correlation }, connection) => {
    if (name !== 'Send') return false;
    group.fail(connection, 'BEHIND', correlation);
    return true;
  };
  const sent = runner.send('hello');
  group.advance();
  assert.equal(sent.outcome, 'done');
  assert.notEqual(group.connection.server, server);
  assert.deepEqual(
    group.stored.map(({ text }) => text),
    ['hello'],
  );
});

test('[C7] a server that stops hands everything on', () => {
  const group = new FakeGroup(2);
  const runner = new MachineRunner(group);
  runner.login();
  const { server } = group.connection;
  server.intercept = ({ name }, connection) => {
    if (name !== 'Send') return false;
    group.fail(connection, 'STOPPING', PUSH);
    return true;
  };
  const sent = [runner.send('one'), runner.send('two')];
  group.advance();
  assert.deepEqual(
    sent.map(({ outcome }) => outcome),
    ['done', 'done'],
  );
  assert.notEqual(group.connection.server, server);
});

test('[C8] a server of another group or another version is left', () => {
  for (const strange of [{ group: 'another' }, { version: 9 }]) {
    const group = new FakeGroup(2);
    const [one, two] = group.servers;
    one!.intercept = ({ name, correlation }, connection) => {
      if (name !== 'Hello') return false;
      group.send(connection, 'Welcome', { ...group.welcome(one!), ...strange }, correlation);
      return true;
    };
    const runner = new MachineRunner(group, { group: 'holdfast' });
    group.advance(60_000);
    assert.equal(group.connection.server, two);
    group.kill(two!);
    group.advance(60_000);
    assert.deepEqual(
      runner.told.filter((event) => event.startsWith('connected')),
      ['connected 2'],
    );
    const code = 'group' in strange ? 'GROUP_MISMATCH' : 'VERSION_UNSUPPORTED';
    assert.ok(runner.told.includes(`refused ${code}`));
  }
});

test('bytes that are no frame end the connection and nothing else', () => {
  const group = new FakeGroup(2);
  const runner = new MachineRunner(group);
  runner.login();
  const { server, id } = group.connection;
  group.client!.received(id, Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0));
  group.advance();
  assert.notEqual(group.connection.server, server);
  assert.equal(runner.told.at(1), 'disconnected FRAME_TOO_LARGE');
  assert.equal(runner.send('hello').outcome, 'waiting');
  group.advance();
  assert.equal(group.stored.length, 1);
});

test('[W29] a server that announces a longer body than 1 MiB is left, and one of 1 MiB is waited for', () => {
  for (const bodyBytes of [1024 * 1024, 1024 * 1024 + 1]) {
    const group = new FakeGroup(2);
    const runner = new MachineRunner(group);
    runner.login();
    const { server, id } = group.connection;
    const header = new Uint8Array(12);
    new DataView(header.buffer).setUint32(0, bodyBytes);
    group.client!.received(id, header);
    group.advance();
    const isLeft = group.connection.server !== server;
    assert.equal(isLeft, bodyBytes > 1024 * 1024);
    assert.equal(runner.told.includes('disconnected FRAME_TOO_LARGE'), isLeft);
  }
});

test('[W131] asked to go on elsewhere, a client waits for what it is owed, and nothing fails', () => {
  const group = new FakeGroup(2);
  const runner = new MachineRunner(group);
  runner.login();
  runner.receive();
  const { connection } = group;
  let owed: number | undefined;
  connection.server.intercept = ({ name, correlation }) => {
    if (name === 'Send') owed ??= correlation;
    return name === 'Send';
  };
  const first = runner.send('one');
  group.advance();
  group.send(connection, 'MoveOn', {}, PUSH);
  group.advance();
  const second = runner.send('two');
  group.advance();
  assert.equal(group.connection, connection, 'it stays for the answer');
  assert.equal(group.received('Send').length, 1, 'and sends nothing new there');

  const storedOn = { copies: 2, members: 2 };
  group.send(connection, 'Sent', { id: { origin: 5, seq: 5 }, sentAtMs: 1, time: 1, storedOn }, owed!);
  group.advance();
  assert.notEqual(group.connection.server, connection.server);
  assert.deepEqual([first.outcome, second.outcome], ['done', 'done']);
  assert.equal(group.logins, 1);
  assert.equal(runner.told.at(-2), 'disconnected STOPPING');
});

test('[W131] a client that is owed nothing goes on elsewhere at once', () => {
  const group = new FakeGroup(2);
  const runner = new MachineRunner(group);
  group.advance();
  const { connection } = group;
  group.send(connection, 'MoveOn', {}, PUSH);
  group.advance(limits.clientRedialMaxMs);
  assert.notEqual(group.connection.server, connection.server);
  assert.deepEqual(
    runner.told.filter((event) => event.startsWith('connected')),
    ['connected ' + connection.server.id, 'connected ' + group.connection.server.id],
  );
});

test('[C85] a client that is told of other members goes on with those, and not with one that was removed', () => {
  const group = new FakeGroup(4);
  const seeds = [group.server(1).address, group.server(2).address];
  group.members = group.membersWith(1, 2, 3);
  const runner = new MachineRunner(group, { servers: seeds });
  runner.login();
  group.members = group.membersWith(2, 4);
  group.send(group.connection, 'Members', { members: group.members }, PUSH);
  group.advance();
  assert.deepEqual(runner.members, ['holdfast: 1 2 3', 'holdfast: 2 4']);
  const dialsBefore = group.dials.length;
  for (const id of [1, 2]) group.kill(group.server(id));
  group.advance(limits.clientRedialMaxMs);
  assert.equal(group.connection.server.id, 4);
  const dialled = new Set(group.dials.slice(dialsBefore).map(({ server }) => server));
  assert.ok(!dialled.has(3));
});

test('[C88] an address that is not in the config has to lead to the group that told of it', () => {
  const group = new FakeGroup(2);
  group.kill(group.server(1));
  const settings = { servers: [group.server(1).address], pinned: false };
  const kept = { group: 'holdfast', servers: [group.server(2).address] };
  const runner = new MachineRunner(group, { ...settings, kept });
  group.advance();
  assert.deepEqual(runner.told.at(-1), 'connected 2');

  const other = new FakeGroup(2);
  other.groupName = 'another';
  other.kill(other.server(1));
  const stranger = new MachineRunner(other, { ...settings, kept });
  other.advance();
  assert.ok(stranger.told.includes('refused GROUP_MISMATCH'), stranger.told.join(', '));
  assert.ok(stranger.told.every((event) => event.startsWith('refused')));
});
