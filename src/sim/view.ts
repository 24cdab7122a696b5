/** The view port in memory, as plainly as it can be said: lists, filtered and sorted. For tests and fake worlds. */
import { compareInTime } from '../core/model/hybrid-time.js';
import { formatDot, sameDot, type Dot } from '../core/model/ids.js';
import { limits } from '../core/model/limits.js';
import { compilePattern } from '../core/model/pattern.js';
import type { Position } from '../core/model/position.js';
import { readRecord } from '../core/model/record.js';
import type { Vector } from '../core/model/vector.js';
import type { Entity, MessageRow, View, ViewAnswers, ViewBatch, ViewQuery, ViewSnapshot } from '../core/ports/view.js';

export interface MemoryViewOptions {
  /** Runs the task later, never at once, and in the order in which tasks came. */
  readonly schedule: (task: () => void) => void;
  /** The bytes at a position of the log; undefined where they cannot be had. */
  readonly readLog: (position: Position, length: number) => Uint8Array | undefined;
}

export class MemoryView implements View {
  readonly #options: MemoryViewOptions;
  readonly #entities = new Map<string, Entity & { readonly value: Uint8Array }>();
  readonly #messagesByDot = new Map<string, MessageRow>();
  readonly #removedStreams = new Set<string>();
  readonly #names = new Set<string>();
  #appliedTo: Position | undefined;

  constructor(options: MemoryViewOptions) {
    this.#options = options;
  }

  get snapshot(): ViewSnapshot | undefined {
    if (this.#appliedTo === undefined) return undefined;
    return { appliedTo: this.#appliedTo, entities: [...this.#entities.values()] };
  }

  commit(batch: ViewBatch, done: () => void): void {
    this.#options.schedule(() => {
      this.#apply(batch);
      done();
    });
  }

  query<Q extends ViewQuery>(query: Q, done: (answer: ViewAnswers[Q['kind']]) => void): void {
    this.#options.schedule(() => done(this.#answer(query) as ViewAnswers[Q['kind']]));
  }

  #apply(batch: ViewBatch): void {
    this.#appliedTo = batch.appliedTo;
    for (const { kind, key, value } of batch.entities) {
      if (value === undefined) this.#entities.delete(`${kind} ${key}`);
      else this.#entities.set(`${kind} ${key}`, { kind, key, value });
    }
    for (const message of batch.messages) {
      const streams = message.streams.filter((stream) => !this.#removedStreams.has(stream));
      this.#messagesByDot.set(formatDot(message), { ...message, streams });
    }
    for (const removed of batch.removedStreams) {
      this.#removedStreams.add(removed);
      for (const [key, message] of this.#messagesByDot) {
        const streams = message.streams.filter((stream) => stream !== removed);
        this.#messagesByDot.set(key, { ...message, streams });
      }
    }
    for (const { name, visible } of batch.names) {
      if (visible) this.#names.add(name);
      else this.#names.delete(name);
    }
  }

  #answer(query: ViewQuery): ViewAnswers[ViewQuery['kind']] {
    switch (query.kind) {
      case 'stream':
        return this.#readPage(this.#lacking(query.stream, query.after), query.limit);
      case 'waiting':
        return { conversations: countWaiting(this.#lacking(query.stream, query.after)) };
      case 'history':
        return this.#readPage(this.#history(query.conversation, query.before), query.limit);
      case 'sent':
        return { record: this.#readPage(this.#sent(query), 1).records[0] };
      case 'names':
    }
    return this.#listNames(query);
  }

  #lacking(stream: string, after: Vector): MessageRow[] {
    const held = after.clone();
    const inStream = this.#messages((message) => message.streams.includes(stream)).sort(compareInTime);
    return inStream
      .filter((message) => !after.covers(message))
      .filter((message) => {
        const hasCopy = inStream.some((other) => areCopies(message, other) && held.covers(other));
        held.raise(message.origin, message.seq);
        return !hasCopy;
      });
  }

  #history(conversation: string, before: (Dot & { readonly time: number }) | undefined): MessageRow[] {
    return this.#messages((message) => message.conversation === conversation)
      .filter((message) => before === undefined || compareInTime(message, before) < 0)
      .filter((message) => {
        const copies = this.#messages((other) => areCopies(message, other));
        return copies.every((other) => compareInTime(message, other) < 0);
      })
      .sort((a, b) => compareInTime(b, a));
  }

  #sent(query: Extract<ViewQuery, { kind: 'sent' }>): MessageRow[] {
    const { conversation, client, counter } = query;
    return this.#messages(
      (message) => message.conversation === conversation && message.client === client && message.counter === counter,
    ).sort(compareInTime);
  }

  #listNames(query: Extract<ViewQuery, { kind: 'names' }>): ViewAnswers['names'] {
    const pattern = compilePattern(query.pattern);
    if ('fault' in pattern) return pattern;
    const found = [...this.#names].sort().filter((name) => name > query.after && pattern.matches(name));
    return { names: found.slice(0, query.limit), more: found.length > query.limit };
  }

  #messages(choose: (message: MessageRow) => boolean): MessageRow[] {
    return [...this.#messagesByDot.values()].filter(choose);
  }

  #readPage(rows: readonly MessageRow[], limit: number): ViewAnswers['history'] {
    const records: Uint8Array[] = [];
    let bytes = 0;
    for (const row of rows) {
      if (records.length === limit) return { records, more: true };
      const record = this.#options.readLog(row.position, row.length);
      const reading = record === undefined ? undefined : readRecord(record, 0);
      if (record === undefined || reading?.state !== 'whole' || !sameDot(reading.header, row)) continue;
      bytes += row.length;
      if (bytes > limits.viewAnswerBytesMax) return { records, more: true };
      records.push(record);
    }
    return { records, more: false };
  }
}

function areCopies(a: MessageRow, b: MessageRow): boolean {
  const sameSend = a.conversation === b.conversation && a.client === b.client && a.counter === b.counter;
  return sameSend && !sameDot(a, b);
}

function countWaiting(messages: readonly MessageRow[]): ViewAnswers['waiting']['conversations'] {
  return [...new Set(messages.map((message) => message.conversation))]
    .map((conversation) => {
      const times = messages.filter((message) => message.conversation === conversation).map(({ time }) => time);
      return { conversation, count: times.length, first: times[0]!, latest: times.at(-1)! };
    })
    .sort((a, b) => b.latest - a.latest || (a.conversation < b.conversation ? -1 : 1));
}
