import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Cluster } from './cluster.js';

const rightKey = 'ab'.repeat(32);
const wrongKey = 'cd'.repeat(32);

test('[W91] servers that hold the same key link; one with another key is not let in, and both sides say so', async (t) => {
  const cluster = await Cluster.start(t, { groupKey: rightKey });
  await cluster.converged();
  await cluster.kill(3);
  const keyFile = join(cluster.directory, 'group.key');
  await writeFile(keyFile, wrongKey);
  await cluster.start(3);
  for (const [server, other] of [
    [3, 1],
    [1, 3],
  ] as const) {
    assert.match(await refusal(cluster, server, other), /do not hold the same key/);
  }
  const outside = await cluster.client(t, 3);
  await outside.createAccount('carol', 'made outside');
  const inside = await cluster.client(t, 1, 2);
  assert.deepEqual(await inside.accounts(), []);

  await cluster.kill(3);
  await writeFile(keyFile, rightKey);
  await cluster.start(3);
  const [status] = await cluster.converged();
  assert.ok(status!.peers.every((peer) => peer.refusal === ''));
  assert.deepEqual(await inside.accounts(), ['carol'], 'what it took alone is not lost');
});

/** What a server says of another, once it has met it. */
async function refusal(cluster: Cluster, server: number, other: number): Promise<string> {
  const deadlineMs = Date.now() + 30_000;
  for (;;) {
    assert.ok(Date.now() < deadlineMs, `server ${server} has nothing to say of server ${other}`);
    const [status] = await cluster.status(server);
    const found = status!.peers.find((peer) => peer.server === other)!.refusal;
    if (found !== '') return found;
    await delay(20);
  }
}
