/**
 * What people type to search: words that all have to occur, `"phrases"`, `beginnings*`, `-without`, and who and when:
 * `from:name`, `with:name`, `before:2026-11-01`, `after:"2026-11-01 18:30"`. A word with a colon that is none of these four is
 * a word. This is the only place where such text is read; what comes out of it is plain data.
 */
import { limits } from './limits.js';
import { endsInWordAlone, wordsOf } from './words.js';

/** One word or phrase. */
export interface SearchTerm {
  /** As it was typed. It has at least one word. */
  readonly text: string;
  /** Its last word is only the beginning of one. */
  readonly prefix: boolean;
  /** It must not occur. */
  readonly excluded: boolean;
}

export interface SearchWish {
  readonly terms: readonly SearchTerm[];
  /** Names as they were typed; undefined where none was. */
  readonly from: string | undefined;
  readonly with: string | undefined;
  /** Messages of this moment or later, in milliseconds since 1970; undefined where any will do. */
  readonly afterMs: number | undefined;
  /** Messages earlier than this. */
  readonly beforeMs: number | undefined;
}

/** What is wrong with it: a sentence for who typed it. */
export interface SearchFault {
  readonly fault: string;
}

/** A date and time as it was typed. */
export interface CivilTime {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  /** It is in UTC, not in the time of where it was typed. */
  readonly isUtc: boolean;
}

/** Milliseconds since 1970; undefined where there is no such day or time. */
export type TimeReader = (time: CivilTime) => number | undefined;

const keys = ['from', 'with', 'before', 'after'] as const;
type Key = (typeof keys)[number];

/** A part of a query: what stands before a quoted or plain text, that text, and what stands behind it. */
interface Part {
  readonly shown: string;
  readonly excluded: boolean;
  readonly key: Key | undefined;
  readonly value: string;
  readonly prefix: boolean;
}

const part = /(-?)(?:(from|with|before|after):)?(?:"([^"]*)"|([^\s"]+))(\*?)(?=\s|$)/iuy;
const dayText = /^\d{4}-\d{2}-\d{2}$/u;
const clockText = /^\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z?$/iu;
const dateText = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?)?(Z?)$/iu;

export function parseSearch(query: string, timeOf: TimeReader): SearchWish | SearchFault {
  if (query.length > limits.searchCharactersMax) {
    return { fault: `A search has at most ${limits.searchCharactersMax} characters; this one has ${query.length}.` };
  }
  const parts = split(query);
  if ('fault' in parts) return parts;
  const terms: SearchTerm[] = [];
  const valueByKey = new Map<Key, string>();
  for (const [index, { shown, excluded, key, value, prefix }] of parts.entries()) {
    if (key === undefined) {
      // A star adds nothing to a character that is a word alone.
      const term = { text: value, prefix: prefix && !endsInWordAlone(value), excluded };
      const fault = faultOfClock(shown, parts[index - 1]) ?? faultOfTerm(term, shown);
      if (fault !== undefined) return { fault };
      terms.push(term);
    } else if (excluded) return { fault: `${named(shown)}: only words and phrases can be left out with "-".` };
    else if (value === '' || prefix) return { fault: `${named(shown)}: ${key}: is followed by ${expected[key]}.` };
    else if (valueByKey.has(key)) return { fault: `${key}: is given more than once.` };
    else valueByKey.set(key, value);
  }
  if (terms.length > limits.searchTermsMax) {
    return { fault: `A search has at most ${limits.searchTermsMax} words and phrases; this one has ${terms.length}.` };
  }
  return withTimes(terms, valueByKey, timeOf);
}

const expected: Readonly<Record<Key, string>> = {
  from: 'a name',
  with: 'a name',
  before: 'a date',
  after: 'a date',
};

/** Why nothing can be searched by the term; undefined where it can. `shown`: how to name it. */
export function faultOfTerm({ text, prefix }: SearchTerm, shown: string = text): string | undefined {
  const last = wordsOf(text).at(-1);
  if (last === undefined) return `${named(shown)} has no letter or digit to search for.`;
  if (text.includes('*')) return `${named(shown)}: "*" stands only at the end of a word or phrase.`;
  const isShort = prefix && Array.from(last).length < limits.searchPrefixCharactersMin;
  return isShort
    ? `${named(shown)}: before "*" stand at least ${limits.searchPrefixCharactersMin} letters or digits.`
    : undefined;
}

