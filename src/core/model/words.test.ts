import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { endsInWordAlone, indexedText, wordsOf } from './words.js';

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
    ['STRAẞE straße', 'strasse strasse'],
    ['葛\u{e0100}城 ᠠ\u180bᠨ', '葛 城 ᠠᠨ'],
    ['foo\u180ebar foo\u{e0020}bar', 'foobar foobar'],
    ['🇩🇪🇫🇷 ok🇩🇪 🇩🇪🇫', '🇩🇪 🇫🇷 ok 🇩🇪 🇩🇪 🇫'],
    ['1\ufe0f\u20e3 #\ufe0f\u20e3 x\u20d7', '1 x'],
    ['محـــمد مُحَمَّد س\u0610 رَحۡمَٰن', 'محمد محمد س رحمن'],
    ['no\u1dc4 no\u1ab0 no\ufe20 и\u0483 и\ua66f', 'no no no и и'],
    // The iota subscript is a diacritic, though its capital is a letter.
    ['τῷ τω ΤΩΙ', 'τω τω τωι'],
    // Marks of other scripts are letters.
    ['नमस्ते தமிழ் বাংলা', 'नमस्ते தமிழ் বাংলা'],
    ['ガ カ\u3099 ｶﾞ カ', 'ガ ガ ガ カ'],
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

test('every character is the same word in its other forms, and when what is indexed is indexed again', () => {
  // It is a diacritic that becomes a letter.
  const hasIotaSubscript = /\u0345/u;
  for (let code = 0x80; code <= 0x10ffff; code += 1) {
    const character = String.fromCodePoint(code);
    if (!/[\p{L}\p{M}\p{N}\p{S}\p{Cf}]/u.test(character)) continue;
    const text = `${character} a${character}b`;
    const indexed = indexedText(text);
    const name = `U+${code.toString(16)}`;
    if (indexedText(indexed) !== indexed) assert.fail(`${name} is another word when indexed again`);
    if (hasIotaSubscript.test(character.normalize('NFD'))) continue;
    for (const form of [text.toUpperCase(), text.toLowerCase(), text.normalize('NFD'), text.normalize('NFKC')]) {
      if (form !== text && wordsOf(form).join(' ') !== wordsOf(text).join(' ')) assert.fail(`${name} is not ${form}`);
    }
  }
});

test('what is indexed stays as it is when it is indexed again', () => {
  const anyCharacter = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    // Hangul in syllables and in parts, flags in halves, emoji with what modifies and joins them.
    fc.constantFrom(
      '한',
      '\u1112',
      '\u1161',
      '\u11ab',
      '🇩',
      '🇪',
      '👍',
      '🏽',
      '\u200d',
      '\ufe0f',
      '中',
      'é',
      '\u0301',
      'ẞ',
    ),
  );
  fc.assert(
    fc.property(fc.array(anyCharacter, { maxLength: 12 }), (characters) => {
      const indexed = indexedText(characters.join(''));
      assert.equal(indexedText(indexed), indexed);
    }),
  );
});

test('a text ends in a word alone where its last word is a character that always is one', () => {
  for (const text of ['中', '中文', 'ab中!', '👍🏽', '🇩🇪', 'ไทย', 'か\u3099']) assert.ok(endsInWordAlone(text), text);
  for (const text of ['', '!', 'a', '中a', '서', 'é', '1\ufe0f\u20e3']) assert.ok(!endsInWordAlone(text), text);
});

test('any text at all has words or has none', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      for (const word of wordsOf(text)) assert.ok(word.length > 0 && !/[\s"*]/u.test(word));
    }),
  );
});
