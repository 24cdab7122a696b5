import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '#src/core/model/limits.js';
import { Cluster } from './cluster.js';

test('what only one server had is late when it is back, a name made twice is told, and status has the merge', async (t) => {
  const cluster = await Cluster.start(t);
  const [alice, bob] = [await cluster.client(t), await cluster.client(t)];
  await alice.createAccount('alice', 'secret a');
  await bob.createAccount('bob', 'secret b');
  await cluster.converged();
  await Promise.all([cluster.kill(2), cluster.kill(3)]);
  await alice.login('alice', 'secret a');
  const alone = await alice.send('bob', 'the last one left');
  assert.equal(alone.storedOn.copies, 1);
  const first = await cluster.client(t, 1);
  await first.createAccount('carol', 'secret of the first');
  await cluster.kill(1);

  await Promise.all([cluster.start(2), cluster.start(3)]);
  const second = await cluster.client(t, 2, 3);
  await second.createAccount('carol', 'secret of the second');
  await second.login('carol', 'secret of the second');
  const told = new Promise<{ readonly name: string; readonly formerName: string }>((resolve) => {
    second.on('nameChanged', resolve);
  });
  await bob.login('bob', 'secret b');
  // Until what was sent to the last one left is old.
  const newer = async (): Promise<Date> => (await second.send('bob', 'newer')).sentAt;
  while ((await newer()).getTime() - alone.sentAt.getTime() <= limits.lateAfterMs);

  await cluster.start(1);
  for await (const { text, late } of bob.messages()) {
    assert.equal(late, text === 'the last one left', text);
    if (late) break;
  }
  const { name, formerName } = await told;
  assert.equal(formerName, 'carol');
  assert.match(name, /^carol~[0-9a-z]{4}$/);
  const again = await cluster.client(t);
  await second.logoff();
  assert.equal((await again.login('carol', 'secret of the second')).formerName, 'carol');

  for (const { merges } of await cluster.converged()) {
    // Whom server 1 meets first may pass everything on to the other.
    const fromLast = merges.filter(({ peer }) => peer === 1);
    assert.ok(fromLast.some(({ lateMessages }) => lateMessages === 1));
    assert.ok(fromLast.some(({ displaced }) => displaced === 1));
  }
  const reader = await cluster.client(t);
  await bob.logoff();
  await reader.login('bob', 'secret b');
  const { messages } = await reader.history('alice');
  assert.deepEqual(
    messages.map(({ text, late }) => [text, late]),
    [['the last one left', true]],
  );
});
