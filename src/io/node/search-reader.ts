/**
 * Answers searches from the index, a few matches at a time: whoever drives it does other things in between.
 *
 * Runs of blocks are searched in the order of their latest messages, each from its last message to its first, until what is
 * left cannot have anything later than what was found.
 */
import { compareInTime } from '../../core/model/hybrid-time.js';
import { limits } from '../../core/model/limits.js';
import { wordsOf } from '../../core/model/words.js';
import type { FoundMessage, SearchAnswer, SearchQuery } from '../../core/ports/search.js';
import type { Database } from './database.js';
import type { SearchBlocks } from './search-blocks.js';
import { partName } from './search-database.js';
import type { SearchOrigins } from './search-origins.js';
import { SELF } from './search-writer.js';

type Statement = ReturnType<Database['prepare']>;
type Row = [id: number, origin: number, seq: number, time: number];

export class SearchReader {
  readonly #database: Database;
  readonly #blocks: SearchBlocks;
  readonly #origins: SearchOrigins;
  readonly #statementByPart = new Map<number, Statement>();

  constructor(database: Database, blocks: SearchBlocks, origins: SearchOrigins) {
    this.#database = database;
    this.#blocks = blocks;
    this.#origins = origins;
  }

  *search(query: SearchQuery): Generator<undefined, SearchAnswer> {
    const { after, before, limit } = query;
    const match = matchOf(query, this.#origins);
    const page = new Page(limit);
    for (const run of this.#blocks.runs(after, before?.time ?? Infinity)) {
      if (page.isCompleteFrom(run.latest)) break;
      const statement = this.#statementOf(run.part);
      let { lastId } = run;
      for (let isMore = true; isMore;) {
        const rows = statement.all([match, run.firstId, lastId, limits.searchRowsPerStep]) as Row[];
        for (const [id, origin, seq, time] of rows) {
          lastId = id - 1;
          const found = { origin, seq, time };
          if (time >= after && (before === undefined || compareInTime(found, before) < 0)) page.add(found);
        }
        const isOver = rows.length < limits.searchRowsPerStep || lastId < run.firstId;
        isMore = !isOver && !page.isCompleteFrom(this.#blocks.latestUpTo(run, lastId));
        yield;
      }
    }
    return page.answer;
  }

  #statementOf(part: number): Statement {
    let statement = this.#statementByPart.get(part);
    if (statement === undefined) {
      const name = partName(part);
      statement = this.#database
        .prepare(
          `SELECT p.id, p.origin, p.seq, p.time FROM ${name} CROSS JOIN place p ON p.id = ${name}.rowid
           WHERE ${name} MATCH ? AND ${name}.rowid BETWEEN ? AND ? ORDER BY ${name}.rowid DESC LIMIT ?`,
        )
        .raw();
      this.#statementByPart.set(part, statement);
    }
    return statement;
  }
}

/**
 * In the query language of FTS5. Everything stands in quotation marks, and has none in it: words are made of letters and
 * digits.
 */
function matchOf({ account, from, with: other, terms }: SearchQuery, origins: SearchOrigins): string {
  const who = [origins.knownWordOf(account)];
  if (from !== undefined) who.push(`f${origins.knownWordOf(from)}`);
  if (other !== undefined) {
    const isSelf = other.origin === account.origin && other.seq === account.seq;
    who.push(isSelf ? SELF : origins.knownWordOf(other));
  }
  const phrases = terms.map(({ text, prefix, excluded }) => ({
    excluded,
    text: `words : "${wordsOf(text).join(' ')}"${prefix ? ' *' : ''}`,
  }));
  const wanted = phrases.filter(({ excluded }) => !excluded).map(({ text }) => text);
  const excluded = phrases.filter((phrase) => phrase.excluded).map(({ text }) => ` NOT ${text}`);
  return `(${[...who.map((word) => `who : "${word}"`), ...wanted].join(' AND ')})${excluded.join('')}`;
}

/** The latest messages found so far, as many as are wanted and one more, which tells that there are more. */
class Page {
  readonly #limit: number;
  /** The latest first. */
  readonly #found: FoundMessage[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(found: FoundMessage): void {
    // They come nearly in this order.
    let at = this.#found.length;
    while (at > 0 && compareInTime(found, this.#found[at - 1]!) > 0) at -= 1;
    if (at > this.#limit) return;
    this.#found.splice(at, 0, found);
    if (this.#found.length > this.#limit + 1) this.#found.pop();
  }

  /** Messages of this time or earlier make no difference. */
  isCompleteFrom(time: number): boolean {
    const last = this.#found[this.#limit];
    return last !== undefined && last.time > time;
  }

  get answer(): SearchAnswer {
    return { found: this.#found.slice(0, this.#limit), more: this.#found.length > this.#limit };
  }
}
