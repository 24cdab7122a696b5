import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import fc from 'fast-check';
import Libsql from 'libsql';

import { formatDot } from '../../core/model/ids.js';
import { offsetOf, positionOf, segmentFileName, segmentOf, type Position } from '../../core/model/position.js';
import { Vector } from '../../core/model/vector.js';
import { MemoryView } from '../../sim/view.js';
import {
  arbitraryConversation,
  arbitraryMessage,
  arbitraryName,
  ask,
  commit,
  dotsOf,
  draft,
  draftsFrom,
  keyOfConversation,
  placeMessages,
  readStream,
  streamKey,
  type ViewFixture,
} from '../../core/wire/view-drafts.testing.js';
import { viewContract } from '../../core/wire/view.contract.js';
import type { View, ViewQuery } from '../../core/ports/view.js';
import type { ViewReport } from './view-messages.js';
import { isDiskFull } from './disk-full.js';
import { openView, type OpenedView } from './view.js';

const LOG_ID = 4711;
const RECORDS_PER_SEGMENT = 3;

/** A directory with a log of small segments, and the view beside it. */
class Fixture implements ViewFixture {
  readonly directory = mkdtempSync(join(tmpdir(), 'holdfast-view-'));
  readonly reports: ViewReport[] = [];
  readonly failures: Error[] = [];
  opened!: OpenedView;
  #records = 0;

  static async open(): Promise<Fixture> {
    const fixture = new Fixture();
    await fixture.start();
    if (fixture.opened.snapshot === undefined) fixture.opened.view.reset(LOG_ID);
    return fixture;
  }

  get view() {
    return this.opened.view;
  }

  async start(): Promise<OpenedView> {
    this.opened = await openView({
      directory: this.directory,
      logDirectory: this.directory,
      onFailure: (error) => this.failures.push(error),
      onReport: (report) => this.reports.push(report),
    });
    return this.opened;
  }

  append(record: Uint8Array): Position {
    const segment = Math.floor(this.#records / RECORDS_PER_SEGMENT) + 1;
    this.#records += 1;
    const file = join(this.directory, segmentFileName(segment));
    const before = existsSync(file) ? readFileSync(file) : Buffer.alloc(100);
    writeFileSync(file, Buffer.concat([before, record]));
    return positionOf(segment, before.length);
  }

  damage(position: Position): void {
    const file = join(this.directory, segmentFileName(segmentOf(position)));
    const bytes = readFileSync(file);
    bytes[offsetOf(position) + 44]! ^= 1;
    writeFileSync(file, bytes);
  }

  async reopen(): Promise<OpenedView> {
    await this.view.close();
    return this.start();
  }

  async close(): Promise<void> {
    await this.view.close();
    rmSync(this.directory, { recursive: true });
  }
}

const ignore = () => undefined;

async function openFixture(context: TestContext): Promise<Fixture> {
  const fixture = await Fixture.open();
  context.after(() => fixture.close());
  return fixture;
}

viewContract('view in SQLite', () => Fixture.open());

test('the snapshot says of which log it is, and a reset view belongs to another and is empty', async (context) => {
  const fixture = await openFixture(context);
  const messages = placeMessages(fixture, [draft({ origin: 5, seq: 1 })]);
  const entities = [{ kind: 1, key: 'a', value: Uint8Array.of(1) }];
  await commit(fixture.view, { appliedTo: 900, messages, entities, removedStreams: ['ben'] });
  const { view, snapshot } = await fixture.reopen();
  assert.deepEqual([snapshot?.logId, snapshot?.appliedTo], [LOG_ID, 900]);

  view.reset(4712);
  assert.deepEqual(await readStream(view, 'anna', [9]), []);
  await commit(view, { appliedTo: 7, messages });
  assert.deepEqual((await readStream(view, 'ben', [9])).map(formatDot), ['5-1']);
  const again = await fixture.reopen();
  assert.deepEqual([again.snapshot?.logId, again.snapshot?.appliedTo, again.snapshot?.entities], [4712, 7, []]);
  assert.deepEqual(fixture.reports, []);
});

test('closing finishes what was committed and answers what was asked', async (context) => {
  const fixture = await openFixture(context);
  const heard: string[] = [];
  for (let index = 1; index <= 50; index += 1) {
    fixture.view.commit(
      {
        appliedTo: index,
        entities: [],
        removedStreams: [],
        names: [{ name: `n${index}`, visible: true }],
        moved: [],
      },
      () => heard.push('committed'),
    );
  }
  assert.equal(fixture.view.underWay, 50);
  fixture.view.query({ kind: 'names', pattern: '', after: '', limit: 1 }, () => heard.push('answered'));
  await fixture.view.close();
  assert.deepEqual([heard.length, heard.at(-1), fixture.view.underWay], [51, 'answered', 0]);
  const { view, snapshot } = await fixture.start();
  assert.equal(snapshot?.appliedTo, 50);
  const names = await ask(view, { kind: 'names', pattern: '', after: '', limit: 100 });
  assert.ok('names' in names && names.names.length === 50);
  assert.deepEqual(fixture.failures, []);
});

for (const [what, spoil] of [
  ['is no database', (file: string) => writeFileSync(file, 'no database '.repeat(1000))],
  ['is cut short', (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 5000))],
  [
    'has another version',
    // The user version, at byte 60 of a SQLite file.
    (file: string) => {
      const bytes = readFileSync(file);
      bytes.writeUInt32BE(999, 60);
      writeFileSync(file, bytes);
    },
  ],
  [
    'does not say how far it is made',
    (file: string) => {
      const database = new Libsql(file);
      database.exec('UPDATE indexed SET state = substr(state, 2)');
      database.close();
    },
  ],
  [
    'has another value than was saved',
    (file: string) => {
      const database = new Libsql(file);
      database.exec("UPDATE entity SET value = x'02'");
      database.close();
    },
  ],
] as const) {
  test(`a database that ${what} is made anew, and the report says so`, async (context) => {
    const fixture = await openFixture(context);
    const entities = [{ kind: 1, key: 'a', value: Uint8Array.of(1) }];
    await commit(fixture.view, { appliedTo: 5, names: [{ name: 'anna', visible: true }], entities });
    await fixture.view.close();
    spoil(join(fixture.directory, 'view.db'));
    const { view, snapshot } = await fixture.start();
    assert.equal(snapshot, undefined);
    assert.deepEqual(
      fixture.reports.map(({ kind }) => kind),
      ['rebuilding'],
    );
    view.reset(LOG_ID);
    await commit(view, { appliedTo: 1 });
    assert.equal((await fixture.reopen()).snapshot?.appliedTo, 1);
    assert.deepEqual(fixture.failures, []);
  });
}

