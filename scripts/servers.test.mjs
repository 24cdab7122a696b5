import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Servers } from './servers.mjs';

const program = fileURLToPath(new URL('fixtures/server.mjs', import.meta.url));

/** Runs one fixture server for each behaviour, with ids from 1; collects what is said. */
function run(/** @type {string[]} */ ...behaviours) {
  /** @type {string[]} */
  const lines = [];
  const parameters = behaviours.map((behaviour, index) => /** @type {const} */ ([index + 1, [program, behaviour]]));
  const servers = new Servers(new Map(parameters), (line) => lines.push(line));
  return { servers, lines };
}

test('every server is started, shown and stopped', async () => {
  const { servers, lines } = run('serve', 'serve', 'serve');
  assert.deepEqual(await servers.started, [1, 2, 3]);
  assert.deepEqual(
    lines.map((line) => line.replace(/ \(process \d+\)$/, ' (process N)')).toSorted(),
    [1, 2, 3].map((id) => `server ${id}: Server started (process N)`),
  );
  servers.stop();
  await servers.ended;
  assert.deepEqual(
    lines.slice(3).toSorted(),
    [1, 2, 3].map((id) => `server ${id} stopped`),
  );
});

test('a server that ends by itself is reported and the others go on', async () => {
  const { servers, lines } = run('serve', 'fail', 'serve');
  assert.deepEqual(await servers.started, [1, 3]);
  assert.ok(lines.includes('server 2: the port is taken'));
  assert.ok(lines.includes('server 2 ended (exit code 3); the others go on'));
  servers.stop();
  await servers.ended;
  assert.ok(lines.includes('server 1 stopped') && lines.includes('server 3 stopped'));
});

test('when all servers end by themselves, both promises settle', async () => {
  const { servers, lines } = run('fail', 'fail');
  assert.deepEqual(await servers.started, []);
  await servers.ended;
  assert.ok(lines.some((line) => line.endsWith('ended (exit code 3)')));
});

test('asked to stop a second time, a server that does not stop is killed', async () => {
  const { servers, lines } = run('stubborn');
  await servers.started;
  servers.stop();
  servers.stop();
  await servers.ended;
  assert.equal(lines.at(-1), 'server 1 stopped');
});
