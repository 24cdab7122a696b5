/**
 * Texts of made-up words that are as frequent as those of a language (Zipf): the nth word is 1/n as frequent as
 * the first.
 */
import type { SeededRandom } from '#src/sim/seeded-random.js';

/** How long texts are where nothing else is said. */
const TEXT_BYTES = 200;
const WORDS = 5_000;
const CONSONANTS = 'bdfghklmnprstvz'.split('');
const VOWELS = 'aeiou'.split('');

/** They are ASCII. */
export function makeTexts(count: number, random: SeededRandom, bytes = TEXT_BYTES): string[] {
  const words = Array.from({ length: WORDS }, () => makeWord(random));
  const upTo: number[] = [];
  let sum = 0;
  for (let rank = 1; rank <= WORDS; rank += 1) upTo.push((sum += 1 / rank));
  const pick = (): string => {
    const at = random.below(2 ** 32) / 2 ** 32;
    return words[upTo.findIndex((end) => end > at * sum)]!;
  };
  return Array.from({ length: count }, () => {
    let text = pick();
    while (text.length < bytes) text += ` ${pick()}`;
    return text.slice(0, bytes);
  });
}

function makeWord(random: SeededRandom): string {
  const syllables = 1 + random.below(4);
  let word = '';
  for (let count = 0; count < syllables; count += 1) {
    word += random.pick(CONSONANTS) + random.pick(VOWELS) + random.pick(['', '', 'n', 'r', 's']);
  }
  return word;
}
