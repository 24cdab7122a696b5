import { test } from 'node:test';

import { HostedGroup, hostOf } from './hosted-group.js';

const [one, two, three] = [hostOf(1), hostOf(2), hostOf(3)];
const SILENT = 'A server is silent.';
const LINKED = 'Linked to a server.';

test('all hosts lost to each other, and healed', async (t) => {
  const group = await HostedGroup.start(t);
  if (group === undefined) return;
  await group.begin();
  const { network } = group;
  const pairs = [
    [one, two],
    [one, three],
    [two, three],
  ] as const;
  await group.reports(1, SILENT, async () => {
    await Promise.all(pairs.map(([left, right]) => network.cut(left, right)));
  });
  await group.more(300);
  await group.reports(3, LINKED, async () => {
    await Promise.all(pairs.map(([left, right]) => network.heal(left, right)));
  });
  await group.more(100);
  await group.finish();
});

test('a host whose cable is pulled, and plugged in again', async (t) => {
  const group = await HostedGroup.start(t);
  if (group === undefined) return;
  await group.begin();
  for (const id of [2, 1]) {
    const other = id === 1 ? 3 : 1;
    await group.reports(other, SILENT, () => group.network.unplug(hostOf(id)));
    await group.settled();
    await group.reports(other, LINKED, () => group.network.plugIn(hostOf(id)));
    await group.more(100);
  }
  await group.finish();
});

test('what one host sends to another is lost, and what comes back is not', async (t) => {
  const group = await HostedGroup.start(t);
  if (group === undefined) return;
  await group.begin();
  for (const [from, to, deaf] of [
    [one, two, 2],
    [three, one, 1],
  ] as const) {
    await group.reports(deaf, SILENT, () => group.network.drop(from, to));
    await group.settled();
    await group.reports(deaf, LINKED, () => group.network.restore(from, to));
    await group.more(100);
  }
  await group.finish();
});

test('two hosts lost to each other while both reach the third, over which everything arrives', async (t) => {
  const group = await HostedGroup.start(t);
  if (group === undefined) return;
  await group.begin();
  await group.reports(1, SILENT, () => group.network.cut(one, two));
  await group.settled();
  await group.more(100);
  await group.settled();
  await group.reports(1, LINKED, () => group.network.heal(one, two));
  await group.more(100);
  await group.finish();
});

test('a host that hangs, and goes on', async (t) => {
  const group = await HostedGroup.start(t);
  if (group === undefined) return;
  await group.begin();
  for (const id of [1, 2, 3]) {
    const other = (id % 3) + 1;
    await group.reports(other, SILENT, () => group.process(id).freeze());
    await group.settled();
    await group.reports(other, LINKED, () => group.process(id).thaw());
  }
  await group.more(100);
  await group.finish();
});

test('every server killed and started again, over and over', async (t) => {
  const group = await HostedGroup.start(t);
  if (group === undefined) return;
  await group.begin();
  for (const id of [1, 2, 3, 1, 2, 3]) {
    await group.kill(id);
    await group.more(50);
    await group.startServer(id);
  }
  await group.finish();
});
