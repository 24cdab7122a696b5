/**
 * Answers queries from the view database and the log's files.
 *
 * Invariant of streams: messages of one origin are given in the order of their seqs, and of the copies of one send the
 * first in the order of the stream, unless the reader has another of them. So whatever the reader's vector covers, it
 * has, or has a copy of, and it may stop after any message.
 */
import { compilePattern } from '../../core/model/pattern.js';
import type { Dot, Origin } from '../../core/model/ids.js';
import { compareDots, sameDot } from '../../core/model/ids.js';
import { Vector } from '../../core/model/vector.js';
import type { ViewAnswers, WaitingConversation } from '../../core/ports/view.js';
import { prepareAll, type Database } from './database.js';
import { REMOVED_KEY, type Keys } from './view-keys.js';
import type { CrossingAnswer, CrossingQuery, CrossingRecords } from './view-messages.js';
import type { RecordPlace, RecordReader } from './view-records.js';
import { viewStatements } from './view-statements.js';

export type NamesQuery = Extract<CrossingQuery, { kind: 'names' }>;
type QueryOf<K extends CrossingQuery['kind']> = Extract<CrossingQuery, { kind: K }>;

/** Rows read at once: enough that the call costs little beside them, few enough that little is read in vain. */
const ROWS_PER_READ = 64;
/** Matched between two other queries. A pattern made to be slow takes tens of microseconds for each name. */
const NAMES_PER_READ = 256;

interface TimedPlace extends RecordPlace {
  readonly time: number;
}

interface StreamPlace extends TimedPlace {
  readonly copied: boolean;
}

export class ViewReader {
  readonly #keys: Keys;
  readonly #records: RecordReader;
  readonly #statements;

  constructor(database: Database, keys: Keys, records: RecordReader) {
    this.#keys = keys;
    this.#records = records;
    this.#statements = prepareAll(database, viewStatements);
  }

  answer(query: Exclude<CrossingQuery, NamesQuery>): CrossingAnswer {
    switch (query.kind) {
      case 'stream':
        return { kind: 'records', records: this.#stream(query) };
      case 'waiting':
        return { kind: 'waiting', answer: { conversations: this.#waiting(query) } };
      case 'history':
        return { kind: 'records', records: this.#history(query) };
      case 'messages':
        return { kind: 'records', records: this.#records.readPage(this.#shown(query.dots), query.dots.length) };
      case 'sent':
    }
    return { kind: 'records', records: this.#sent(query) };
  }

  /** Goes through the names piece by piece: whoever drives it does other things in between. */
  *list(query: NamesQuery): Generator<undefined, ViewAnswers['names']> {
    const pattern = compilePattern(query.pattern);
    if ('fault' in pattern) return pattern;
    const names: string[] = [];
    let last = query.after;
    for (;;) {
      const rows = this.#statements.names.all([last, NAMES_PER_READ]) as [string][];
      for (const [name] of rows) {
        last = name;
        if (!pattern.matches(name)) continue;
        if (names.length === query.limit) return { names, more: true };
        names.push(name);
      }
      if (rows.length < NAMES_PER_READ) return { names, more: false };
      yield;
    }
  }

  #stream(query: QueryOf<'stream'>): CrossingRecords {
    const stream = this.#keys.find('stream', query.stream) ?? REMOVED_KEY;
    const held = new Vector(query.after);
    const rows = this.#originsOf(stream).map((number) => this.#streamRows(stream, number, held));
    return this.#records.readPage(this.#withoutCopies(stream, held, merge(rows)), query.limit);
  }

  /** The origins of a stream, by number. Looks each up behind the one before, so it does not read the rows between. */
  #originsOf(stream: number): number[] {
    const origins: number[] = [];
    for (let last = 0; ;) {
      const row = this.#statements.nextOrigin.get([stream, last]) as [number] | undefined;
      if (row === undefined) return origins;
      [last] = row;
      origins.push(last);
    }
  }

  *#streamRows(stream: number, originNumber: number, after: Vector): Generator<StreamPlace, undefined> {
    const origin = this.#keys.originOf(originNumber);
    let last = after.get(origin);
    for (;;) {
      const parameters = [origin, stream, originNumber, last, ROWS_PER_READ];
      const rows = this.#statements.streamRows.all(parameters) as [number, number, number, number, number][];
      for (const [seq, time, position, length, copied] of rows) {
        yield { origin, seq, time, position, length, copied: copied === 1 };
        last = seq;
      }
      if (rows.length < ROWS_PER_READ) return undefined;
    }
  }

  /** Leaves out what the reader has a copy of. Raises `held` to what was given or left out. */
  *#withoutCopies(stream: number, held: Vector, rows: Iterable<StreamPlace>): Generator<StreamPlace, undefined> {
    for (const row of rows) {
      const has = row.copied && this.#holdsCopy(stream, held, row);
      held.raise(row.origin, row.seq);
      if (!has) yield row;
    }
    return undefined;
  }

  #holdsCopy(stream: number, held: Vector, dot: Dot): boolean {
    const copies = this.#statements.copiesInStream.all([dot.origin, dot.seq, stream]) as [Origin, number][];
    return copies.some(([origin, seq]) => !sameDot({ origin, seq }, dot) && held.covers({ origin, seq }));
  }

  #waiting(query: QueryOf<'waiting'>): WaitingConversation[] {
    const stream = this.#keys.find('stream', query.stream) ?? REMOVED_KEY;
    const held = new Vector(query.after);
    const counts = new WaitingCounts();
    const copied: (Dot & { time: number; conversation: number })[] = [];
    for (const number of this.#originsOf(stream)) {
      const origin = this.#keys.originOf(number);
      const parameters = [origin, stream, number, held.get(origin)];
      const rows = this.#statements.waiting.all(parameters) as [number, number | null, number, number, number][];
      for (const [conversation, copiedSeq, count, first, latest] of rows) {
        if (copiedSeq === null) counts.add(conversation, count, first, latest);
        else copied.push({ origin, seq: copiedSeq, time: first, conversation });
      }
    }
    for (const row of copied.sort((a, b) => a.time - b.time || compareDots(a, b))) {
      if (!this.#holdsCopy(stream, held, row)) counts.add(row.conversation, 1, row.time, row.time);
      held.raise(row.origin, row.seq);
    }
    return counts.list((conversation) => this.#keys.textOf(conversation));
  }

  #history(query: QueryOf<'history'>): CrossingRecords {
    const conversation = this.#keys.find('conversation', query.conversation) ?? REMOVED_KEY;
    const before = query.before ?? { time: Number.MAX_SAFE_INTEGER, origin: 0, seq: 0 };
    return this.#records.readPage(this.#historyRows(conversation, before), query.limit);
  }

  *#historyRows(conversation: number, before: Dot & { readonly time: number }): Generator<TimedPlace, undefined> {
    let last = before;
    for (;;) {
      const parameters = [conversation, last.time, last.origin, last.seq, ROWS_PER_READ];
      const rows = this.#statements.historyRows.all(parameters) as [number, number, number, number, number][];
      for (const [time, origin, seq, position, length] of rows) {
        const place = { time, origin, seq, position, length };
        yield place;
        last = place;
      }
      if (rows.length < ROWS_PER_READ) return undefined;
    }
  }

