import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';

import { freePorts } from './free-ports.js';

/** Where Linux begins to give ports to outgoing connections. */
const FIRST_OUTGOING_PORT = 32_768;
/** More than a process has. */
const TOO_MANY = 1_000;

test('ports differ, can be listened at, and are none that an outgoing connection gets', async () => {
  const ports = [...(await freePorts(5)), ...(await freePorts(5))];
  assert.equal(new Set(ports).size, 10);
  for (const port of ports) {
    assert.ok(port < FIRST_OUTGOING_PORT, String(port));
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    await once(server.close(), 'close');
  }
});

test('a port in use is not given, and more than there are is an error', async (t) => {
  const [port] = await freePorts(1);
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  // More than half of what a process has, so that its ports come round.
  const given = [...(await freePorts(26)), ...(await freePorts(26))];
  assert.ok(!given.includes(port!));
  await assert.rejects(freePorts(TOO_MANY), /are in use/);
});
