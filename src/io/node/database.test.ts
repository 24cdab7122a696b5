import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import Libsql from 'libsql';

import { guarded, openDatabase, type Database, type DatabaseDesign } from './database.js';

const design: DatabaseDesign = {
  schema: 'CREATE TABLE word (word TEXT NOT NULL); PRAGMA user_version = 3;',
  version: 3,
  pageCacheBytes: 1024 * 1024,
  walBytes: 1024 * 1024,
};

const words = (database: Database) => database.prepare('SELECT word FROM word').raw().all();

/** The file of a database that is closed and holds a word. */
function fileWithWord(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-database-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'some.db');
  const database = new Libsql(file);
  database.exec(`PRAGMA journal_mode = WAL; ${design.schema} INSERT INTO word VALUES ('sound');`);
  database.close();
  return file;
}

test('a database that cannot be opened for something outside it stays as it is', (t) => {
  const file = fileWithWord(t);
  const before = readFileSync(file);
  // In the way of a file of SQLite's own, as when the process has no file descriptor left.
  mkdirSync(`${file}-wal`);
  assert.throws(() => openDatabase(file, design, words), { code: 'SQLITE_CANTOPEN' });
  assert.deepEqual(readFileSync(file), before);
});

test('a database that is read at its opening while there is no room stays as it is', (t) => {
  const file = fileWithWord(t);
  const before = readFileSync(file);
  const fill = (database: Database) => {
    database.pragma('max_page_count = 1');
    database.exec('CREATE TABLE more (word TEXT)');
  };
  assert.throws(() => openDatabase(file, design, fill), { code: 'SQLITE_FULL' });
  assert.deepEqual(readFileSync(file), before);
});

test('a database whose header forbids to write is made anew', (t) => {
  const file = fileWithWord(t);
  const bytes = readFileSync(file);
  // The write version: SQLite takes a database with a higher one than it knows as read-only.
  bytes[18] = 3;
  writeFileSync(file, bytes);
  const { opened, rebuilding } = openDatabase(file, design, words);
  assert.deepEqual(opened, []);
  assert.match(rebuilding ?? '', /readonly/);
});

test('a database that turns out in use not to be what it should be is deleted', (t) => {
  const file = fileWithWord(t);
  const { opened } = openDatabase(file, design, (database) => database);
  opened.exec('DROP TABLE word');
  assert.throws(() => guarded(file, () => words(opened)), { code: 'SQLITE_ERROR', message: /no such table/ });
  assert.equal(existsSync(file), false);
});
