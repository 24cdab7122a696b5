import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Cluster } from './cluster.js';
import { Traffic } from './traffic.js';

test('killed one after the other and started with the one that knows least first, all is there in the end', async (t) => {
  const cluster = await Cluster.start(t);
  const traffic = await Traffic.start(t, cluster);
  await traffic.more(200);
  for (const id of [1, 2, 3]) {
    await cluster.kill(id);
    if (id < 3) await traffic.more(200);
  }
  for (const id of [1, 2, 3]) {
    await cluster.start(id);
    await traffic.more(100);
  }
  // What the last server alone had acknowledged and not yet shown comes when it is back, after newer messages.
  await traffic.finish({ inOrder: false });
  await cluster.converged();
});

test('stopped cleanly one by one and started in the same order, nobody notices more than a change of server', async (t) => {
  const cluster = await Cluster.start(t);
  const traffic = await Traffic.start(t, cluster);
  for (const id of cluster.ids) {
    await traffic.more(100);
    assert.equal(await cluster.stop(id), 0);
    await traffic.more(100);
    await cluster.start(id);
    await cluster.converged();
  }
  await traffic.finish();
});

test('a view database that is gone is built again from the log', async (t) => {
  const cluster = await Cluster.start(t, { servers: 1 });
  const alice = await cluster.client(t);
  await alice.createAccount('alice', 'secret a');
  await alice.createAccount('bob', 'secret b');
  await alice.login('alice', 'secret a');
  for (const text of ['one', 'two', 'three']) await alice.send('bob', text);
  const [before] = await cluster.status(1);
  await cluster.kill(1);
  for (const end of ['', '-wal', '-shm']) await rm(join(cluster.dataDirectory(1), `view.db${end}`), { force: true });
  await cluster.start(1);
  const [after] = await cluster.status(1);
  assert.equal(after!.stateHash, before!.stateHash);
  const { messages } = await alice.history('bob');
  assert.deepEqual(
    messages.map((message) => message.text),
    ['three', 'two', 'one'],
  );
  assert.deepEqual(await alice.accounts(), ['alice', 'bob']);
  const bob = await cluster.client(t);
  const { waiting } = await bob.login('bob', 'secret b');
  assert.deepEqual(
    waiting.map(({ from, count }) => ({ from, count })),
    [{ from: 'alice', count: 3 }],
  );
});

test('a start replays only what the view database has not seen', async (t) => {
  const cluster = await Cluster.start(t, { servers: 1 });
  const traffic = await Traffic.start(t, cluster);
  await traffic.more(2000);
  await traffic.finish();
  assert.match(cluster.stderr(1), /The data directory is new: this server holds nothing yet\. directory="\//);
  assert.equal(await cluster.stop(1), 0);
  await cluster.start(1);
  assert.match(cluster.stderr(1), /Opened the data directory\. directory="\//);
  assert.match(cluster.stderr(1), /Opened the log\. replayedOps=0 /);
  const [status] = await cluster.status(1);
  assert.ok(status!.ops > 2000);
});
