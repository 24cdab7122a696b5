import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

import { describeDisk } from '../../core/ports/disk.contract.js';
import type { WriteResult } from '../../core/ports/disk.js';
import { chunksAfter, NodeDisk } from './disk.js';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'holdfast-disk-'));
after(() => fs.rmSync(root, { recursive: true }));

let directories = 0;
function newDirectory(): string {
  directories += 1;
  return path.join(root, `made/when/missing-${directories}`);
}

describeDisk('the disk of Node', () => {
  const directory = newDirectory();
  return { disk: new NodeDisk(directory), reopen: () => new NodeDisk(directory) };
});

const append = (disk: NodeDisk, file: string, bytes: Uint8Array): Promise<WriteResult> =>
  new Promise((resolve) => disk.append(file, [bytes], resolve));

test('what a crash left of a file in the making is removed at the next start', () => {
  const directory = newDirectory();
  const disk = new NodeDisk(directory);
  fs.writeFileSync(path.join(directory, 'a.log.unfinished'), 'half');
  assert.deepEqual(disk.list(), []);
  assert.deepEqual(new NodeDisk(directory).list(), []);
  assert.deepEqual(fs.readdirSync(directory), []);
});

test(
  'a full disk is told apart from a broken one',
  { skip: !fs.existsSync('/dev/full') && 'no /dev/full' },
  async () => {
    const directory = newDirectory();
    const disk = new NodeDisk(directory);
    fs.symlinkSync('/dev/full', path.join(directory, 'full.log'));
    assert.deepEqual(await append(disk, 'full.log', new Uint8Array(10)), { state: 'full' });
    fs.mkdirSync(path.join(directory, 'folder.log'));
    assert.equal((await append(disk, 'folder.log', new Uint8Array(10))).state, 'failed');
  },
);

test('a partial write leaves the rest of the chunks to write', () => {
  const chunks = [Uint8Array.of(1, 2), Uint8Array.of(3, 4, 5), Uint8Array.of(6)];
  for (let written = 0; written <= 6; written += 1) {
    const rest = chunksAfter(chunks, written).flatMap((chunk) => [...chunk]);
    assert.deepEqual(rest, [1, 2, 3, 4, 5, 6].slice(written));
  }
});

test('a file for which there is no descriptor is waited for, whatever is done with it', async (t) => {
  const disk = new NodeDisk(newDirectory());
  const shortage = (code: string) => Object.assign(new Error(`${code}: too many open files`), { code });
  /** The next two files cannot be opened. */
  const lack = () => {
    const { openSync } = fs;
    const { open } = fs.promises;
    const codes = ['EMFILE', 'ENFILE'];
    const openNow = t.mock.method(fs, 'openSync', (...args: Parameters<typeof openSync>) => {
      const code = codes.pop();
      if (code !== undefined) throw shortage(code);
      return openSync(...args);
    });
    const openSoon = t.mock.method(fs.promises, 'open', async (...args: Parameters<typeof open>) => {
      const code = codes.pop();
      if (code !== undefined) throw shortage(code);
      return open(...args);
    });
    return () => {
      assert.equal(codes.length, 0, 'there was a shortage');
      openNow.mock.restore();
      openSoon.mock.restore();
    };
  };
  const operations: (() => Promise<unknown>)[] = [
    () => new Promise((resolve) => disk.create('1.log', Uint8Array.of(1), resolve)),
    () => append(disk, '1.log', Uint8Array.of(2)),
    () => new Promise((resolve) => disk.overwrite('1.log', 0, Uint8Array.of(3), resolve)),
  ];
  for (const operation of operations) {
    const end = lack();
    assert.deepEqual(await operation(), { state: 'written' });
    end();
  }
  const end = lack();
  const read = await new Promise((resolve) => disk.read('1.log', 0, 10, resolve));
  end();
  assert.deepEqual(read, { state: 'read', bytes: Uint8Array.of(3, 2) });
  disk.close();
});

test('reading more files than stay open gives each file its own bytes', async () => {
  const disk = new NodeDisk(newDirectory());
  const files = Array.from({ length: 100 }, (_, index) => `${index}.log`);
  for (const [index, file] of files.entries()) {
    await new Promise((resolve) => disk.create(file, Uint8Array.of(index), resolve));
  }
  for (let round = 0; round < 2; round += 1) {
    const results = await Promise.all(files.map((file) => new Promise((resolve) => disk.read(file, 0, 1, resolve))));
    assert.deepEqual(
      results,
      files.map((_, index) => ({ state: 'read', bytes: Uint8Array.of(index) })),
    );
  }
  disk.close();
});

test('[S21] a file that someone else removed is told, and one that was replaced while it was appended to', async () => {
  const directory = newDirectory();
  const disk = new NodeDisk(directory);
  for (const file of ['1.log', '2.log']) await new Promise((resolve) => disk.create(file, new Uint8Array(3), resolve));
  await append(disk, '2.log', new Uint8Array(10));
  assert.equal(await disk.lostFile(), undefined);
  fs.renameSync(path.join(directory, '1.log'), path.join(root, 'elsewhere'));
  assert.equal(await disk.lostFile(), '1.log');
  fs.renameSync(path.join(root, 'elsewhere'), path.join(directory, '1.log'));
  fs.copyFileSync(path.join(directory, '2.log'), path.join(root, 'copy'));
  fs.renameSync(path.join(root, 'copy'), path.join(directory, '2.log'));
  assert.equal(await disk.lostFile(), '2.log');
  const reopened = new NodeDisk(directory);
  assert.equal(await reopened.lostFile(), undefined);
  fs.rmSync(directory, { recursive: true });
  assert.equal(await reopened.lostFile(), '1.log');
  disk.close();
});