  *#shown(dots: readonly Dot[]): Generator<RecordPlace, undefined> {
    for (const { origin, seq } of dots) {
      const row = this.#statements.shown.get([origin, seq]) as [position: number, length: number] | undefined;
      if (row !== undefined) yield { origin, seq, position: row[0], length: row[1] };
    }
    return undefined;
  }

  #sent(query: QueryOf<'sent'>): CrossingRecords {
    const conversation = this.#keys.find('conversation', query.conversation) ?? REMOVED_KEY;
    const client = this.#keys.find('client', query.client) ?? REMOVED_KEY;
    const rows = this.#statements.sent.all([client, query.counter, conversation]) as [number, number, number, number][];
    const places = rows.map(([origin, seq, position, length]) => ({ origin, seq, position, length }));
    return this.#records.readPage(places, 1);
  }
}

/** The rows of all origins in one order: always the earliest of those that come next in their origins. */
function* merge(origins: readonly Generator<StreamPlace, undefined>[]): Generator<StreamPlace, undefined> {
  const heads = origins.flatMap((rest) => {
    const { value } = rest.next();
    return value === undefined ? [] : [{ row: value, rest }];
  });
  while (heads.length > 0) {
    let earliest = 0;
    for (let index = 1; index < heads.length; index += 1) {
      const [one, other] = [heads[index]!.row, heads[earliest]!.row];
      if ((one.time - other.time || compareDots(one, other)) < 0) earliest = index;
    }
    const head = heads[earliest]!;
    yield head.row;
    const { value } = head.rest.next();
    if (value === undefined) heads.splice(earliest, 1);
    else head.row = value;
  }
  return undefined;
}

/** Adds up what waits in each conversation, over all origins. */
class WaitingCounts {
  readonly #byConversation = new Map<number, { count: number; first: number; latest: number }>();

  add(conversation: number, count: number, first: number, latest: number): void {
    const known = this.#byConversation.get(conversation);
    if (known === undefined) {
      this.#byConversation.set(conversation, { count, first, latest });
      return;
    }
    known.count += count;
    known.first = Math.min(known.first, first);
    known.latest = Math.max(known.latest, latest);
  }

  /** The conversation with the latest message first; by name where two are as late. */
  list(textOf: (conversation: number) => string): WaitingConversation[] {
    return [...this.#byConversation]
      .map(([conversation, counted]) => ({ conversation: textOf(conversation), ...counted }))
      .sort((a, b) => b.latest - a.latest || (a.conversation < b.conversation ? -1 : 1));
  }
}
