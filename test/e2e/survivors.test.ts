import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Cluster } from './cluster.js';
import { Traffic } from './traffic.js';

/** Everything a person can do, on whatever servers are left. */
async function useEverything(t: TestContext, cluster: Cluster, tag: string): Promise<void> {
  const alice = await cluster.client(t);
  const bob = await cluster.client(t);
  const names = [`alice.${tag}`, `bob.${tag}`] as const;
  await alice.createAccount(names[0], 'secret a');
  await bob.createAccount(names[1], 'secret b');
  await alice.login(names[0], 'secret a');
  await alice.send(names[1], 'while you were out');
  const { waiting } = await bob.login(names[1], 'secret b');
  assert.deepEqual(
    waiting.map(({ from, count }) => ({ from, count })),
    [{ from: names[0], count: 1 }],
  );
  const messages = bob.messages()[Symbol.asyncIterator]();
  assert.equal((await messages.next()).value?.text, 'while you were out');
  await alice.send(names[1], 'now that you are here');
  assert.equal((await messages.next()).value?.text, 'now that you are here');
  assert.deepEqual(await alice.accounts(`^(alice|bob)\\.${tag}$`), names);
  const history = await bob.history(names[0]);
  assert.deepEqual(
    history.messages.map((message) => message.text),
    ['now that you are here', 'while you were out'],
  );
  await alice.logoff();
  await assert.rejects(alice.send(names[1], 'too late'), { code: 'NOT_LOGGED_IN' });
  await bob.deleteAccount();
  assert.deepEqual(await alice.accounts(`^(alice|bob)\\.${tag}$`), [names[0]]);
}

for (const [first, second] of [
  [1, 2],
  [2, 3],
  [3, 1],
] as const) {
  test(`with servers ${first} and ${second} killed one after the other everything goes on`, async (t) => {
    const cluster = await Cluster.start(t);
    const traffic = await Traffic.start(t, cluster);
    await traffic.more(200);
    await cluster.kill(first);
    await traffic.more(200);
    await cluster.kill(second);
    await traffic.more(200);
    await useEverything(t, cluster, 'alone');
    await cluster.start(first);
    await traffic.more(100);
    await cluster.start(second);
    await traffic.more(100);
    await traffic.finish();
    await useEverything(t, cluster, 'together');
    await cluster.converged();
  });
}

test('with two servers killed at once everything goes on, whichever two', async (t) => {
  const cluster = await Cluster.start(t);
  const traffic = await Traffic.start(t, cluster);
  for (const survivor of cluster.ids) {
    const others = cluster.ids.filter((id) => id !== survivor);
    await traffic.more(200);
    await Promise.all(others.map((id) => cluster.kill(id)));
    await traffic.more(200);
    await useEverything(t, cluster, `only-${survivor}`);
    await Promise.all(others.map((id) => cluster.start(id)));
    await cluster.converged();
  }
  await traffic.finish();
  await cluster.converged();
});

test('a server whose data is gone fills itself from the others', async (t) => {
  const cluster = await Cluster.start(t);
  const traffic = await Traffic.start(t, cluster);
  await traffic.more(500);
  await cluster.kill(2);
  await cluster.wipe(2);
  await traffic.more(100);
  await cluster.start(2);
  const [status] = await cluster.status(2);
  assert.ok(status!.ops > 500, 'it has what was written before it opens');
  await cluster.kill(1);
  await cluster.kill(3);
  await traffic.more(100);
  await traffic.finish();
  await useEverything(t, cluster, 'on-the-new-disk');
});

test('all servers killed at once under load have everything that was acknowledged, in any order of starting', async (t) => {
  const cluster = await Cluster.start(t);
  const traffic = await Traffic.start(t, cluster);
  for (const order of [
    [1, 2, 3],
    [3, 1, 2],
  ]) {
    await traffic.more(300);
    await Promise.all(cluster.ids.map((id) => cluster.kill(id)));
    for (const id of order) await cluster.start(id);
    await traffic.more(100);
  }
  await Promise.all(cluster.ids.map((id) => cluster.kill(id)));
  await Promise.all(cluster.ids.map((id) => cluster.start(id)));
  await traffic.more(100);
  await traffic.finish();
  await cluster.converged();
});
