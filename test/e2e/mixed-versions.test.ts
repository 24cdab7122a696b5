import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { after, before, describe, test, type TestContext } from 'node:test';

import { runProgram } from '#src/apps/cli/run-program.testing.js';
import { freePorts } from '#src/apps/drill/free-ports.js';

import { RawClient } from '../conformance/raw-client.js';
import { buildEarlierVersion, type EarlierVersion } from '../support/earlier-version.js';
import { makePlace } from '../support/server-group.js';
import { Cluster } from './cluster.js';
import { Traffic } from './traffic.js';

const run = promisify(execFile);

describe('the previous version of the protocol and this one in one group', () => {
  let earlier: EarlierVersion;
  before(async () => {
    earlier = await buildEarlierVersion();
  });
  after(() => (earlier.state === 'built' ? earlier.remove() : undefined));

  /** A group of which these servers run the previous version; undefined where that is not to be had. */
  async function startGroup(t: TestContext, ...oldServers: number[]): Promise<Cluster | undefined> {
    if (earlier.state === 'unknown') {
      t.skip(earlier.reason);
      return undefined;
    }
    const cluster = new Cluster(await makePlace({}));
    t.after(() => cluster.end());
    for (const id of oldServers) cluster.otherPrograms.set(id, earlier.program);
    await cluster.startAll();
    return cluster;
  }

  test('[W130] a group is upgraded one server after the other while people chat, and they see no error', async (t) => {
    const cluster = await startGroup(t, 1, 2, 3);
    if (cluster === undefined) return;
    const traffic = await Traffic.start(t, cluster);
    await traffic.more(200);
    for (const id of cluster.ids) {
      assert.equal(await cluster.stop(id), 0);
      await traffic.more(100);
      cluster.otherPrograms.delete(id);
      await cluster.start(id);
      await traffic.more(100);
      await cluster.converged();
    }
    const told = traffic.people.flatMap(({ disconnections }) => disconnections);
    assert.ok(told.length > 0, 'clients had to move');
    assert.deepEqual(new Set(told), new Set(['STOPPING']), 'no connection was broken under them');
    await traffic.finish();
    const status = await cluster.converged();
    assert.equal(new Set(status.map(({ software }) => software)).size, 1);
  });

  test('[W130] ops that the previous version keeps and does not know are applied once it is upgraded', async (t) => {
    const cluster = await startGroup(t, 1);
    if (cluster === undefined) return;
    const [port] = await freePorts(1);
    const operate = async (...parameters: string[]): Promise<void> => {
      const { exitCode, stderr } = await runProgram(['server', ...parameters]);
      assert.equal(exitCode, 0, stderr);
    };
    await cluster.kill(1);
    await operate('add', cluster.configPath, '4', `127.0.0.1:${port}`);
    await operate('remove', cluster.configPath, '4');
    await cluster.start(1);
    const heldBy = async (...ids: number[]) =>
      (await cluster.status(...ids)).map(({ ops, stateHash }) => ({ ops, stateHash }));
    const [old, recent] = await heldBy(1, 2);
    assert.equal(old!.ops, recent!.ops, 'it holds them');
    assert.notEqual(old!.stateHash, recent!.stateHash, 'and does not know what they do');

    await cluster.kill(1);
    cluster.otherPrograms.delete(1);
    await cluster.start(1);
    await cluster.converged();
    assert.deepEqual(await heldBy(1), await heldBy(2));
  });

  test('[W130] servers of both versions stand in for each other when one is killed', async (t) => {
    const cluster = await startGroup(t, 1, 3);
    if (cluster === undefined) return;
    const traffic = await Traffic.start(t, cluster);
    for (const id of [2, 1, 3, 2]) {
      await traffic.more(100);
      await cluster.kill(id);
      await traffic.more(100);
      await cluster.start(id);
      await cluster.converged();
    }
    await traffic.finish();
  });

  test('[R68] while a server of the previous version is there, members are not changed', async (t) => {
    const cluster = await startGroup(t, 1);
    if (cluster === undefined) return;
    const [port] = await freePorts(1);
    const add = () =>
      runProgram(['server', 'add', cluster.configPath, '4', `127.0.0.1:${port}`], { home: cluster.directory });
    const refused = await add();
    assert.equal(refused.exitCode, 2);
    assert.match(refused.stderr, /^Server 1 runs a version that keeps to the members of its config\./);
    assert.equal(await cluster.stop(1), 0);
    cluster.otherPrograms.delete(1);
    await cluster.start(1);
    await cluster.converged();
    assert.equal((await add()).exitCode, 0);
  });

  test('[W21] [W130] a client of the previous version is served by a new server, and a new client by an old one', async (t) => {
    const cluster = await startGroup(t, 1);
    if (cluster === undefined || earlier.state === 'unknown') return;
    const [old, recent] = cluster.config.servers;
    const versions = { versionMin: 1, versionMax: 2, capabilities: [], software: 'test' };
    for (const [server, version] of [
      [old!, 1],
      [recent!, 2],
    ] as const) {
      const raw = await RawClient.connect(server);
      t.after(() => raw.close());
      raw.write(raw.beginning());
      assert.equal((await raw.ask('Hello', versions, 'Welcome')).version, version);
    }
    const env = { ...process.env, HOLDFAST_PASSWORD: 'secret' };
    const withOld = (...parameters: string[]) =>
      run(process.execPath, [(earlier as { program: string }).program, ...parameters], { env });
    const toNew = await cluster.writeConfig([recent!]);
    await withOld('create', toNew, 'alice');
    const client = await cluster.client(t, old!.id);
    await client.createAccount('bob', 'secret');
    await client.login('bob', 'secret');
    await client.send('alice', 'from a new client on an old server');
    const { stdout } = await withOld('tail', toNew, '--as', 'alice', '--once', '--json');
    assert.equal((JSON.parse(stdout) as { text: string }).text, 'from a new client on an old server');
  });
});