/** Why a bare time of day behind a date is not taken for a word to search for: who types it means that time. */
function faultOfClock(shown: string, previous: Part | undefined): string | undefined {
  const isOfDate = (previous?.key === 'before' || previous?.key === 'after') && dayText.test(previous.value);
  if (!isOfDate || !clockText.test(shown)) return undefined;
  const whole = `${previous.key}:"${previous.value} ${/^\d:/u.test(shown) ? '0' : ''}${shown}"`;
  return `${named(shown)}: date and time stand in quotation marks: ${whole}. To find the word, write "${shown}".`;
}

function split(query: string): Part[] | SearchFault {
  const parts: Part[] = [];
  const blank = /\s*/uy;
  for (let at = 0; ;) {
    blank.lastIndex = at;
    at += blank.exec(query)![0].length;
    if (at === query.length) break;
    part.lastIndex = at;
    const match = part.exec(query);
    if (match === null) return { fault: whyNoPart(query.slice(at)) };
    parts.push(toPart(match));
    at += match[0].length;
  }
  return parts.length === 0 ? { fault: 'There is nothing to search for.' } : parts;
}

function toPart([shown, dash, keyText, quoted, plain, star]: RegExpExecArray): Part {
  const excluded = dash === '-';
  const [, bareKey] = quoted === undefined ? (/^(from|with|before|after):$/iu.exec(plain!) ?? []) : [];
  const key = (keyText ?? bareKey)?.toLowerCase() as Key | undefined;
  if (bareKey !== undefined) return { shown, excluded, key, value: '', prefix: false };
  if (quoted !== undefined) return { shown, excluded, key, value: quoted, prefix: star === '*' };
  // Without quotation marks the star is the end of what was taken for the word.
  const prefix = plain!.endsWith('*');
  return { shown, excluded, key, value: prefix ? plain!.slice(0, -1) : plain!, prefix };
}

/** In quotation marks, if it has none of its own. */
function named(shown: string): string {
  return shown.includes('"') ? shown : `"${shown}"`;
}

/** Of a text that does not begin with a part: it has a quote that does not end, or in the midst of a word. */
function whyNoPart(rest: string): string {
  const quotes = rest.split('"').length - 1;
  if (quotes % 2 === 1) return 'A quotation mark is missing: a phrase stands between two of them.';
  const [word] = rest.split(/\s/u);
  return `${named(word!)}: a phrase in quotation marks has a space before and behind it.`;
}

function withTimes(
  terms: readonly SearchTerm[],
  valueByKey: ReadonlyMap<Key, string>,
  timeOf: TimeReader,
): SearchWish | SearchFault {
  const times: { before?: number; after?: number } = {};
  for (const key of ['before', 'after'] as const) {
    const text = valueByKey.get(key);
    if (text === undefined) continue;
    const ms = readTime(text, timeOf);
    if (ms === undefined) {
      return { fault: `${key}:"${text}" is no date: write 2026-11-01, or "2026-11-01 18:30" in quotation marks.` };
    }
    times[key] = ms;
  }
  const { before: beforeMs, after: afterMs } = times;
  if (beforeMs !== undefined && afterMs !== undefined && beforeMs <= afterMs) {
    return { fault: 'The date of before: has to be later than that of after:.' };
  }
  return { terms, from: valueByKey.get('from'), with: valueByKey.get('with'), afterMs, beforeMs };
}

function readTime(text: string, timeOf: TimeReader): number | undefined {
  const match = dateText.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((digits) => Number(digits ?? 0));
  const ms = timeOf({
    year: year!,
    month: month!,
    day: day!,
    hour: hour!,
    minute: minute!,
    second: second!,
    millisecond: Number((match[7] ?? '').padEnd(3, '0')),
    isUtc: match[8] !== '',
  });
  // 0 stands for no time, on the wire, and no message is as old as that.
  return ms === undefined ? undefined : Math.max(1, ms);
}
