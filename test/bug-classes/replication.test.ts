/** Classes of bugs that show in what the servers of a group hold, in a made world. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { ServerId } from '#src/core/model/ids.js';
import { limits } from '#src/core/model/limits.js';
import type { Person } from '#src/core/replica/person.testing.js';
import { World, type WorldOptions } from '#src/core/replica/world.testing.js';
import { entryOf } from '#src/sim/world.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Servers in sync, and alice on server 1, who writes, and bob, who has an account. */
function writing(options: WorldOptions = {}): { readonly world: World; readonly alice: Person; readonly bob: Person } {
  const world = new World(options);
  world.startInSync();
  const alice = world.person('alice').at(1);
  alice.create();
  const bob = world.person('bob').at(1);
  bob.create();
  alice.login();
  return { world, alice, bob };
}

function crash(world: World, ...ids: ServerId[]): void {
  for (const id of ids) world.server(id).crash();
  world.until('the others have noticed', () =>
    world.running.every((server) => ids.every((id) => server.peer(id) === undefined)),
  );
}

/** The session goes on at a server. What was reserved for it before is on its way back. */
function goOnAt(world: World, person: Person, server: ServerId): void {
  world.advance(50);
  person.at(server).resume();
}

/** The conversation with bob as a server has it that alice goes on at. */
function historyAt(world: World, alice: Person, server: ServerId): string[] {
  goOnAt(world, alice, server);
  return alice.history('bob');
}

/** A client that knows nothing logs in, and reads what it is given from where the account was left. */
function readAnew(world: World, name: string, server: ServerId) {
  world.advance(50);
  const person = world.person(name).at(server);
  const { waiting, delivered } = person.login(person.loginRequest(true));
  person.ask('Receive', { cursor: delivered, credit: 100 });
  world.until('all that is stored has come', () => person.client.lives > 0);
  return { texts: person.texts, waiting: waiting.map(({ from, count }) => `${count} from ${from}`) };
}

test('stale server overwrites newer data: an old disk, started first and with a clock ahead, only adds to what is there', () => {
  const { world, alice } = writing();
  alice.send('bob', 'old');
  world.untilConverged();
  const stale = world.server(3).disk.copy();
  alice.send('bob', 'newer');
  const carol = world.person('carol').at(2);
  carol.create();
  carol.login();
  carol.ask('DeleteAccount', {});
  world.untilConverged();
  crash(world, 1, 2, 3);
  world.server(3).replaceDisk(stale);
  world.server(3).clockSkewMs = DAY_MS;
  world.start(3);
  world.person('dave').at(3).create();
  alice.at(3).login(alice.loginRequest(true));
  alice.send('bob', 'from the old disk');
  world.start(1, 2);
  world.untilInSync();
  world.untilConverged();
  for (const server of [1, 2, 3]) {
    assert.deepEqual(new Set(historyAt(world, alice, server)), new Set(['old', 'newer', 'from the old disk']));
    const { names } = alice.ask('ListAccounts', { pattern: '', after: '', limit: 0 });
    assert.deepEqual(names, ['alice', 'bob', 'dave']);
  }
});

test('no rejoin: a server that crashed comes back while the others run, again and again, and takes its part', () => {
  const { world, alice } = writing();
  const sent: string[] = [];
  const send = (): number => {
    sent.push(`message ${sent.length}`);
    return alice.send('bob', sent.at(-1)!).storedOn.copies;
  };
  for (let round = 0; round < 2; round += 1) {
    for (const id of [1, 2, 3]) {
      crash(world, id);
      goOnAt(world, alice, (id % 3) + 1);
      assert.equal(send(), 2);
      world.start(id);
      world.untilInSync();
      assert.equal(send(), 3);
      assert.deepEqual(historyAt(world, alice, id), sent);
    }
  }
});

