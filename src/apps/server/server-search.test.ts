import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import type { OpenSearch } from '../../core/replica/search-feed.js';
import { anna, askSearch, DraftLog, term } from '../../core/wire/search-drafts.testing.js';
import { ServerSearch } from './server-search.js';

const LOG_ID = 4711;

class Changes {
  readonly seen: (OpenSearch | undefined)[] = [];
  #heard: () => void = () => undefined;

  readonly changed = (search: OpenSearch | undefined): void => {
    this.seen.push(search);
    this.#heard();
  };

  /** The next change that was not asked for yet. */
  async next(): Promise<OpenSearch | undefined> {
    while (this.seen.length === 0) {
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
    return this.seen.shift();
  }

  /** The next port. */
  async opened(): Promise<OpenSearch> {
    return (await this.next()) ?? (await this.opened());
  }
}

async function open(t: TestContext, prepare: (directory: string) => Promise<void>) {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-search-'));
  await prepare(directory);
  const reports: string[] = [];
  const reporter = { report: (level: string, text: string) => reports.push(`${level}: ${text}`) };
  const search = await ServerSearch.open({ dataDirectory: directory, reporter, reopenMs: 1 });
  const changes = new Changes();
  search.whenChanged(changes.changed);
  t.after(async () => {
    await search.close();
    await rm(directory, { recursive: true });
  });
  return { directory, search, changes, reports };
}

const failure = 'error: The search index failed: nothing can be searched here until it is opened again, in 0.001 s.';

test('an index that cannot be opened is tried again until it can', async (t) => {
  // A directory in the place of the file.
  const opened = await open(t, async (directory) => {
    await mkdir(join(directory, 'search.db', 'x'), { recursive: true });
  });
  const { directory, search, changes, reports } = opened;
  assert.equal(search.port, undefined);
  assert.equal(await changes.next(), undefined);
  await rm(join(directory, 'search.db'), { recursive: true });
  assert.notEqual(await changes.opened(), undefined);
  assert.notEqual(search.port, undefined);
  assert.deepEqual([...new Set(reports)], [failure, 'info: The search index is open again.']);
});

test('an index that fails is opened again', async (t) => {
  const { search, changes, reports } = await open(t, () => Promise.resolve());
  const first = search.port!;
  first.reset(LOG_ID);
  const log = new DraftLog();
  const draft = { origin: 5, seq: 1, time: 10, from: anna, to: anna, text: 'a word' };
  await log.index(first.index, log.records([draft]));
  assert.equal((await askSearch(first.index, { terms: [term('word')] })).found.length, 1);
  // To empty an index that is in use is a mistake, and ends its thread.
  first.index.index({ position: 0, bytes: new Uint8Array(0) }, { position: 0, passedOver: [] }, () => undefined);
  first.reset(LOG_ID);
  assert.equal(await changes.next(), undefined);
  const second = await changes.opened();
  second.reset(LOG_ID);
  const again = new DraftLog();
  await again.index(second.index, again.records([draft]));
  assert.equal((await askSearch(second.index, { terms: [term('word')] })).found.length, 1);
  assert.deepEqual([...new Set(reports)], [failure, 'info: The search index is open again.']);
});