test('a message whose length is not what it was is found again once its record was looked for', async (context) => {
  const fixture = await openFixture(context);
  const [message] = placeMessages(fixture, [draft({ origin: 5, seq: 1 })]);
  await commit(fixture.view, { appliedTo: 5, messages: [message!] });
  await fixture.view.close();
  const database = new Libsql(join(fixture.directory, 'view.db'));
  database.exec('UPDATE message SET length = length + 1');
  database.close();
  const { view } = await fixture.start();
  assert.deepEqual(await readStream(view, 'anna', [9]), []);
  await commit(view, { appliedTo: 5, moved: [message!] });
  assert.deepEqual((await readStream(view, 'anna', [9])).map(formatDot), ['5-1']);
});

test('a long search for names lets what was asked behind it go first', async (context) => {
  const { view } = await openFixture(context);
  const names = Array.from({ length: 5_000 }, (_, index) => ({ name: `name-${index}`, visible: true }));
  await commit(view, { appliedTo: 5, names });
  const heard: string[] = [];
  const find = (pattern: string): Promise<unknown> =>
    ask(view, { kind: 'names', pattern, after: '', limit: 1 }).then(() => heard.push(pattern));
  const read = (): Promise<unknown> => readStream(view, 'anna', []).then(() => heard.push('stream'));
  await Promise.all([find('nobody'), find('noone'), read(), find('^name-1$')]);
  assert.deepEqual(heard, ['stream', 'nobody', 'noone', '^name-1$']);
});

test('damage found while it runs is a failure, and the next start makes the database anew', async (context) => {
  const fixture = await openFixture(context);
  const names = Array.from({ length: 20_000 }, (_, index) => ({ name: `name-${index}`, visible: true }));
  await commit(fixture.view, { appliedTo: 5, names });
  await fixture.view.close();
  const file = join(fixture.directory, 'view.db');
  const bytes = readFileSync(file);
  // Every page but those of the schema and the smallest tables.
  bytes.fill(0x55, 4096 * 16);
  writeFileSync(file, bytes);
  await fixture.start();
  let answered = false;
  fixture.view.query({ kind: 'names', pattern: '', after: '', limit: 20_000 }, () => {
    answered = true;
  });
  await fixture.view.close();
  assert.deepEqual([answered, fixture.failures.length], [false, 1]);
  assert.match(String(fixture.failures[0]), /malformed/);
  // What is to be done about a failure depends on its code, so that leaves the thread with it.
  assert.equal(isDiskFull(fixture.failures[0]), false);
  assert.equal((fixture.failures[0] as NodeJS.ErrnoException).code, 'SQLITE_CORRUPT');
  assert.equal((await fixture.start()).snapshot, undefined);
});