test('message to an online user not stored: what was shown at once is there after everything crashed', () => {
  const { world, alice, bob } = writing();
  bob.at(2).login();
  bob.receive();
  alice.send('bob', 'seen live');
  world.until('bob sees it', () => bob.texts.length === 1);
  crash(world, 1, 2, 3);
  world.start();
  assert.deepEqual(readAnew(world, 'bob', 3).texts, ['seen live']);
  assert.deepEqual(historyAt(world, alice, 2), ['seen live']);
});

test('dequeued before the client confirmed: what a connection took along when it broke waits for the next login', () => {
  const { world, alice, bob } = writing();
  bob.at(2).login();
  bob.receive();
  alice.send('bob', 'lost on the way to the screen');
  world.until('it was pushed', () => bob.texts.length === 1);
  bob.client.close();
  world.until('the server noticed', () => world.server(2).status.sessions === 0);
  assert.deepEqual(readAnew(world, 'bob', 3), {
    texts: ['lost on the way to the screen'],
    waiting: ['1 from alice'],
  });
});

test('redelivered after restart: what was confirmed is not shown again, whatever restarts', () => {
  const { world, alice, bob } = writing();
  bob.at(2).login();
  bob.receive();
  alice.send('bob', 'read');
  world.until('bob sees it', () => bob.texts.length === 1);
  bob.ask('MarkDelivered', { cursor: bob.cursor.entries() });
  crash(world, 1, 2, 3);
  for (const server of world.servers) server.loseView();
  world.start();
  for (const server of [1, 2, 3]) assert.deepEqual(readAnew(world, 'bob', server), { texts: [], waiting: [] });
});

test('password lost in replication: a login works on a server that only ever heard of the account from others', () => {
  const { world, bob } = writing();
  crash(world, 3);
  world.server(3).replaceDisk();
  world.start(3);
  world.untilInSync();
  crash(world, 1, 2);
  bob.at(3);
  assert.equal(bob.askInVain('Login', { ...bob.loginRequest(), password: 'another' }), 'WRONG_PASSWORD');
  bob.login();
});

test('freshness by clock or file time: with clocks days apart nothing is lost, undone or hidden', () => {
  const world = new World();
  world.server(1).clockSkewMs = DAY_MS;
  world.server(2).clockSkewMs = 0;
  world.server(3).clockSkewMs = -DAY_MS;
  world.startInSync();
  const [alice, carol] = [world.person('alice').at(1), world.person('carol').at(1)];
  for (const person of [alice, carol, world.person('bob').at(1)]) person.create();
  alice.login();
  carol.login();
  alice.send('bob', 'by the clock that is ahead');
  // Deleted by the clock that is days behind the one that created it.
  carol.at(3).resume();
  carol.ask('DeleteAccount', {});
  alice.at(3).resume();
  alice.send('bob', 'by the clock that is behind');
  crash(world, 1, 2);
  alice.send('bob', 'alone');
  world.start(1, 2);
  world.untilInSync();
  world.untilConverged();
  for (const server of [1, 2, 3]) {
    assert.equal(historyAt(world, alice, server).length, 3);
    assert.deepEqual(alice.ask('ListAccounts', { pattern: '', after: '', limit: 0 }).names, ['alice', 'bob']);
    assert.equal(readAnew(world, 'bob', server).texts.length, 3);
  }
});

test('two clients disagree on a leader: each writes where it is, and all servers agree on all of it', () => {
  const world = new World();
  world.startInSync();
  const people = ['alice', 'bob', 'carol'].map((name, index) => world.person(name).at(index + 1));
  for (const person of people) {
    person.create();
    person.login();
  }
  // Servers 1 and 2 do not reach each other, and both reach server 3.
  world.split([1], [2]);
  world.advance(2 * limits.suspectAfterMs);
  const replies = people.flatMap((person) =>
    people.flatMap(({ name }) =>
      [1, 2, 3].map((number) => person.client.request('Send', person.sending(name, `${number} by ${person.name}`))),
    ),
  );
  world.until('all have an answer', () => replies.every((reply) => reply.isThere));
  assert.deepEqual([...new Set(replies.map(({ outcome }) => outcome))], ['done']);
  world.heal();
  world.untilInSync();
  world.untilConverged();
  const conversations = [1, 2, 3].map((server) => {
    for (const person of people) person.at(server).resume();
    return people.map((person) => people.map(({ name }) => person.history(name)));
  });
  assert.deepEqual(conversations[1], conversations[0]);
  assert.deepEqual(conversations[2], conversations[0]);
  assert.ok(conversations[0]!.flat().every((texts) => texts.length === 3 || texts.length === 6));
});

