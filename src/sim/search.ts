/** The search port in memory, as plainly as it can be said: all messages, filtered and sorted. For tests and made worlds. */
import { textOfUtf8 } from '../core/lib/utf8.js';
import { compareInTime } from '../core/model/hybrid-time.js';
import { formatDot, sameDot, type Dot } from '../core/model/ids.js';
import type { LogChunk } from '../core/model/record.js';
import type { SearchTerm } from '../core/model/search-query.js';
import { wordsOf } from '../core/model/words.js';
import { nothingIndexed, type IndexedTo, type LogHead, type ReadTo } from '../core/ports/log-sink.js';
import type { FoundMessage, Search, SearchAnswer, SearchQuery } from '../core/ports/search.js';
import { MessagesInLog, type MessageInLog } from '../core/wire/messages-in-log.js';

interface Row extends FoundMessage {
  readonly sender: Dot;
  readonly parties: readonly Dot[];
  readonly words: readonly string[];
}

type Taken =
  | { readonly kind: 'chunk'; readonly chunk: LogChunk; readonly to: ReadTo }
  | { readonly kind: 'passedOver'; readonly heads: readonly LogHead[]; readonly to: ReadTo };

export class MemorySearch implements Search {
  readonly #schedule: (task: () => void) => void;
  /** All that it was given, in order: a crash may take the end of it. */
  readonly #taken: Taken[] = [];
  readonly #messages = new MessagesInLog([]);
  #to: ReadTo = nothingIndexed;
  readonly #rowByDot = new Map<string, Row>();

  /** `schedule` runs the task later, never at once, and in the order in which tasks came. */
  constructor(schedule: (task: () => void) => void) {
    this.#schedule = schedule;
  }

  /** How far it is made. */
  get indexed(): IndexedTo {
    return { ...this.#to, heads: this.#messages.heads };
  }

  /** The index as a crash leaves it that takes the last `lost` of what it was given. */
  crash(lost: number): MemorySearch {
    const after = new MemorySearch(this.#schedule);
    for (const taken of this.#taken.slice(0, Math.max(0, this.#taken.length - lost))) after.#take(taken);
    return after;
  }

  index({ position, bytes }: LogChunk, to: ReadTo, done: (heads: readonly LogHead[]) => void): void {
    const chunk = { position, bytes: bytes.slice() };
    this.#schedule(() => {
      this.#take({ kind: 'chunk', chunk, to });
      done(this.#messages.heads);
    });
  }

  passOver(heads: readonly LogHead[], to: ReadTo): void {
    this.#schedule(() => this.#take({ kind: 'passedOver', heads, to }));
  }

  query(query: SearchQuery, done: (answer: SearchAnswer) => void): () => void {
    let isGivenUp = false;
    this.#schedule(() => {
      if (!isGivenUp) done(this.#answer(query));
    });
    return () => (isGivenUp = true);
  }

  #take(taken: Taken): void {
    this.#taken.push(taken);
    this.#to = taken.to;
    if (taken.kind === 'passedOver') this.#messages.passOver(taken.heads);
    else this.#messages.read(taken.chunk, (message) => this.#add(message));
  }

  #add({ origin, seq, time, op }: MessageInLog): void {
    const { sender, conversation, text } = op;
    const row = { origin, seq, time, sender, parties: conversation.direct, words: wordsOf(textOfUtf8(text)) };
    this.#rowByDot.set(formatDot(row), row);
  }

  #answer({ account, from, with: other, terms, after, before, limit }: SearchQuery): SearchAnswer {
    const isParty = (row: Row, party: Dot): boolean => row.parties.some((one) => sameDot(one, party));
    const found = [...this.#rowByDot.values()]
      .filter((row) => isParty(row, account) && (from === undefined || sameDot(row.sender, from)))
      .filter((row) => other === undefined || (isParty(row, other) && isBetween(row, account, other)))
      .filter(({ time }) => time >= after)
      .filter((row) => before === undefined || compareInTime(row, before) < 0)
      .filter(({ words }) => terms.every((term) => occurs(words, term) !== term.excluded))
      .toSorted((one, next) => compareInTime(next, one))
      .map(({ origin, seq, time }) => ({ origin, seq, time }));
    return { found: found.slice(0, limit), more: found.length > limit };
  }
}

/** What somebody writes to themselves is between nobody else. */
function isBetween({ parties }: Row, account: Dot, other: Dot): boolean {
  return !sameDot(account, other) || parties.length === 1;
}

function occurs(words: readonly string[], { text, prefix }: SearchTerm): boolean {
  const phrase = wordsOf(text);
  const last = phrase.length - 1;
  return words.some((_, at) =>
    phrase.every((word, index) => {
      const there = words[at + index];
      return index === last && prefix ? there?.startsWith(word) === true : there === word;
    }),
  );
}