test('a failure of the thread is heard once, nothing more is answered, and what was not in the file is undone', async (context) => {
  const fixture = await openFixture(context);
  const rows = placeMessages(fixture, [draft({ origin: 5, seq: 1 }), draft({ origin: 5, seq: 2 })]);
  await commit(fixture.view, { appliedTo: 5, messages: rows.slice(0, 1) });
  const { view } = await fixture.reopen();
  const heard: string[] = [];
  const readOn = { position: 900, passedOver: [] };
  const nothing = { entities: [], removedStreams: [], names: [], moved: [] };
  view.commit({ ...nothing, appliedTo: 6 }, () => heard.push('6'));
  view.index({ position: rows[1]!.position, bytes: rows[1]!.record }, readOn, () => heard.push('indexed'));
  // A batch from before the last one is a mistake of the caller, found in the thread.
  view.commit({ ...nothing, appliedTo: 4 }, () => heard.push('4'));
  view.query({ kind: 'names', pattern: '', after: '', limit: 1 }, () => heard.push('answer'));
  await view.close();
  view.commit({ ...nothing, appliedTo: 7 }, () => heard.push('7'));
  assert.deepEqual(heard, ['6', 'indexed']);
  assert.deepEqual(fixture.failures.map(String), ['AssertionFailed: batches are applied in the order of the log']);

  const again = await fixture.start();
  assert.equal(again.snapshot?.appliedTo, 5);
  assert.deepEqual((await readStream(again.view, 'anna', [9])).map(formatDot), ['5-1']);
});

test('a database that another has open is refused, and left alone', async (context) => {
  const fixture = await openFixture(context);
  await commit(fixture.view, { appliedTo: 5 });
  const other = { directory: fixture.directory, logDirectory: fixture.directory };
  await assert.rejects(openView({ ...other, onFailure: ignore, onReport: ignore }), /locked/);
  assert.equal((await fixture.reopen()).snapshot?.appliedTo, 5);
});

test('nobody else may read its files, also where others may look into the directory or they were readable before', async (context) => {
  const fixture = await openFixture(context);
  chmodSync(fixture.directory, 0o755);
  const files = ['view.db', 'view.db-wal'].map((name) => join(fixture.directory, name));
  const modes = (): string[] => files.map((file) => (statSync(file).mode & 0o777).toString(8));
  await commit(fixture.view, { appliedTo: 900, entities: [{ kind: 1, key: 'a', value: Uint8Array.of(1) }] });
  assert.deepEqual(modes(), ['600', '600']);
  chmodSync(files[0]!, 0o644);
  await fixture.reopen();
  assert.deepEqual(modes(), ['600', '600']);
});

test('a directory that is not there is refused', async () => {
  const directory = join(tmpdir(), 'holdfast-view-that-is-not-there');
  await assert.rejects(openView({ directory, logDirectory: directory, onFailure: ignore, onReport: ignore }));
});

test('a record left out is told of, with the place where it should be', async (context) => {
  const fixture = await openFixture(context);
  const [first, second] = placeMessages(fixture, [draft({ origin: 5, seq: 1 }), draft({ origin: 5, seq: 2 })]);
  const [third] = placeMessages(fixture, [draft({ origin: 5, seq: 3 })]);
  const nowhere = { ...third!, position: positionOf(77, 0) };
  await commit(fixture.view, { messages: [first!, second!, third!] });
  await commit(fixture.view, { moved: [nowhere] });
  fixture.damage(first!.position);
  const page = await ask(fixture.view, { kind: 'stream', stream: streamKey('anna'), after: new Vector(), limit: 9 });
  assert.deepEqual(dotsOf(page.records).map(formatDot), ['5-2']);
  assert.deepEqual(page.unreadable, [
    { origin: 5, seq: 1, position: first!.position },
    { origin: 5, seq: 3, position: nowhere.position },
  ]);
});

