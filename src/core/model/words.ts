/**
 * What a word is to the search. Words are letters, digits and what belongs to them; all else stands between words. Case and
 * diacritics make no difference. Of a script that puts no spaces between words, and of emoji, each character is a word, so
 * that what is looked for is found inside a longer run, as a phrase.
 */

/** Control characters are left to the long way. */
const plain = /^[ -~\t\r\n]*$/;
/**
 * Diacritics of Latin, Greek, Cyrillic, Hebrew and Arabic letters, what chooses between forms of a character, and what is not
 * seen inside a word, such as where it may be broken or which way it is written (Unicode's UAX 29 does not break at these either).
 */
const ignored =
  /[\ufe00-\ufe0f\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670\u00ad\u061c\u200c-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/g;
const between = /[^\p{L}\p{M}\p{N}\p{Extended_Pictographic}]+/gu;
const alone =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Extended_Pictographic}]/gu;

/**
 * The text in a form of which a plain tokenizer makes the words: they are made of ASCII letters, in either case, ASCII
 * digits and whatever is not ASCII; all other ASCII stands between them. Most texts are so already.
 */
export function indexedText(text: string): string {
  if (plain.test(text)) return text;
  return text
    .normalize('NFKD')
    .replace(ignored, '')
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .normalize('NFD')
    .replace(ignored, '')
    .normalize('NFC')
    .replace(between, ' ')
    .replace(alone, ' $& ');
}

/** The words of a text in order, in the one form that is the same however they were written. */
export function wordsOf(text: string): string[] {
  return (
    indexedText(text)
      .toLowerCase()
      .match(/[a-z0-9\u0080-\u{10ffff}]+/gu) ?? []
  );
}
