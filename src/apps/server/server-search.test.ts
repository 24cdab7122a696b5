import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import type { OpenSearch } from '../../core/replica/search-feed.js';
import { anna, askSearch, DraftLog, term } from '../../core/wire/search-drafts.testing.js';
import { holdTimers } from '../../io/node/held-timers.testing.js';
import { ServerSearch } from './server-search.js';

const LOG_ID = 4711;
const REOPEN_MS = 12_345;

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

  /** The port, once the index could be opened. The file of one that failed is locked until its thread has come to its end. */
  async reopened(timers: { fire(): void }): Promise<OpenSearch> {
    timers.fire();
    return (await this.next()) ?? (await this.reopened(timers));
  }
}

async function open(t: TestContext, prepare: (directory: string) => Promise<void>) {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-search-'));
  await prepare(directory);
  const timers = holdTimers(t, REOPEN_MS);
  const reports: string[] = [];
  const reporter = { report: (level: string, text: string) => reports.push(`${level}: ${text}`) };
  const search = await ServerSearch.open({ dataDirectory: directory, reporter, reopenMs: REOPEN_MS });
  const changes = new Changes();
  search.whenChanged(changes.changed);
  t.after(async () => {
    await search.close();
    await rm(directory, { recursive: true });
  });
  return { directory, search, changes, reports, timers };
}

const failure = 'error: The search index failed: nothing can be searched here until it is opened again, in 12.345 s.';
const again = 'warning: The search index is open again.';

test('an index that cannot be opened is tried again until it can', async (t) => {
  // A directory in the place of the file.
  const opened = await open(t, async (directory) => {
    await mkdir(join(directory, 'search.db', 'x'), { recursive: true });
  });
  const { directory, search, changes, reports, timers } = opened;
  assert.equal(search.port, undefined);
  timers.fire();
  assert.equal(await changes.next(), undefined);
  await rm(join(directory, 'search.db'), { recursive: true });
  await changes.reopened(timers);
  assert.notEqual(search.port, undefined);
  timers.fire();
  assert.deepEqual(reports, [failure, failure, again]);
});

const draft = { origin: 5, seq: 1, time: 10, from: anna, to: anna, text: 'a word' };

/** Takes a message in and finds it. */
async function use(port: OpenSearch): Promise<void> {
  port.reset(LOG_ID);
  const log = new DraftLog();
  await log.index(port.index, log.records([draft]));
  assert.equal((await askSearch(port.index, { terms: [term('word')] })).found.length, 1);
}

/** To empty an index that is in use is a mistake, and ends its thread. */
function makeFail({ index, reset }: OpenSearch): void {
  index.index({ position: 0, bytes: new Uint8Array(0) }, { position: 0, passedOver: [] }, () => undefined);
  reset(LOG_ID);
}

test('an index that fails is opened again, and said to be open once it has held for as long', async (t) => {
  const { search, changes, reports, timers } = await open(t, () => Promise.resolve());
  let port = search.port!;
  for (let failures = 1; failures <= 2; failures += 1) {
    await use(port);
    makeFail(port);
    assert.equal(await changes.next(), undefined);
    port = await changes.reopened(timers);
  }
  await use(port);
  assert.deepEqual([...new Set(reports)], [failure]);
  timers.fire();
  assert.deepEqual([...new Set(reports)], [failure, again]);
});
