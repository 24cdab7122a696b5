import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { limits } from '../core/model/limits.js';
import { software } from './connect.js';
import { HoldfastError } from './errors.js';
import { fakePlatform } from './fake-platform.testing.js';

const failsWith = (code: string) => (error: unknown) => error instanceof HoldfastError && error.code === code;

test('[C52] connect fails when no server answers in time, and says why', async () => {
  const world = fakePlatform(2);
  for (const server of world.group.servers) server.state = 'starting';
  await assert.rejects(world.connect({ connectTimeoutMs: 500 }), (error: unknown) => {
    assert.ok(failsWith('NO_SERVER')(error));
    assert.match((error as Error).message, /The server is starting/);
    return true;
  });
  assert.equal(world.group.nowMs, 500);
  const dials = world.group.dials.length;
  world.group.advance(60_000);
  assert.equal(world.group.dials.length, dials, 'a client that failed to connect gives up');
});

test('[C52] the error says what happened at each address', async () => {
  const world = fakePlatform(3);
  world.group.server(1).state = 'down';
  world.group.server(2).state = 'frozen';
  world.group.server(3).intercept = ({ connection }) => {
    world.group.end(connection);
    return true;
  };
  await assert.rejects(world.connect(), (error: unknown) => {
    assert.ok(error instanceof HoldfastError && error.code === 'NO_SERVER' && !error.mayHaveHappened);
    const [first, ...lines] = error.message.split('\n');
    assert.equal(first, 'No server can be reached.');
    assert.deepEqual(lines.toSorted(), [
      'server-1:6001: Connection refused.',
      'server-2:6002: The server did not answer.',
      'server-3:6003: The server closed the connection at once.',
    ]);
    const messageByPort = new Map(error.failedTries.map(({ port, message }) => [port, message]));
    assert.equal(messageByPort.get(6001), 'Connection refused.');
    return true;
  });
});

test('[C52] connect fails as soon as every server was tried as often as wanted', async () => {
  const world = fakePlatform(3);
  for (const server of world.group.servers) server.state = 'down';
  await assert.rejects(world.connect({ roundsMax: 1 }), failsWith('NO_SERVER'));
  assert.deepEqual(new Set(world.group.dials.map(({ server }) => server)), new Set([1, 2, 3]));
  assert.equal(world.group.dials.length, 3);
});

test('a client tells of servers that it tries in vain, and forgets that once it is connected', async () => {
  const world = fakePlatform(2);
  const client = await world.connect();
  const events: string[] = [];
  client.on('unreachable', ({ port, message }) => events.push(`${port} ${message}`));
  for (const server of world.group.servers) world.group.kill(server);
  world.group.advance(limits.clientRedialMaxMs);
  assert.deepEqual(new Set(events), new Set(['6001 Connection refused.', '6002 Connection refused.']));
  assert.equal(client.failedTries.length, 2);
  world.group.server(1).state = 'up';
  world.group.advance(limits.clientRedialMaxMs);
  assert.deepEqual(client.failedTries, []);
});

test('[C52] connect waits for a server that starts in time', async () => {
  const world = fakePlatform(2);
  for (const server of world.group.servers) server.state = 'down';
  const connecting = world.connect();
  world.group.advance(5_000);
  world.group.server(2).state = 'up';
  assert.equal((await connecting).server?.id, 2);
});

test('a config that is none is refused with everything that is wrong with it', async () => {
  const world = fakePlatform(1);
  const config = { servers: [{ id: 0, host: 'here', port: 70_000 }] };
  await assert.rejects(world.connect({}, config), (error: unknown) => {
    assert.ok(failsWith('CONFIG_INVALID')(error));
    assert.equal((error as Error).message.split('\n').length, 2);
    return true;
  });
});

test('[C4] a client whose config has one server uses no other', async () => {
  const world = fakePlatform(3);
  const { group } = world;
  const { address } = group.server(2);
  const client = await world.connect({}, { servers: [{ id: 2, ...address }] });
  group.kill(group.server(2));
  group.advance(60_000);
  assert.deepEqual([...new Set(group.dials.map(({ server }) => server))], [2]);
  assert.equal(client.server, undefined);
});

test('a signal ends connecting', async () => {
  const world = fakePlatform(1);
  world.group.server(1).state = 'down';
  const aborting = new AbortController();
  const connecting = world.connect({ signal: aborting.signal });
  const reason = new Error('enough');
  const refused = assert.rejects(connecting, reason);
  await world.turn();
  aborting.abort(reason);
  await refused;
});

test('the client says the version of the package', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  assert.equal(software, `holdfast-client/${manifest.version}`);
});
