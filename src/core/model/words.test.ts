import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { indexedText, wordsOf } from './words.js';

test('words are letters and digits, in whatever case and with whatever diacritics', () => {
  const cases: [string, string][] = [
    ['Hello, world!', 'hello world'],
    ["  don't e-mail bob@example.org  ", 'don t e mail bob example org'],
    ['Käse KÄSE kase ka\u0308se', 'kase kase kase kase'],
    ['Straße STRASSE', 'strasse strasse'],
    ['ΟΔΟΣ οδός', 'οδοσ οδοσ'],
    ['Ёлка елка', 'елка елка'],
    ['İstanbul istanbul', 'istanbul istanbul'],
    ['ﬁne … “quoted” – 3½', 'fine quoted 31 2'],
    ['snake_case 2026-11-01', 'snake case 2026 11 01'],
    ['日本語 and 東京', '日 本 語 and 東 京'],
    ['서울 \u1109\u1165\u110b\u116e\u11af', '서울 서울'],
    ['ok👍🏽👍', 'ok 👍 👍'],
    ['auto\u00admobile \ufeffauto\u2060mobile\u200f', 'automobile automobile'],
    ['می\u200cخواهم 👨\u200d👧', 'میخواهم 👨 👧'],
    ['one\u200btwo', 'one two'],
    ['...', ''],
    ['a\u0000b', 'a b'],
  ];
  for (const [text, words] of cases) assert.equal(wordsOf(text).join(' '), words, text);
});

test('the text that is indexed has the same words, and they are made of nothing that stands between words', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
      const words = wordsOf(text);
      assert.deepEqual(wordsOf(indexedText(text)), words);
      assert.deepEqual(wordsOf(words.join(' ')), words);
      for (const word of words) assert.match(word, /^[a-z0-9\u0080-\u{10ffff}]+$/u);
      assert.deepEqual(wordsOf(text.toLowerCase()), words);
    }),
  );
});

test('any text at all has words or has none', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      for (const word of wordsOf(text)) assert.ok(word.length > 0 && !/[\s"*]/u.test(word));
    }),
  );
});
