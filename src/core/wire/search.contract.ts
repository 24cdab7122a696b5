/** What every implementation of the search port must do; run by the tests of each. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import { formatDot } from '../model/ids.js';
import type { Search, SearchQuery } from '../ports/search.js';
import {
  anna,
  askSearch,
  ben,
  carla,
  checksumOf,
  DraftLog,
  searchOf,
  term,
  type SearchDraft,
  type SearchFixture,
} from './search-drafts.testing.js';

export function searchContract(name: string, open: () => Promise<SearchFixture>): void {
  const withIndex = async (use: (fixture: SearchFixture, log: DraftLog) => Promise<void>) => {
    const fixture = await open();
    try {
      await use(fixture, new DraftLog());
    } finally {
      await fixture.close();
    }
  };
  /** The seqs of what is found. */
  const seqs = async (search: Search, query: Partial<SearchQuery>) =>
    (await askSearch(search, query)).found.map(({ seq }) => seq).join(' ');
  const draft = (seq: number, text: string, more: Partial<SearchDraft> = {}): SearchDraft => ({
    origin: 5,
    seq,
    time: seq * 10,
    from: anna,
    to: ben,
    text,
    ...more,
  });

  describe(`${name}: what is asked`, () => {
    test('a search that was given up is not answered, and those around it are', async () => {
      await withIndex(async ({ search }, log) => {
        await log.index(search, log.records([draft(1, 'good morning')]));
        const first = askSearch(search, { terms: [term('good')] });
        const giveUp = search.query(searchOf({ terms: [term('morning')] }), () => assert.fail('it was given up'));
        giveUp();
        giveUp();
        const last = askSearch(search, { terms: [term('morning')] });
        for (const { found } of await Promise.all([first, last])) assert.equal(found.length, 1);
      });
    });
  });

  describe(`${name}: what is found`, () => {
    test('all words have to occur, in any order, and none that is excluded', async () => {
      await withIndex(async ({ search }, log) => {
        const texts = ['Good morning, world', 'the WORLD is good', 'good night', 'wörld, good ... mornings'];
        await log.index(search, log.records(texts.map((text, index) => draft(index + 1, text))));
        const cases: [string[], string][] = [
          [['good', 'world'], '4 2 1'],
          [['WÖRLD'], '4 2 1'],
          [['good morning'], '1'],
          [['good world'], ''],
          [['morn*'], '4 1'],
          [['good morn*'], '4 1'],
          [['good', '-night', '-is good'], '4 1'],
          [['-world'], '3'],
          [['world, good'], '4'],
          [['nothing'], ''],
          [[], '4 3 2 1'],
        ];
        for (const [typed, found] of cases) {
          assert.equal(await seqs(search, { terms: typed.map(term) }), found, typed.join(' | '));
        }
      });
    });

    test('every kind of character that a text can have', async () => {
      await withIndex(async ({ search }, log) => {
        const texts = [
          '日本語を話す',
          '"quoted" AND (NOT) who:77o1',
          'nul\u0000byte',
          'Ünïcödé Straße 👍🏽',
          '😀'.repeat(2_000),
        ];
        await log.index(search, log.records(texts.map((text, index) => draft(index + 1, text))));
        for (const [typed, found] of [
          ['本語', '1'],
          ['日語', ''],
          ['who', '2'],
          ['AND (NOT', '2'],
          ['byte', '3'],
          ['STRASSE', '4'],
          ['👍', '4'],
          ['unic*', '4'],
          ['😀', '5'],
          ['77o1', '2'],
        ] as const) {
          assert.equal(await seqs(search, { terms: [term(typed)] }), found, typed);
        }
      });
    });

    test('only what the account has a part in', async () => {
      await withIndex(async ({ search }, log) => {
        const drafts = [
          draft(1, 'hello', { from: anna, to: ben }),
          draft(2, 'hello', { from: ben, to: anna }),
          draft(3, 'hello', { from: ben, to: carla }),
          draft(4, 'hello', { from: anna, to: anna }),
          draft(5, 'hello', { from: carla, to: anna }),
        ];
        await log.index(search, log.records(drafts));
        const terms = [term('hello')];
        assert.equal(await seqs(search, { terms }), '5 4 2 1');
        assert.equal(await seqs(search, { terms, account: ben }), '3 2 1');
        assert.equal(await seqs(search, { terms, account: { origin: 77, seq: 33 } }), '');
        assert.equal(await seqs(search, { terms, account: { origin: 78, seq: 1 } }), '');
        assert.equal(await seqs(search, { terms, from: ben }), '2');
        assert.equal(await seqs(search, { from: anna }), '4 1');
        assert.equal(await seqs(search, { with: ben }), '2 1');
        assert.equal(await seqs(search, { with: anna }), '4');
        assert.equal(await seqs(search, { with: ben, from: carla }), '');
        assert.equal(await seqs(search, { terms: [term('77o1')] }), '');
      });
    });
  });

  describe(`${name}: order and time`, () => {
    test('the latest first, by dot where times are equal, in pages that go on before a place', async () => {
      await withIndex(async ({ search }, log) => {
        const drafts = [1, 2, 3].flatMap((seq) =>
          [9, 4, 6].map((origin) => draft(seq, 'x', { origin, seq, time: seq === 3 ? 20 : seq * 10 })),
        );
        // Later ones may come first.
        for (const draftOf of [9, 4, 6]) {
          await log.index(search, log.records(drafts.filter(({ origin }) => origin === draftOf)));
        }
        const found: string[] = [];
        let before: SearchQuery['before'];
        for (;;) {
          const page = await askSearch(search, { before, limit: 2 });
          found.push(...page.found.map(formatDot));
          before = page.found.at(-1);
          if (!page.more) break;
        }
        assert.deepEqual(found, ['9-3', '9-2', '6-3', '6-2', '4-3', '4-2', '9-1', '6-1', '4-1']);
        assert.equal(await seqs(search, { after: 20, before: { time: 20, origin: 6, seq: 3 } }), '2 3 2');
      });
    });

    test('a page is as a plain list says, whatever came in which chunk', async () => {
      const anyDraft = fc.record({
        origin: fc.constantFrom(3, 8),
        time: fc.integer({ min: 1, max: 40 }),
        to: fc.constantFrom(anna, ben),
        text: fc.constantFrom('aa', 'bb', 'aa bb', 'cc'),
        isFirst: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(anyDraft, { maxLength: 30 }),
          fc.nat(40),
          fc.nat(20),
          async (shapes, until, limit) => {
            await withIndex(async ({ search }, log) => {
              const counts = new Map<number, number>();
              const drafts = shapes.map(({ origin, ...shape }) => {
                const seq = (counts.get(origin) ?? 0) + 1;
                counts.set(origin, seq);
                return { ...draft(seq, ''), origin, ...shape };
              });
              const chunks: SearchDraft[][] = [[]];
              for (const each of drafts) {
                if (each.isFirst) chunks.push([]);
                chunks.at(-1)!.push(each);
              }
              for (const chunk of chunks) await log.index(search, log.records(chunk));
              const before = { time: until, origin: 0, seq: 0 };
              const { found, more } = await askSearch(search, { with: ben, terms: [term('aa')], before, limit });
              const expected = drafts
                .filter(({ to, text, time }) => to === ben && text.startsWith('aa') && time < until)
                .sort((a, b) => b.time - a.time || b.origin - a.origin || b.seq - a.seq);
              assert.deepEqual(found.map(formatDot), expected.slice(0, limit).map(formatDot));
              assert.equal(more, expected.length > limit);
            });
          },
        ),
        { numRuns: 6 },
      );
    });
  });

  describe(`${name}: the log`, () => {
    test('a query sees every chunk that is done, and a chunk tells how far each origin is read', async () => {
      await withIndex(async ({ search }, log) => {
        const records = log.records([draft(1, 'one'), draft(2, 'two')]);
        const heads = await log.index(search, records);
        assert.deepEqual(heads, [{ origin: 5, seq: 2, checksum: checksumOf(records[1]!) }]);
        assert.equal(await seqs(search, { terms: [term('two')] }), '2');
      });
    });

    test('what is met again is taken in once, and what stands behind a gap only where it counts', async () => {
      await withIndex(async ({ search }, log) => {
        const [one, two, three] = log.records([draft(1, 'x'), draft(2, 'x'), draft(3, 'x')]);
        await log.index(search, [one!, three!]);
        assert.equal(await seqs(search, {}), '1');
        await log.index(search, [two!, one!, three!]);
        await log.index(search, [three!]);
        assert.equal(await seqs(search, {}), '3 2 1');
      });
    });

    test('what was passed over is taken in once it is met', async () => {
      await withIndex(async (fixture, log) => {
        const [one, two, three] = log.records([draft(1, 'x'), draft(2, 'x'), draft(3, 'x')]);
        await log.index(fixture.search, [one!]);
        fixture.search.passOver([{ origin: 5, seq: 2, checksum: checksumOf(two!) }], log.end);
        await log.index(fixture.search, [three!]);
        assert.equal(await seqs(fixture.search, {}), '3 1');
        const { search } = await fixture.reopen();
        await log.index(search, [two!, one!]);
        await log.index(search, [two!]);
        assert.equal(await seqs(search, {}), '3 2 1');
      });
    });

    test('an index that is opened again is as it was, and says how far it is made', async () => {
      await withIndex(async (fixture, log) => {
        const heads = await log.index(fixture.search, log.records([draft(1, 'kept')]));
        const { search, indexed } = await fixture.reopen();
        assert.deepEqual(indexed, { ...log.end, heads });
        assert.equal(await seqs(search, { terms: [term('kept')] }), '1');
        await log.index(search, log.records([draft(2, 'kept')]));
        assert.equal(await seqs(search, { terms: [term('kept')] }), '2 1');
      });
    });
  });
}