test('majority needed: the last of three or five servers gives full service, and what it took is kept', () => {
  for (const servers of [3, 5]) {
    const { world, alice } = writing({ servers });
    for (let id = 1; id < servers; id += 1) {
      crash(world, id);
      alice.at(id + 1).resume();
      assert.equal(alice.send('bob', `with ${servers - id} left`).storedOn.copies, servers - id);
    }
    const carol = world.person('carol').at(servers);
    carol.create();
    carol.login();
    carol.send('alice', 'hello');
    alice.receive();
    assert.deepEqual(alice.texts, ['hello']);
    carol.ask('LogOff', {});
    carol.login();
    carol.ask('DeleteAccount', {});
    assert.deepEqual(alice.ask('ListAccounts', { pattern: '', after: '', limit: 0 }).names, ['alice', 'bob']);
    for (let id = 1; id < servers; id += 1) world.start(id);
    world.untilInSync();
    world.untilConverged();
    assert.equal(historyAt(world, alice, 1).length, servers - 1);
  }
});

test('start order: in whatever order servers that know more and less are started, all is there in the end', () => {
  for (const order of [
    [1, 2, 3],
    [1, 3, 2],
    [2, 1, 3],
    [2, 3, 1],
    [3, 1, 2],
    [3, 2, 1],
  ]) {
    const { world, alice } = writing();
    const sent: string[] = [];
    for (const id of [1, 2, 3]) {
      sent.push(`with server ${id} up`);
      alice.at(id).resume();
      alice.send('bob', sent.at(-1)!);
      crash(world, id);
    }
    for (const id of order) {
      world.start(id);
      alice.at(id).login(alice.loginRequest(true));
      sent.push(`after the start of server ${id}`);
      alice.send('bob', sent.at(-1)!);
    }
    world.untilInSync();
    world.untilConverged();
    for (const id of order)
      assert.deepEqual(new Set(historyAt(world, alice, id)), new Set(sent), `order ${order.join(' ')}`);
  }
});

test('wipe at start: a server that starts among others which hold nothing keeps what it has, and they get it', () => {
  const { world, alice } = writing();
  alice.send('bob', 'only on one disk in the end');
  crash(world, 1, 2, 3);
  for (const id of [2, 3]) world.server(id).replaceDisk();
  // The empty ones are a group by themselves before the other comes.
  world.start(2, 3);
  world.person('carol').at(2).create();
  world.start(1);
  world.untilInSync();
  world.untilConverged();
  for (const server of [1, 2, 3]) {
    assert.deepEqual(historyAt(world, alice, server), ['only on one disk in the end']);
    assert.deepEqual(alice.ask('ListAccounts', { pattern: '', after: '', limit: 0 }).names, ['alice', 'bob', 'carol']);
  }
});

