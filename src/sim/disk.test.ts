import assert from 'node:assert/strict';
import { test } from 'node:test';

import { describeDisk } from '../core/ports/disk.contract.js';
import type { DiskSpace, WriteResult } from '../core/ports/disk.js';
import { MemoryDisk } from './disk.js';

describeDisk('the disk in memory', () => {
  const disk = new MemoryDisk(setImmediate);
  return { disk, reopen: () => disk.copy() };
});

test('the disk in memory takes what fits and says when it is full', async () => {
  const disk = new MemoryDisk(setImmediate);
  disk.fill(6);
  const result = (begin: (done: (result: WriteResult) => void) => void) => new Promise<WriteResult>(begin);
  await result((done) => disk.create('a.log', new Uint8Array(2), done));
  assert.deepEqual(await result((done) => disk.append('a.log', [new Uint8Array(5)], done)), { state: 'full' });
  assert.equal(disk.size('a.log'), 6);
  assert.deepEqual(await result((done) => disk.create('b.log', new Uint8Array(1), done)), { state: 'full' });
  assert.deepEqual(disk.list(), ['a.log']);
  const space = await new Promise<DiskSpace | undefined>((resolve) => disk.space(resolve));
  assert.equal(space?.freeBytes, 0);
  disk.makeRoom();
  assert.deepEqual(await result((done) => disk.create('b.log', new Uint8Array(1), done)), { state: 'written' });
});

test('a crash of the disk in memory keeps what was confirmed and tears what was not', async () => {
  const results = new Set<string>();
  for (let round = 0; round < 80; round += 1) {
    const disk = new MemoryDisk(setImmediate);
    await new Promise((resolve) => disk.create('a.log', new Uint8Array(2).fill(1), resolve));
    disk.append('a.log', [new Uint8Array(2).fill(2)], () => assert.fail('nothing is told after a crash'));
    let draws = round;
    const after = disk.crash((below) => {
      const draw = draws % below;
      draws = Math.floor(draws / below);
      return draw;
    });
    results.add(after.readNow('a.log', 0, 9).join(''));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual([...results].sort(), ['11', '110', '1100', '112', '1122']);
});
