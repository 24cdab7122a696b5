/**
 * What a word is to the search. Words are letters, digits and what belongs to them; all else stands between words. Case and
 * diacritics make no difference. Of a script that puts no spaces between words, and of emoji, each character is a word, so
 * that what is looked for is found inside a longer run, as a phrase.
 */

/** Control characters are left to the long way. */
const plain = /^[ -~\t\r\n]*$/;
/** Of Latin, Greek, Cyrillic, Hebrew and Arabic letters. Marks of other scripts are letters, as the vowels of Devanagari are. */
const diacritics = [
  String.raw`\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f`,
  String.raw`\u0483-\u0489\u2de0-\u2dff\ua66f-\ua672\ua674-\ua67d\ua69e\ua69f`,
  String.raw`\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\ufb1e`,
  String.raw`\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0898-\u089f\u08ca-\u08e1\u08e3-\u08ff`,
].join('');
/** What chooses between forms of a character, and the stroke that draws an Arabic word out. */
const forms = String.raw`\u0640\u180b-\u180f\ufe00-\ufe0f\u{e0100}-\u{e01ef}`;
/** Where a word may be broken, or which way it is written (Unicode's UAX 29 does not break at these either). */
const unseen = String.raw`\u00ad\u061c\u200c-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\u{e0000}-\u{e007f}`;
/** Listed, not asked of Unicode by property, so that they are the same in every version of Node. */
const ignored = new RegExp(`[${diacritics}${forms}${unseen}]`, 'gu');
const between = /[^\p{L}\p{M}\p{N}\p{Extended_Pictographic}\p{Regional_Indicator}]+/gu;
/** Two regional indicators are a flag. */
const alone =
  /\p{Regional_Indicator}{1,2}|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Extended_Pictographic}]/gu;

/**
 * The text in a form of which a plain tokenizer makes the words: they are made of ASCII letters, in either case, ASCII
 * digits and whatever is not ASCII; all other ASCII stands between them. Most texts are so already. Given what it gave, it
 * gives the same.
 */
export function indexedText(text: string): string {
  if (plain.test(text)) return text;
  return (
    text
      .normalize('NFKD')
      .replace(ignored, '')
      // In upper case ß is SS, and what differs only in case is the same; the capital ẞ is SS only by way of ß.
      .toLowerCase()
      .toUpperCase()
      .toLowerCase()
      .replaceAll('ς', 'σ')
      .normalize('NFD')
      .replace(ignored, '')
      .normalize('NFC')
      .replace(alone, ' $& ')
      .replace(between, ' ')
  );
}

/** The words of a text in order, in the one form that is the same however they were written. */
export function wordsOf(text: string): string[] {
  return (
    indexedText(text)
      .toLowerCase()
      .match(/[a-z0-9\u0080-\u{10ffff}]+/gu) ?? []
  );
}

/** The last word of the text is a character that always is a word by itself, so it is not the beginning of another. */
export function endsInWordAlone(text: string): boolean {
  return wordsOf(text).at(-1)?.search(alone) === 0;
}
