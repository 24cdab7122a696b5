/** What every disk must do. Each implementation runs this suite. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { Disk, DiskSpace, ReadResult, WriteResult } from './disk.js';

export interface DiskUnderTest {
  readonly disk: Disk;
  /** The same files through another instance, as after a restart. */
  readonly reopen: () => Disk;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const create = (disk: Disk, file: string, text: string): Promise<WriteResult> =>
  new Promise((resolve) => disk.create(file, bytesOf(text), resolve));
const append = (disk: Disk, file: string, ...texts: string[]): Promise<WriteResult> =>
  new Promise((resolve) => disk.append(file, texts.map(bytesOf), resolve));
const overwrite = (disk: Disk, file: string, offset: number, text: string): Promise<WriteResult> =>
  new Promise((resolve) => disk.overwrite(file, offset, bytesOf(text), resolve));
const read = (disk: Disk, file: string, offset: number, length: number): Promise<ReadResult> =>
  new Promise((resolve) => disk.read(file, offset, length, resolve));

const written: WriteResult = { state: 'written' };

export function describeDisk(name: string, make: () => DiskUnderTest): void {
  describe(name, () => {
    test('a new disk has no files, and files are listed in order', async () => {
      const { disk } = make();
      assert.deepEqual(disk.list(), []);
      assert.deepEqual(await create(disk, 'b.log', '2'), written);
      assert.deepEqual(await create(disk, 'a.log', '1'), written);
      assert.deepEqual(disk.list(), ['a.log', 'b.log']);
    });

    test('a created file has its bytes, also after a restart', async () => {
      const { disk, reopen } = make();
      await create(disk, 'a.log', 'first');
      for (const seen of [disk, reopen()]) {
        assert.equal(seen.size('a.log'), 5);
        assert.equal(textOf(seen.readNow('a.log', 0, 100)), 'first');
      }
    });

    test('creating a file again replaces it as a whole', async () => {
      const { disk } = make();
      await create(disk, 'a.log', 'a long first version');
      assert.deepEqual(await read(disk, 'a.log', 0, 100), { state: 'read', bytes: bytesOf('a long first version') });
      await create(disk, 'a.log', 'second');
      assert.equal(disk.size('a.log'), 6);
      assert.deepEqual(await read(disk, 'a.log', 0, 100), { state: 'read', bytes: bytesOf('second') });
      await append(disk, 'a.log', ' and more');
      assert.equal(textOf(disk.readNow('a.log', 0, 100)), 'second and more');
    });

    test('appends add their chunks at the end, in order', async () => {
      const { disk, reopen } = make();
      await create(disk, 'a.log', '>');
      assert.deepEqual(await append(disk, 'a.log', 'one', '', 'two'), written);
      assert.deepEqual(await append(disk, 'a.log', 'three'), written);
      await create(disk, 'b.log', '>');
      await append(disk, 'b.log', 'other');
      assert.deepEqual(await append(disk, 'a.log', 'four'), written);
      assert.equal(textOf(reopen().readNow('a.log', 0, 100)), '>onetwothreefour');
      assert.equal(textOf(reopen().readNow('b.log', 0, 100)), '>other');
    });

    test('an append may have very many chunks', async () => {
      const { disk } = make();
      await create(disk, 'a.log', '');
      const texts = Array.from({ length: 5000 }, (_, index) => `${index} `);
      assert.deepEqual(await append(disk, 'a.log', ...texts), written);
      assert.equal(textOf(disk.readNow('a.log', 0, 100_000)), texts.join(''));
    });

    test('a file that was cut goes on at the cut', async () => {
      const { disk, reopen } = make();
      await create(disk, 'a.log', 'keep');
      await append(disk, 'a.log', 'lose');
      disk.truncate('a.log', 4);
      assert.equal(disk.size('a.log'), 4);
      await append(disk, 'a.log', '!');
      assert.equal(textOf(reopen().readNow('a.log', 0, 100)), 'keep!');
    });

    test('a read gives fewer bytes only at the end of the file', async () => {
      const { disk } = make();
      await create(disk, 'a.log', '0123456789');
      for (const [offset, length, expected] of [
        [0, 10, '0123456789'],
        [2, 3, '234'],
        [8, 5, '89'],
        [10, 5, ''],
        [12, 5, ''],
      ] as const) {
        assert.equal(textOf(disk.readNow('a.log', offset, length)), expected);
        assert.deepEqual(await read(disk, 'a.log', offset, length), { state: 'read', bytes: bytesOf(expected) });
      }
    });

    test('what is appended can be read once it is done', async () => {
      const { disk } = make();
      await create(disk, 'a.log', '');
      await read(disk, 'a.log', 0, 1);
      await append(disk, 'a.log', 'new');
      assert.deepEqual(await read(disk, 'a.log', 1, 2), { state: 'read', bytes: bytesOf('ew') });
    });

    test('bytes are written over where they stand, and on from the end', async () => {
      const { disk, reopen } = make();
      await create(disk, 'a.log', '0123456789');
      await read(disk, 'a.log', 0, 1);
      assert.deepEqual(await overwrite(disk, 'a.log', 3, 'abc'), written);
      assert.deepEqual(await read(disk, 'a.log', 0, 20), { state: 'read', bytes: bytesOf('012abc6789') });
      assert.deepEqual(await overwrite(disk, 'a.log', 8, 'xyz'), written);
      assert.deepEqual(await append(disk, 'a.log', '!'), written);
      assert.deepEqual(await overwrite(disk, 'a.log', 0, 'A'), written);
      assert.equal(textOf(reopen().readNow('a.log', 0, 20)), 'A12abc67xyz!');
    });

    test('a file that is not there cannot be read, written to or measured', async () => {
      const { disk } = make();
      assert.throws(() => disk.readNow('a.log', 0, 1));
      assert.throws(() => disk.size('a.log'));
      assert.throws(() => disk.truncate('a.log', 0));
      assert.equal((await read(disk, 'a.log', 0, 1)).state, 'failed');
      assert.equal((await append(disk, 'a.log', 'x')).state, 'failed');
      assert.equal((await overwrite(disk, 'a.log', 0, 'x')).state, 'failed');
      assert.deepEqual(disk.list(), []);
    });

    test('the space that is free is a part of all there is', async () => {
      const { disk } = make();
      const space = () => new Promise<DiskSpace | undefined>((resolve) => disk.space(resolve));
      await create(disk, 'a.log', 'a');
      const found = await space();
      assert.ok(found !== undefined && found.freeBytes > 0 && found.freeBytes <= found.totalBytes);
      assert.equal(disk.spaceNow()?.totalBytes, found.totalBytes);
    });

    test('done is never called before the call returns', async () => {
      const { disk } = make();
      let returned = false;
      const check = (resolve: () => void) => () => {
        assert.ok(returned);
        resolve();
      };
      const operations: ((done: () => void) => void)[] = [
        (done) => disk.create('a.log', bytesOf('a'), done),
        (done) => disk.append('a.log', [bytesOf('b')], done),
        (done) => disk.append('a.log', [], done),
        (done) => disk.overwrite('a.log', 0, bytesOf('b'), done),
        (done) => disk.read('a.log', 0, 2, done),
        (done) => disk.read('a.log', 0, 0, done),
        (done) => disk.read('missing.log', 0, 2, done),
        (done) => disk.space(done),
        (done) => disk.append('missing.log', [bytesOf('b')], done),
      ];
      for (const operation of operations) {
        await new Promise<void>((resolve) => {
          returned = false;
          operation(check(resolve));
          returned = true;
        });
      }
    });
  });
}
