import assert from 'node:assert/strict';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { HostedGroup, hostOf } from './hosted-group.js';

const [one, two, three] = [hostOf(1), hostOf(2), hostOf(3)];
const SILENT = 'A server is silent.';
const LINKED = 'Linked to a server.';

/** What a server reports of this other one. */
function of(report: string, id: number): string {
  return `${report} server=${id}`;
}

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
    await group.reports(other, of(SILENT, id), () => group.network.unplug(hostOf(id)));
    await group.settled();
    await group.reports(other, of(LINKED, id), () => group.network.plugIn(hostOf(id)));
    await group.more(100);
  }
  await group.finish();
});

test('what one host sends to another is lost, and what comes back is not', async (t) => {
  const group = await HostedGroup.start(t);
  if (group === undefined) return;
  await group.begin();
  for (const [mute, deaf] of [
    [1, 2],
    [3, 1],
  ] as const) {
    const [from, to] = [hostOf(mute), hostOf(deaf)];
    await group.reports(deaf, of(SILENT, mute), () => group.network.drop(from, to));
    await group.settled();
    await group.reports(deaf, of(LINKED, mute), () => group.network.restore(from, to));
    await group.more(100);
  }
  await group.finish();
});

test('two hosts lost to each other while both reach the third, over which everything arrives', async (t) => {
  const group = await HostedGroup.start(t);
  if (group === undefined) return;
  await group.begin();
  await group.reports(1, of(SILENT, 2), () => group.network.cut(one, two));
  await group.settled();
  await group.more(100);
  await group.settled();
  await group.reports(1, of(LINKED, 2), () => group.network.heal(one, two));
  await group.more(100);
  await group.finish();
});

test('a host that hangs, and goes on', async (t) => {
  const group = await HostedGroup.start(t);
  if (group === undefined) return;
  await group.begin();
  for (const id of [1, 2, 3]) {
    const other = (id % 3) + 1;
    await group.reports(other, of(SILENT, id), () => group.process(id).freeze());
    await group.settled();
    await group.reports(other, of(LINKED, id), () => group.process(id).thaw());
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

test('a name and a session that two hosts give away at the same time, and while they are lost to each other', async (t) => {
  const group = await HostedGroup.start(t);
  if (group === undefined) return;
  await group.begin();
  const contests = ['linked', 'apart', 'after'];
  for (const contest of contests) await group.prepareContest(contest);
  assert.deepEqual(await group.compete('linked', [1, 2]), { created: 1, loggedIn: 1 });
  await group.reports(1, SILENT, async () => {
    await Promise.all([group.network.cut(one, two), group.network.cut(one, three)]);
  });
  // Both sides serve, so both give it away.
  assert.deepEqual(await group.compete('apart', [1, 2]), { created: 2, loggedIn: 2 });
  await group.reports(1, LINKED, async () => {
    await Promise.all([group.network.heal(one, two), group.network.heal(one, three)]);
  });
  assert.deepEqual(await group.judge('linked'), { listed: [['linked'], ['linked'], ['linked']], sessions: 1 });
  const { listed, sessions } = await group.judge('apart');
  assert.equal(sessions, 1);
  assert.equal(listed[0]!.length, 2);
  assert.equal(listed[0]!.filter((name) => name === 'apart').length, 1);
  assert.deepEqual(listed, [listed[0], listed[0], listed[0]]);
  assert.deepEqual(await group.compete('after', [3, 1]), { created: 1, loggedIn: 1 });
  await group.finish();
});

test('[R57] with two copies required, a name and a session on both sides of a cut are given away once', async (t) => {
  const group = await HostedGroup.start(t, { minCopies: 2 });
  if (group === undefined) return;
  await group.begin();
  await group.prepareContest('apart');
  await group.reports(1, SILENT, async () => {
    await Promise.all([group.network.cut(one, two), group.network.cut(one, three)]);
  });
  // Whoever asks the host that is alone has to wait, and everyone else goes on.
  const contest = group.compete('apart', [1, 2]);
  await group.more(300);
  await group.reports(1, LINKED, async () => {
    await Promise.all([group.network.heal(one, two), group.network.heal(one, three)]);
  });
  assert.deepEqual(await contest, { created: 1, loggedIn: 1 });
  assert.deepEqual(await group.judge('apart'), { listed: [['apart'], ['apart'], ['apart']], sessions: 1 });
  await group.finish();
});

test('a file system that fills up under one server, and has room again', async (t) => {
  const group = await HostedGroup.start(t);
  if (group === undefined) return;
  const disk = group.dataDirectory(2);
  const trouble = await group.mountSmallDisk(2);
  if (trouble !== undefined) {
    t.skip(trouble);
    return;
  }
  await group.begin();
  const filler = join(disk, 'filler');
  await group.reports(2, 'The disk is full', async () => {
    const { bavail, bsize } = await statfs(disk);
    await writeFile(filler, Buffer.alloc((bavail - 512) * bsize));
  });
  await group.settled();
  await group.more(200);
  await group.settled();
  await group.reports(2, 'The disk has room again.', () => rm(filler));
  await group.more(100);
  await group.finish();
});

test('a file system without any room, at once', async (t) => {
  const group = await HostedGroup.start(t);
  if (group === undefined) return;
  const trouble = await group.mountSmallDisk(3);
  if (trouble !== undefined) {
    t.skip(trouble);
    return;
  }
  await group.begin();
  const disk = group.dataDirectory(3);
  const filler = join(disk, 'filler');
  // More than all of it, since a server may give room back at this moment.
  const { blocks, bsize } = await statfs(disk);
  await assert.rejects(writeFile(filler, Buffer.alloc((blocks + 1) * bsize)), { code: 'ENOSPC' });
  await group.settled();
  await group.more(200);
  await group.settled();
  const server = group.process(3);
  await rm(filler);
  // One that happened to look just before the last room went has only stopped storing.
  if (server.hasEnded) {
    assert.equal((await server.ended).exitCode, 6, server.stderr);
    assert.match(
      server.stderr,
      /The disk is full, and a write to .* did not fit\. Make room and start the server again/,
    );
    await group.startServer(3);
  } else assert.match(server.stderr, /The disk is full: nothing more is stored\./);
  await group.more(100);
  await group.finish();
});
