/** The library as the package gives it, on real servers. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { WebSocket } from 'ws';

import { connect as connectBrowser } from '#src/library/browser.js';
import { connect, type SavedSession } from '#src/library/node.js';

import { Cluster } from './cluster.js';

const root = new URL('../../../', import.meta.url);
const example = new URL('docs/examples/first-conversation.mjs', root);

test('the example of the guide is twenty lines at most, and does what it says', async (t) => {
  const { configPath } = await Cluster.start(t);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [fileURLToPath(example), configPath]);
  assert.equal(stderr, '');
  assert.equal(stdout, 'Stored on 3 of 3 servers.\nann: Are you there?\n');
  const source = await readFile(example, 'utf8');
  assert.ok(source.trimEnd().split('\n').length <= 20);
  const guide = await readFile(new URL('docs/library.md', root), 'utf8');
  assert.ok(guide.includes(source), 'the guide shows the example as it is');
});

test('[C51] a session goes on in another process, on another server, at its place', async (t) => {
  const cluster = await Cluster.start(t);
  const [ann, ben] = await Promise.all([connect(cluster.configPath), connect(cluster.configPath)]);
  await ann.createAccount('ann', 'secret');
  await ben.createAccount('ben', 'secret');
  await ann.login('ann', 'secret');
  await ben.login('ben', 'secret');
  for (const text of ['one', 'two', 'three']) await ann.send('ben', text);
  for await (const { text } of ben.messages()) if (text === 'one') break;
  await ben.send('ann', 'before');
  const saved = JSON.parse(JSON.stringify(ben.session)) as SavedSession;
  const { server } = ben;
  await ben.close();
  await cluster.kill(server!.id);

  const again = await connect(cluster.configPath);
  await again.resume(saved);
  const texts: string[] = [];
  for await (const { text } of again.messages({ follow: false })) texts.push(text);
  assert.deepEqual(texts, ['two', 'three']);
  await again.send('ann', 'after');
  const { messages } = await ann.history('ben');
  assert.deepEqual(
    messages.map(({ text }) => text),
    ['after', 'before', 'three', 'two', 'one'],
  );
  await Promise.all([ann.close(), again.close()]);
});

test('the form for browsers talks to the same servers over WebSocket, and goes on when one dies', async (t) => {
  Object.assign(globalThis, { WebSocket });
  const cluster = await Cluster.start(t);
  const { config } = cluster;
  const [ann, ben] = await Promise.all([connectBrowser(config), connect(config)]);
  await ann.createAccount('ann', 'secret');
  await ben.createAccount('ben', 'secret');
  await ann.login('ann', 'secret');
  await ben.login('ben', 'secret');
  await ann.send('ben', 'one');
  const received = ann.messages();
  await ben.send('ann', 'eins');
  assert.equal((await received.next()).value?.text, 'eins');
  await cluster.kill(ann.server!.id);
  const sending = ann.send('ben', 'two');
  await ben.send('ann', 'zwei');
  assert.equal((await received.next()).value?.text, 'zwei');
  assert.equal((await sending).storedOn.members, 3);
  const texts: string[] = [];
  for await (const { text } of ben.messages({ follow: false })) texts.push(text);
  assert.deepEqual(texts, ['one', 'two']);
  await Promise.all([ann.close(), ben.close()]);
});
