import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { limits } from './limits.js';
import { faultOfTerm, parseSearch, type CivilTime, type SearchTerm, type SearchWish } from './search-query.js';
import { wordsOf } from './words.js';

/** Minutes since the year 2000, of months of 31 days, so that tests depend on no calendar. */
function timeOf({ year, month, day, hour, minute, isUtc }: CivilTime): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23) return undefined;
  return (((year - 2000) * 12 + month - 1) * 31 + day - 1) * 1440 + hour * 60 + minute + (isUtc ? 0 : 0.5);
}

const nothing: SearchWish = { terms: [], from: undefined, with: undefined, afterMs: undefined, beforeMs: undefined };
const term = (text: string, more: Partial<SearchTerm> = {}): SearchTerm => ({
  text,
  prefix: false,
  excluded: false,
  ...more,
});

test('words, phrases, beginnings and what must not occur', () => {
  const parsed = parseSearch(
    '  lunch "see you"  meet* -monday -"next week" "how are yo"* http://x.org/ re:invent ',
    timeOf,
  );
  const terms = [
    term('lunch'),
    term('see you'),
    term('meet', { prefix: true }),
    term('monday', { excluded: true }),
    term('next week', { excluded: true }),
    term('how are yo', { prefix: true }),
    term('http://x.org/'),
    term('re:invent'),
  ];
  assert.deepEqual(parsed, { ...nothing, terms });
});

test('who and when', () => {
  assert.deepEqual(parseSearch('from:Bob with:"carla~3k" hi', timeOf), {
    ...nothing,
    from: 'Bob',
    with: 'carla~3k',
    terms: [term('hi')],
  });
  assert.deepEqual(parseSearch('FROM:bob', timeOf), { ...nothing, from: 'bob' });
  const times = parseSearch('after:2026-11-01 before:"2026-11-02 18:30"', timeOf);
  const [afterMs, beforeMs] = ['2026-11-01', '2026-11-02'].map((_, index) => (26 * 12 + 10) * 31 * 1440 + index * 1440);
  assert.deepEqual(times, { ...nothing, afterMs: afterMs! + 0.5, beforeMs: beforeMs! + 18 * 60 + 30 + 0.5 });
  const utc = parseSearch('after:2026-11-01T00:00:00.000Z', timeOf);
  assert.deepEqual(utc, { ...nothing, afterMs });
});

test('a star adds nothing to a character that is a word alone', () => {
  const cases: [string, string][] = [
    ['中文*', '中文'],
    ['"日本"*', '日本'],
    ['👍👍*', '👍👍'],
    ['🇩🇪*', '🇩🇪'],
  ];
  for (const [query, text] of cases) {
    assert.deepEqual(
      parseSearch(query, timeOf),
      { ...nothing, terms: [{ text, prefix: false, excluded: false }] },
      query,
    );
  }
  assert.deepEqual(parseSearch('中文ab*', timeOf), {
    ...nothing,
    terms: [{ text: '中文ab', prefix: true, excluded: false }],
  });
});

test('a time of day is a word where it can mean nothing else', () => {
  const termsOf = (query: string) => {
    const parsed = parseSearch(query, timeOf);
    return 'fault' in parsed ? parsed.fault : parsed.terms.map(({ text }) => text);
  };
  assert.deepEqual(termsOf('meet 22:00'), ['meet', '22:00']);
  assert.deepEqual(termsOf('after:2026-11-26 "22:00"'), ['22:00']);
  assert.deepEqual(termsOf('after:2026-11-26 lunch 22:00'), ['lunch', '22:00']);
  assert.deepEqual(termsOf('after:"2026-11-26 10:00" 22:00'), ['22:00']);
  assert.deepEqual(termsOf('from:bob 22:00'), ['22:00']);
});

test('what is wrong is said', () => {
  const cases: [string, RegExp][] = [
    ['', /nothing to search for/],
    ['   ', /nothing to search for/],
    ['hello "world', /quotation mark is missing/],
    ['say"hi"', /has a space before and behind/],
    ['""', /"" has no letter/],
    ['hello -', /"-" has no letter/],
    ['!!!', /"!!!" has no letter or digit/],
    ['a*', /before "\*" stand at least 2/],
    ['é*', /before "\*" stand at least 2/],
    ['中a*', /before "\*" stand at least 2/],
    ['he*lo', /only at the end/],
    ['from:', /from: is followed by a name/],
    ['with:""', /with: is followed by a name/],
    ['from:bo*', /from: is followed by a name/],
    ['-from:bob', /only words and phrases can be left out/],
    ['from:bob from:carla', /from: is given more than once/],
    ['before:yesterday', /before:"yesterday" is no date: write 2026-11-01/],
    ['after:2026-13-01', /is no date/],
    [
      'after:2026-11-26 22:00 there',
      /^"22:00": date and time stand in quotation marks: after:"2026-11-26 22:00"\. To find the word, write "22:00"\.$/,
    ],
    ['BEFORE:"2026-11-26" 9:05:30Z', /quotation marks: before:"2026-11-26 09:05:30Z"\. /],
    ['after:2026-11-02 before:2026-11-01', /before: has to be later/],
    ['x'.repeat(limits.searchCharactersMax + 1), /at most 1024 characters; this one has 1025/],
    ['x '.repeat(limits.searchTermsMax + 1), /at most 32 words and phrases; this one has 33/],
  ];
  const early = parseSearch('after:1969-07-20', () => -1e9);
  assert.equal('fault' in early ? early.fault : early.afterMs, 1, 'a date is a date, however early');
  for (const [query, expected] of cases) {
    const parsed = parseSearch(query, timeOf);
    assert.ok('fault' in parsed, query);
    assert.match(parsed.fault, expected);
  }
});

const anyWord = fc.stringMatching(/^[a-zà-öø-ÿ0-9]{2,8}$/u);
const anyTerm = fc.record(
  {
    text: fc.array(anyWord, { minLength: 1, maxLength: 3 }).map((words) => words.join(' ')),
    prefix: fc.boolean(),
    excluded: fc.boolean(),
  },
  { noNullPrototype: true },
);

test('what is written down is read as it was meant', () => {
  fc.assert(
    fc.property(fc.array(anyTerm, { minLength: 1, maxLength: 8 }), fc.option(anyWord), (terms, from) => {
      const parts = terms.map(({ text, prefix, excluded }) => `${excluded ? '-' : ''}"${text}"${prefix ? '*' : ''}`);
      if (from !== null) parts.splice(1, 0, `from:${from}`);
      assert.deepEqual(parseSearch(parts.join('  '), timeOf), { ...nothing, terms, from: from ?? undefined });
    }),
  );
});

test('whatever is typed, it is understood or it is said why not', () => {
  const anyQuery = fc.array(
    fc.constantFrom('a', 'wo', '"', '-', '*', ':', 'from:', 'before:', ' ', '2026-11-01', 'é', '日'),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'grapheme' }),
        anyQuery.map((parts) => parts.join('')),
      ),
      (query) => {
        const parsed = parseSearch(query, timeOf);
        if ('fault' in parsed) {
          assert.ok(parsed.fault.endsWith('.') || parsed.fault.endsWith(':.'), parsed.fault);
          return;
        }
        for (const each of parsed.terms) {
          assert.equal(faultOfTerm(each), undefined);
          assert.ok(wordsOf(each.text).length > 0);
        }
        assert.ok(parsed.terms.length > 0 || query.includes(':'));
      },
    ),
  );
});
