import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { runProgram } from '#src/apps/cli/run-program.testing.js';

import { Cluster } from './cluster.js';
import { Traffic } from './traffic.js';

test('servers are restarted one after the other, their clients moved first, and nobody sees an error', async (t) => {
  const cluster = await Cluster.start(t);
  const traffic = await Traffic.start(t, cluster);
  for (const id of cluster.ids) {
    await traffic.more(100);
    const exited = once(cluster.process(id), 'exit');
    if (id === 2) {
      cluster.process(id).kill('SIGTERM');
    } else {
      const { exitCode, stdout, stderr } = await runProgram(['drain', cluster.configPath, String(id)]);
      assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
      assert.match(stdout, new RegExp(`^Moved [0-9]+ clients? to other servers\\. Server ${id} stops\\.\n$`));
    }
    assert.deepEqual(await exited, [0, null]);
    await traffic.more(100);
    await cluster.start(id);
  }
  await traffic.more(100);
  const told = traffic.people.flatMap(({ disconnections }) => disconnections);
  assert.ok(told.length >= cluster.ids.length, 'clients moved');
  assert.deepEqual(new Set(told), new Set(['STOPPING']), 'and no connection was broken under them');
  await traffic.finish();
  await cluster.converged();
});

test('the clients of the last server have nowhere to go, and a server that is down cannot be asked', async (t) => {
  const cluster = await Cluster.start(t, { servers: 2 });
  await cluster.stop(2);
  const last = await runProgram(['drain', cluster.configPath, '1']);
  assert.deepEqual(last, {
    exitCode: 6,
    stdout: '',
    stderr: 'No other server is open, so there is nowhere to move the clients.\n',
  });
  const down = await runProgram(['drain', cluster.configPath, '2']);
  assert.equal(down.exitCode, 6);
  assert.match(down.stderr, /^Server 2 \(127\.0\.0\.1:[0-9]+\) cannot be reached: it refuses connections\.\n$/);
  assert.equal(await cluster.stop(1), 0);
});

test('a server stops for nobody who lacks the key of the group', async (t) => {
  const cluster = await Cluster.start(t, { servers: 2, groupKey: '5e'.repeat(32) });
  const other = await Cluster.start(t, { servers: 2, groupKey: '6f'.repeat(32) });
  const posing = await other.writeConfig(cluster.config.servers);
  const { exitCode, stderr } = await runProgram(['drain', posing, '1']);
  assert.equal(exitCode, 3);
  assert.match(stderr, /does not hold the key that the config names/);
  const keyless = join(cluster.directory, 'keyless.json');
  await writeFile(keyless, JSON.stringify({ servers: cluster.config.servers }));
  const without = await runProgram(['drain', keyless, '1']);
  assert.equal(without.exitCode, 3);
  assert.match(without.stderr, /^Server 1 \(127\.0\.0\.1:\d+\) has a key, and the config names none\.$/m);
  const [status] = await cluster.status(1);
  assert.equal(status!.state, 'open');
});
