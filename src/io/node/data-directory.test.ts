import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

import { DataDirectory, type Owner } from './data-directory.js';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'holdfast-data-'));
after(() => fs.rmSync(root, { recursive: true }));

const owner: Owner = { group: 'club', server: 2 };

let directories = 0;
function newPath(): string {
  directories += 1;
  return path.join(root, `made/when/missing-${directories}`);
}

function opened(directory: string): DataDirectory {
  const opening = DataDirectory.open(directory, owner);
  assert.equal(opening.state, 'open');
  return opening.directory;
}

function whyUnusable(directory: string): string {
  const opening = DataDirectory.open(directory, owner);
  assert.equal(opening.state, 'unusable');
  return opening.reason;
}

test('[S19] a directory that is open is refused to another', () => {
  const place = newPath();
  const first = opened(place);
  assert.deepEqual(DataDirectory.open(place, owner), { state: 'inUse' });
  first.release();
  opened(place).release();
});

test('[S20] a directory stays that of its first owner', () => {
  const place = newPath();
  opened(place).release();
  assert.deepEqual(JSON.parse(fs.readFileSync(path.join(place, 'server.json'), 'utf8')), owner);
  opened(place).release();
  for (const other of [
    { group: 'club', server: 3 },
    { group: 'other', server: 2 },
  ]) {
    assert.deepEqual(DataDirectory.open(place, other), { state: 'ofAnother', owner });
  }
  opened(place).release();
});

test('[S20] a directory that names no owner is taken, and what a crash left of the name is no hindrance', () => {
  const place = newPath();
  fs.mkdirSync(path.join(place, 'log'), { recursive: true });
  fs.writeFileSync(path.join(place, 'server.json.unfinished'), '{"gr');
  opened(place).release();
  assert.equal(DataDirectory.open(place, { ...owner, server: 1 }).state, 'ofAnother');
});

test('[S20] an owner that cannot be read is not guessed', () => {
  for (const text of ['', 'null', '{}', '{"group":"club"}', '{"group":1,"server":2}']) {
    const place = newPath();
    fs.mkdirSync(place, { recursive: true });
    const file = path.join(place, 'server.json');
    fs.writeFileSync(file, text);
    assert.deepEqual(DataDirectory.open(place, owner), { state: 'ownerUnreadable', file }, text);
  }
});

test('[S21] a directory that was removed or replaced is no longer in place', async () => {
  const place = newPath();
  const directory = opened(place);
  assert.equal(await directory.isInPlace(), true);
  fs.rmSync(place, { recursive: true });
  assert.equal(await directory.isInPlace(), false);
  const second = opened(place);
  assert.deepEqual([await directory.isInPlace(), await second.isInPlace()], [false, true]);
  directory.release();
  second.release();
});

test('where nothing can be kept the reason is told', () => {
  const file = path.join(root, 'file');
  fs.writeFileSync(file, '');
  assert.equal(whyUnusable(file), 'is a file');
  assert.equal(whyUnusable(path.join(file, 'a', 'b')), `leads through a file, ${file}`);
  assert.equal(whyUnusable(path.join(root, 'a'.repeat(300))), 'is too long a name for this file system');
  fs.mkdirSync(path.join(root, 'locked', 'server.lock'), { recursive: true });
  assert.match(whyUnusable(path.join(root, 'locked')), /^cannot be used: /);
});

test('a file system that takes no directories is refused', { skip: !fs.existsSync('/proc/self') && 'no /proc' }, () => {
  assert.match(whyUnusable('/proc/holdfast/data'), /^cannot be made: |^may not be written by this user$/);
});

test(
  'a directory that may not be written is refused',
  { skip: process.getuid?.() === 0 && 'the superuser may write anywhere' },
  () => {
    const place = newPath();
    fs.mkdirSync(place, { recursive: true, mode: 0o500 });
    assert.equal(whyUnusable(place), 'may not be written by this user');
  },
);