test('more segments than may be open at once are read all the same', async (context) => {
  const fixture = await openFixture(context);
  const drafts = Array.from({ length: 70 }, (_, index) => draft({ origin: 5, seq: index + 1 }));
  await commit(fixture.view, { messages: placeMessages(fixture, drafts) });
  for (let round = 0; round < 2; round += 1) {
    assert.equal((await readStream(fixture.view, 'anna', [100])).length, 70);
  }
});

const arbitraryAfter = fc
  .array(fc.record({ origin: fc.constantFrom(3, 5, Number.MAX_SAFE_INTEGER), seq: fc.integer({ min: 1, max: 9 }) }))
  .map((entries) => new Vector(entries));
const arbitraryLimit = fc.integer({ min: 0, max: 9 });

const arbitraryQuery: fc.Arbitrary<ViewQuery> = fc.oneof(
  fc.record({
    kind: fc.constant('stream' as const),
    stream: arbitraryName.map(streamKey),
    after: arbitraryAfter,
    limit: arbitraryLimit,
  }),
  fc.record({ kind: fc.constant('waiting' as const), stream: arbitraryName.map(streamKey), after: arbitraryAfter }),
  fc.record({
    kind: fc.constant('history' as const),
    conversation: arbitraryConversation.map(keyOfConversation),
    before: fc.option(
      fc.record({
        origin: fc.constantFrom(3, 5, Number.MAX_SAFE_INTEGER),
        seq: fc.integer({ min: 1, max: 9 }),
        time: fc.integer({ min: 1_000, max: 1_030 }),
      }),
      { nil: undefined },
    ),
    limit: arbitraryLimit,
  }),
  fc.record({
    kind: fc.constant('sent' as const),
    conversation: arbitraryConversation.map(keyOfConversation),
    client: fc.constantFrom('c1', 'c2'),
    counter: fc.integer({ min: 1, max: 12 }),
  }),
  fc.record({
    kind: fc.constant('names' as const),
    pattern: fc.constantFrom('', 'a', '^b', 'a$', '('),
    after: fc.constantFrom('', 'anna', 'zz'),
    limit: arbitraryLimit,
  }),
);

const arbitraryNames = fc.array(
  fc.record({ name: fc.constantFrom('anna', 'ben', 'carla', 'anton'), visible: fc.boolean() }),
  { maxLength: 3 },
);

const arbitraryStep = fc.record({
  messages: fc.integer({ min: 0, max: 60 }),
  removedStreams: fc.array(arbitraryName, { maxLength: 1 }).map((found) => (found[0] === 'carla' ? found : [])),
  names: arbitraryNames,
  queries: fc.array(arbitraryQuery, { minLength: 1, maxLength: 6 }),
  reopen: fc.boolean(),
});

/** The answer with its records as dots, so that a difference can be read. */
async function answerOf(view: View, query: ViewQuery): Promise<unknown> {
  const answer = await ask(view, query);
  if ('records' in answer) return { ...answer, records: dotsOf(answer.records) };
  return 'record' in answer && answer.record !== undefined ? dotsOf([answer.record]) : answer;
}

test('every query answers as the view in memory does, after any batches', async () => {
  const shapes = fc.array(arbitraryMessage, { minLength: 5, maxLength: 150 });
  await fc.assert(
    fc.asyncProperty(shapes, fc.array(arbitraryStep, { maxLength: 5 }), async (shapes, steps) => {
      const fixture = await Fixture.open();
      const recordsByPosition = new Map<Position, Uint8Array>();
      const memory = new MemoryView({
        schedule: queueMicrotask,
        readLog: (position) => recordsByPosition.get(position),
      });
      const both = {
        append(record: Uint8Array) {
          const position = fixture.append(record);
          recordsByPosition.set(position, record);
          return position;
        },
      };
      const rows = placeMessages(both, draftsFrom(shapes));
      try {
        let at = 0;
        for (const [index, step] of steps.entries()) {
          const batch = {
            appliedTo: index + 1,
            messages: rows.slice(at, at + step.messages),
            removedStreams: step.removedStreams,
            names: step.names,
          };
          at += step.messages;
          await Promise.all([commit(fixture.view, batch), commit(memory, batch)]);
          if (step.reopen) await fixture.reopen();
          for (const query of step.queries) {
            assert.deepEqual(await answerOf(fixture.view, query), await answerOf(memory, query), query.kind);
          }
        }
      } finally {
        await fixture.close();
      }
    }),
    { numRuns: 25 },
  );
});
