import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import Libsql from 'libsql';

import { limits } from '../../core/model/limits.js';
import { anna, askSearch, ben, DraftLog, term, type SearchFixture } from '../../core/wire/search-drafts.testing.js';
import { searchContract } from '../../core/wire/search.contract.js';
import { openSearch, type OpenedSearch } from './search.js';

const LOG_ID = 4711;

class Fixture implements SearchFixture {
  readonly directory = mkdtempSync(join(tmpdir(), 'holdfast-search-'));
  readonly failures: Error[] = [];
  opened!: OpenedSearch;

  static async open(): Promise<Fixture> {
    const fixture = new Fixture();
    await fixture.start();
    return fixture;
  }

  get search() {
    return this.opened.search;
  }

  get file() {
    return join(this.directory, 'search.db');
  }

  async start(): Promise<OpenedSearch> {
    this.opened = await openSearch({ directory: this.directory, onFailure: (error) => this.failures.push(error) });
    if (this.opened.start === undefined) this.opened.search.reset(LOG_ID);
    return this.opened;
  }

  async reopen() {
    await this.search.close();
    const { search, start } = await this.start();
    if (start === undefined) return { search, indexed: undefined };
    const { logId, ...indexed } = start;
    assert.equal(logId, LOG_ID);
    return { search, indexed };
  }

  async close(): Promise<void> {
    await this.search.close();
    rmSync(this.directory, { recursive: true });
    assert.deepEqual(this.failures, []);
  }
}

searchContract('search in a database', () => Fixture.open());

test('an index over several parts and blocks gives what a plain list gives', async (t) => {
  const fixture = await Fixture.open();
  t.after(() => fixture.close());
  const log = new DraftLog();
  const count = limits.searchBlockMessages * 3 + 10;
  // The last third is as early as the first.
  const time = (seq: number) => (seq > (count * 2) / 3 ? seq - count / 2 : seq);
  for (let seq = 1; seq <= count;) {
    const drafts = Array.from({ length: Math.min(100, count - seq + 1) }, (_, index) => seq + index).map((each) => ({
      origin: 5,
      seq: each,
      time: time(each),
      from: anna,
      to: ben,
      text: each % 2 === 0 ? 'even' : 'odd',
    }));
    seq += drafts.length;
    await log.index(fixture.search, log.records(drafts));
  }
  const expected = Array.from({ length: count }, (_, index) => index + 1)
    .filter((seq) => seq % 2 === 0)
    .sort((a, b) => time(b) - time(a) || b - a);
  const found: number[] = [];
  let before;
  for (let more = true; more;) {
    const page = await askSearch(fixture.search, { terms: [term('even')], before, limit: 33 });
    found.push(...page.found.map(({ seq }) => seq));
    before = page.found.at(-1);
    ({ more } = page);
  }
  assert.deepEqual(found, expected);
});

test('searches asked while chunks are taken in are all answered, in order', async (t) => {
  const fixture = await Fixture.open();
  t.after(() => fixture.close());
  const log = new DraftLog();
  const draft = (seq: number) => ({ origin: 5, seq, time: seq, from: anna, to: ben, text: `word${seq} all` });
  const records = log.records(Array.from({ length: 2_000 }, (_, index) => draft(index + 1)));
  const indexed = [0, 1, 2, 3].map((part) => log.index(fixture.search, records.slice(part * 500, part * 500 + 500)));
  const early = Array.from({ length: 20 }, () => askSearch(fixture.search, { terms: [term('all')] }));
  for (const answer of await Promise.all(early)) assert.ok(answer.found.length <= 100);
  await Promise.all(indexed);
  const late = await Promise.all(
    Array.from({ length: 50 }, (_, index) => askSearch(fixture.search, { terms: [term(`word${index + 1}`)] })),
  );
  assert.deepEqual(
    late.map(({ found }) => found.map(({ seq }) => seq)),
    Array.from({ length: 50 }, (_, index) => [index + 1]),
  );
});

test('an index that cannot be read or is of another version is built anew, and says why', async (t) => {
  const fixture = await Fixture.open();
  t.after(() => fixture.close());
  const log = new DraftLog();
  const draft = { origin: 5, seq: 1, time: 1, from: anna, to: ben, text: 'x' };
  await log.index(fixture.search, log.records([draft]));
  await fixture.search.close();
  const bytes = readFileSync(fixture.file);
  writeFileSync(fixture.file, new Uint8Array(8_192).fill(7));
  const damaged = await fixture.start();
  assert.equal(damaged.start, undefined);
  assert.match(damaged.rebuilding!, /not a database/);
  await damaged.search.close();
  // Where SQLite keeps `user_version`.
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(60, 9);
  rmSync(`${fixture.file}-wal`, { force: true });
  writeFileSync(fixture.file, bytes);
  const other = await fixture.start();
  assert.match(other.rebuilding!, /another version/);
  assert.equal((await askSearch(other.search, {})).found.length, 0);
});

for (const [what, sql, reason] of [
  ['lacks the part of its last message', 'INSERT INTO place VALUES (1000000, 1, 1, 1)', /no such table/],
  ['has a part in a form that is not known', "UPDATE part_0_config SET v = 0 WHERE k = 'version'", /invalid fts5/],
  [
    'does not say how far it is made',
    'UPDATE reached SET progress = substr(progress, 2)',
    /^How far the log was read is not/,
  ],
] as const) {
  test(`an index that ${what} is built anew, and says why`, async (t) => {
    const fixture = await Fixture.open();
    t.after(() => fixture.close());
    const records = new DraftLog().records([{ origin: 5, seq: 1, time: 1, from: anna, to: ben, text: 'word' }]);
    await new DraftLog().index(fixture.search, records);
    await fixture.search.close();
    const database = new Libsql(fixture.file);
    database.exec(sql);
    database.close();
    const { start, rebuilding } = await fixture.start();
    assert.equal(start, undefined);
    assert.match(rebuilding!, reason);
    await new DraftLog().index(fixture.search, records);
    assert.equal((await askSearch(fixture.search, { terms: [term('word')] })).found.length, 1);
    assert.equal((await fixture.reopen()).indexed?.heads.length, 1);
  });
}

test('an index that cannot be opened for something outside it is found as it was once that is over', async (t) => {
  const fixture = await Fixture.open();
  t.after(() => fixture.close());
  const records = new DraftLog().records([{ origin: 5, seq: 1, time: 1, from: anna, to: ben, text: 'word' }]);
  await new DraftLog().index(fixture.search, records);
  await fixture.search.close();
  // In the way of a file of SQLite's own, as when the process has no file descriptor left.
  mkdirSync(`${fixture.file}-wal`);
  await assert.rejects(fixture.start(), { code: 'SQLITE_CANTOPEN' });
  rmdirSync(`${fixture.file}-wal`);
  assert.equal((await fixture.start()).rebuilding, undefined);
  assert.equal((await askSearch(fixture.search, { terms: [term('word')] })).found.length, 1);
});
