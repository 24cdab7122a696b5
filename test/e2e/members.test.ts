/** Servers come and go for good while people write, by the commands of the program. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { runProgram } from '#src/apps/cli/run-program.testing.js';
import { freePorts } from '#src/apps/drill/free-ports.js';
import { ServerProcess } from '#src/apps/drill/server-process.js';
import { connect, groupFile } from '#src/library/node.js';

import { Cluster } from './cluster.js';
import { Traffic } from './traffic.js';

interface NewServer {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

/** Starts a server whose config has itself and one other member. */
async function join4(t: TestContext, cluster: Cluster, server: NewServer, known: number): Promise<ServerProcess> {
  const configPath = join(cluster.directory, 'config-4.json');
  const servers = [server, cluster.config.servers.find(({ id }) => id === known)];
  await writeFile(configPath, JSON.stringify({ servers }));
  const running = new ServerProcess({ configPath, id: server.id, dataDirectory: cluster.dataDirectory(server.id) });
  t.after(() => running.end('SIGKILL'));
  await running.started;
  return running;
}

test('all servers of a group are exchanged while people write, and an old config still leads to it', async (t) => {
  const cluster = await Cluster.start(t);
  const home = join(cluster.directory, 'home');
  const run = async (...parameters: string[]) => {
    const { exitCode, stdout, stderr } = await runProgram(parameters, { home });
    assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' }, parameters.join(' '));
    return stdout;
  };
  const { configPath } = cluster;
  const traffic = await Traffic.start(t, cluster);
  await traffic.more(200);

  const [port] = await freePorts(1);
  const add = () => runProgram(['server', 'add', configPath, '4', `127.0.0.1:${port}`], { home });
  const added = await add();
  assert.match(added.stderr, /^Server 4 is a member of the group now\. Stored on 3 of 4 servers\.$/m);
  const given = JSON.parse(added.stdout) as { servers: NewServer[] };
  // Whoever lost what was printed asks once more.
  const again = await add();
  assert.deepEqual([added.exitCode, again.exitCode, again.stdout], [0, 0, added.stdout]);
  assert.match(again.stderr, /^Server 4 is a member at 127\.0\.0\.1:\d+ already\. Nothing was changed\.$/m);
  assert.deepEqual(
    given.servers.map(({ id }) => id),
    [1, 2, 3, 4],
  );
  await join4(t, cluster, given.servers[3]!, 3);
  await traffic.more(200);

  const goneOne = cluster.ended(1);
  const removed = await run('server', 'remove', configPath, '1');
  assert.match(
    removed,
    /^Server 1 is not a member of the group any more\. Members: 2, 3, 4\. Stored on 3 of 3 servers\.$/m,
  );
  assert.equal(await goneOne, 3);
  assert.match(cluster.stderr(1), /Server 1 was removed from the group\. The others hold what it held/);
  await assert.rejects(cluster.start(1), /removed from the group/);
  await traffic.more(200);

  await cluster.kill(2);
  await cluster.wipe(2);
  await traffic.more(100);
  await cluster.start(2);
  await traffic.more(100);

  const groupStore = groupFile(join(home, 'application.json'));
  await (await connect(cluster.config, { groupStore })).close();
  for (const id of [2, 3]) {
    const gone = cluster.ended(id);
    await run('server', 'remove', configPath, String(id));
    assert.equal(await gone, 3);
    await traffic.more(100);
  }
  await assert.rejects(connect(cluster.config, { roundsMax: 2 }), { code: 'NO_SERVER' });
  const client = await connect(cluster.config, { groupStore });
  assert.equal(client.server?.id, 4);
  assert.ok((await client.accounts()).length > 0);
  await client.close();
  assert.match(await run('accounts', configPath), /^person-0$/m);
  assert.match(await run('verify', configPath), /^ +4 .* 127\.0\.0\.1:\d+$/m);
  assert.match(await run('status', configPath), /^Healthy: 1 of 1 up, can lose 0\. Not members: 1, 2, 3\.$/m);
  await traffic.finish();
});