test('whole state sent on every change: a message costs as many bytes between servers however much there is', () => {
  const { world, alice } = writing();
  const { host } = world.server(1);
  let bytes = 0;
  const send = host.send.bind(host);
  host.send = (connection, piece) => {
    bytes += piece.length;
    send(connection, piece);
  };
  const bytesOfOne = (): number => {
    bytes = 0;
    alice.send('bob', 'the same text');
    return bytes;
  };
  const first = bytesOfOne();
  for (let batch = 0; batch < 10; batch += 1) {
    const asked = Array.from({ length: 200 }, (_, index) =>
      alice.client.request('Send', alice.sending('bob', `filling ${batch} ${index}`)),
    );
    world.until('they are stored', () => asked.every(({ outcome }) => outcome === 'done'));
  }
  world.advance(limits.peerHeartbeatMs);
  const late = bytesOfOne();
  assert.ok(late < 3 * first + 500, `${first} bytes at first, ${late} bytes after thousands of messages`);
});

test('unsafe add of a server: it serves only once it has everything, and then the others may go', () => {
  const { world, alice, bob } = writing();
  bob.at(2).login();
  bob.receive();
  const sent = Array.from({ length: 50 }, (_, index) => `before ${index}`);
  for (const text of sent) alice.send('bob', text);
  const settled: unknown[] = [];
  world.server(2).addMember({ server: 4, ...addressOf(4), move: false }, (answer) => settled.push(answer));
  world.until('the operator has an answer', () => settled.length > 0);
  world.addServer(4, 1).start();
  const asked: (() => boolean)[] = [];
  world.until('it serves', () => {
    // People go on writing meanwhile.
    if (asked.every((isThere) => isThere())) {
      sent.push(`meanwhile ${sent.length}`);
      const reply = alice.client.request('Send', alice.sending('bob', sent.at(-1)!));
      asked.push(() => reply.isThere);
    }
    return world.server(4).isOpen;
  });
  assert.ok(world.server(4).status.ops >= 50);
  world.until('the last is stored', () => asked.every((isThere) => isThere()));
  world.untilInSync();
  crash(world, 1, 2, 3);
  assert.deepEqual(historyAt(world, alice, 4).length, Math.min(sent.length, limits.messagesPerPageMax));
  bob.at(4).resume();
  bob.receive();
  assert.deepEqual(bob.texts, sent);
});

function addressOf(id: ServerId): { readonly host: string; readonly port: number } {
  const { host, port } = entryOf(id);
  return { host, port };
}

test('delivery status goes back: an older mark that comes later, by another way, changes nothing', () => {
  const { world, alice, bob } = writing();
  bob.at(2).login();
  for (const text of ['one', 'two', 'three']) alice.send('bob', text);
  bob.receive();
  const early = bob.client.delivered[0]!.message.id;
  const all = bob.cursor.entries();
  world.split([3], [1, 2]);
  world.advance(2 * limits.suspectAfterMs);
  bob.ask('MarkDelivered', { cursor: all });
  // The same person, on the other side, who has read less.
  bob.at(3).resume();
  bob.ask('MarkDelivered', { cursor: [early] });
  world.heal();
  world.untilInSync();
  world.untilConverged();
  for (const server of [1, 2, 3]) assert.deepEqual(readAnew(world, 'bob', server), { texts: [], waiting: [] });
});

test('silent gap after catch-up: what the other side of a split took earlier comes after what was read since', () => {
  const { world, alice, bob } = writing();
  const carol = world.person('carol').at(3);
  carol.create();
  carol.login();
  bob.at(2).login();
  bob.receive();
  world.split([3], [1, 2]);
  world.advance(2 * limits.suspectAfterMs);
  carol.send('bob', 'earlier, on the other side');
  world.advance(100);
  alice.send('bob', 'later, on this side');
  world.until('bob reads on', () => bob.texts.includes('later, on this side'));
  bob.ask('MarkDelivered', { cursor: bob.cursor.entries() });
  world.heal();
  world.until('the gap is closed', () => bob.texts.includes('earlier, on the other side'));
  world.untilConverged();
  // On another server too, from the same place, and from the mark by a new login.
  bob.at(1).resume();
  bob.receive();
  assert.equal(bob.texts.length, 2);
  assert.deepEqual(readAnew(world, 'bob', 1), { texts: ['earlier, on the other side'], waiting: ['1 from carol'] });
});
