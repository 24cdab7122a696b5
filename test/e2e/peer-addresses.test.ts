import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { freePorts } from '#src/apps/drill/free-ports.js';
import { ServerProcess } from '#src/apps/drill/server-process.js';
import { makePlace } from '../support/server-group.js';
import { helloMessage, RawClient } from '../conformance/raw-client.js';
import { Cluster } from './cluster.js';

test('servers dial the address for servers, listen on it beside their own, and do not tell clients of it', async (t) => {
  const place = await makePlace({ servers: 2 });
  const cluster = new Cluster(place);
  t.after(() => cluster.end());
  const [first, second] = place.config.servers;
  const [peerPort, deadPort] = await freePorts(2);
  await writeFile(place.configPath, JSON.stringify({ servers: [first, { ...second, peerPort }] }));
  await cluster.start(2);
  // Server 1 is told of an address for clients at which nobody is, so the link shows which of the two it dialled.
  const configPath = join(place.directory, 'first.json');
  await writeFile(configPath, JSON.stringify({ servers: [first, { ...second, port: deadPort, peerPort }] }));
  const running = new ServerProcess({ configPath, id: 1, dataDirectory: cluster.dataDirectory(1) });
  t.after(() => running.end('SIGKILL'));
  await running.started;
  const [status] = await cluster.converged();
  assert.deepEqual(
    status!.peers.map(({ server, inSync }) => ({ server, inSync })),
    [{ server: 2, inSync: true }],
  );
  const client = await RawClient.connect({ host: second!.host, port: peerPort! });
  t.after(() => client.close());
  client.write(client.beginning());
  const welcome = await client.ask('Hello', helloMessage, 'Welcome');
  assert.equal(welcome.server, 2);
  assert.deepEqual(
    welcome.members.map(({ server, port }) => ({ server, port })),
    [
      { server: 1, port: first!.port },
      { server: 2, port: second!.port },
    ],
  );
});
