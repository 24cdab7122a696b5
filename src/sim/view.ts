/** The view port in memory, as plainly as it can be said: lists in the order of time, filtered. For tests and made worlds. */
import { compareInTime } from '../core/model/hybrid-time.js';
import { formatDot, sameDot, type Dot } from '../core/model/ids.js';
import { limits } from '../core/model/limits.js';
import { compilePattern } from '../core/model/pattern.js';
import type { Position } from '../core/model/position.js';
import { readRecord, type LogChunk } from '../core/model/record.js';
import type { Vector } from '../core/model/vector.js';
import { nothingIndexed, type LogHead, type ReadTo } from '../core/ports/log-sink.js';
import type {
  Entity,
  MessagePlace,
  View,
  ViewAnswers,
  ViewBatch,
  ViewQuery,
  ViewSnapshot,
} from '../core/ports/view.js';
import { keysOf, MessagesInLog, type MessageInLog, type MessageKeys } from '../core/wire/messages-in-log.js';

type MessageRow = Omit<MessageInLog, 'op'> & MessageKeys;

/** What changed it. */
type Step =
  | { readonly kind: 'batch'; readonly batch: ViewBatch }
  | {
      readonly kind: 'chunk';
      readonly messages: readonly MessageRow[];
      readonly heads: readonly LogHead[];
      readonly to: ReadTo;
    }
  | { readonly kind: 'gap'; readonly heads: readonly LogHead[]; readonly to: ReadTo };

export interface MemoryViewOptions {
  /** Runs the task later, never at once, and in the order in which tasks came. */
  readonly schedule: (task: () => void) => void;
  /** The bytes at a position of the log; undefined where they cannot be had. */
  readonly readLog: (position: Position, length: number) => Uint8Array | undefined;
}

/** Takes everything and never answers, as the view of a process that has ended. */
export const noView: View = {
  commit: () => undefined,
  index: () => undefined,
  passOver: () => undefined,
  query: () => undefined,
};

export class MemoryView implements View {
  readonly #options: MemoryViewOptions;
  /** All that changed it, in order: a crash may take the end of it. */
  readonly #steps: Step[] = [];
  #messages = new MessagesInLog([]);
  #readTo: ReadTo = nothingIndexed;
  readonly #entities = new Map<string, Entity & { readonly value: Uint8Array }>();
  readonly #rowsByStream = new Map<string, MessageRow[]>();
  readonly #rowsByConversation = new Map<string, MessageRow[]>();
  readonly #rowsBySend = new Map<string, MessageRow[]>();
  readonly #rowByDot = new Map<string, MessageRow>();
  readonly #removedStreams = new Set<string>();
  readonly #names = new Set<string>();
  #appliedTo: Position | undefined;

  constructor(options: MemoryViewOptions) {
    this.#options = options;
  }

  get snapshot(): ViewSnapshot | undefined {
    if (this.#appliedTo === undefined) return undefined;
    const indexed = { ...this.#readTo, heads: this.#messages.heads };
    return { appliedTo: this.#appliedTo, indexed, entities: [...this.#entities.values()] };
  }

  /** Names that people can list, in order. */
  get names(): string[] {
    return [...this.#names].sort();
  }

  /** The view as a crash leaves it that takes the last `lost` batches and chunks. */
  crash(lost: number): MemoryView {
    const after = new MemoryView(this.#options);
    for (const step of this.#steps.slice(0, Math.max(0, this.#steps.length - lost))) after.#apply(step);
    return after;
  }

  commit(batch: ViewBatch, done: () => void): void {
    this.#options.schedule(() => {
      this.#apply({ kind: 'batch', batch });
      done();
    });
  }

  index({ position, bytes }: LogChunk, to: ReadTo, done: (heads: readonly LogHead[]) => void): void {
    const chunk = { position, bytes: bytes.slice() };
    this.#options.schedule(() => {
      const messages: MessageRow[] = [];
      this.#messages.read(chunk, ({ op, ...place }) => messages.push({ ...place, ...keysOf(op) }));
      const { heads } = this.#messages;
      this.#apply({ kind: 'chunk', messages, heads, to });
      done(heads);
    });
  }

  passOver(heads: readonly LogHead[], to: ReadTo): void {
    this.#options.schedule(() => {
      this.#messages.passOver(heads);
      this.#apply({ kind: 'gap', heads: this.#messages.heads, to });
    });
  }

  query<Q extends ViewQuery>(query: Q, done: (answer: ViewAnswers[Q['kind']]) => void): void {
    this.#options.schedule(() => done(this.#answer(query) as ViewAnswers[Q['kind']]));
  }

  #apply(step: Step): void {
    this.#steps.push(step);
    if (step.kind === 'batch') {
      this.#applyBatch(step.batch);
      return;
    }
    this.#messages = new MessagesInLog(step.heads);
    this.#readTo = step.to;
    if (step.kind === 'chunk') for (const message of step.messages) this.#addMessage(message);
  }

  #applyBatch(batch: ViewBatch): void {
    this.#appliedTo = batch.appliedTo;
    for (const { kind, key, value } of batch.entities) {
      if (value === undefined) this.#entities.delete(`${kind} ${key}`);
      else this.#entities.set(`${kind} ${key}`, { kind, key, value });
    }
    for (const { origin, seq, position } of batch.moved) {
      const message = this.#rowByDot.get(formatDot({ origin, seq }));
      if (message !== undefined) this.#addMessage({ ...message, position });
    }
    for (const removed of batch.removedStreams) {
      this.#removedStreams.add(removed);
      this.#rowsByStream.delete(removed);
    }
    for (const { name, visible } of batch.names) {
      if (visible) this.#names.add(name);
      else this.#names.delete(name);
    }
  }

  #addMessage(message: MessageRow): void {
    const key = formatDot(message);
    const before = this.#rowByDot.get(key);
    // Met again, a message takes the place of what was met before.
    if (before !== undefined) this.#removeMessage(before);
    this.#rowByDot.set(key, message);
    for (const stream of new Set(message.streams)) {
      if (!this.#removedStreams.has(stream)) insert(this.#rowsByStream, stream, message);
    }
    insert(this.#rowsByConversation, message.conversation, message);
    insert(this.#rowsBySend, sendKey(message), message);
  }

  #removeMessage(message: MessageRow): void {
    for (const stream of message.streams) remove(this.#rowsByStream, stream, message);
    remove(this.#rowsByConversation, message.conversation, message);
    remove(this.#rowsBySend, sendKey(message), message);
  }

  #answer(query: ViewQuery): ViewAnswers[ViewQuery['kind']] {
    switch (query.kind) {
      case 'stream':
        return this.#readPage(this.#lacking(query.stream, query.after), query.limit);
      case 'waiting':
        return { conversations: countWaiting(this.#lacking(query.stream, query.after)) };
      case 'history':
        return this.#readPage(this.#history(query.conversation, query.before), query.limit);
      case 'messages':
        return this.#readPage(this.#shown(query.dots), query.dots.length);
      case 'sent':
        return this.#readSent(query);
      case 'names':
    }
    return this.#listNames(query);
  }

  #lacking(stream: string, after: Vector): MessageRow[] {
    const held = after.clone();
    const inStream = this.#rowsByStream.get(stream) ?? [];
    return inStream
      .filter((message) => !after.covers(message))
      .filter((message) => {
        const copies = this.#copiesOf(message).filter((other) => other.streams.includes(stream));
        const hasCopy = copies.some((other) => held.covers(other));
        held.raise(message.origin, message.seq);
        return !hasCopy;
      });
  }

  #history(conversation: string, before: (Dot & { readonly time: number }) | undefined): MessageRow[] {
    return (this.#rowsByConversation.get(conversation) ?? [])
      .filter((message) => before === undefined || compareInTime(message, before) < 0)
      .filter((message) => this.#standsForCopies(message))
      .toReversed();
  }

  #shown(dots: readonly Dot[]): MessageRow[] {
    return dots
      .map((dot) => this.#rowByDot.get(formatDot(dot)))
      .filter((message) => message !== undefined)
      .filter((message) => this.#standsForCopies(message));
  }

  #standsForCopies(message: MessageRow): boolean {
    return this.#copiesOf(message).every((other) => compareInTime(message, other) < 0);
  }

  #sent(query: Extract<ViewQuery, { kind: 'sent' }>): MessageRow[] {
    return (this.#rowsBySend.get(sendKey(query)) ?? []).toSorted(compareInTime);
  }

  /** Other messages of the same send. */
  #copiesOf(message: MessageRow): MessageRow[] {
    return this.#rowsBySend.get(sendKey(message))!.filter((other) => !sameDot(message, other));
  }

  #readSent(query: Extract<ViewQuery, { kind: 'sent' }>): ViewAnswers['sent'] {
    const { records, unreadable } = this.#readPage(this.#sent(query), 1);
    return { record: records[0], unreadable };
  }

  #listNames(query: Extract<ViewQuery, { kind: 'names' }>): ViewAnswers['names'] {
    const pattern = compilePattern(query.pattern);
    if ('fault' in pattern) return pattern;
    const found = [...this.#names].sort().filter((name) => name > query.after && pattern.matches(name));
    return { names: found.slice(0, query.limit), more: found.length > query.limit };
  }

  #readPage(rows: readonly MessageRow[], limit: number): ViewAnswers['history'] {
    const records: Uint8Array[] = [];
    const unreadable: MessagePlace[] = [];
    let bytes = 0;
    for (const row of rows) {
      if (records.length === limit) return { records, more: true, unreadable };
      const record = this.#options.readLog(row.position, row.length);
      const reading = record === undefined ? undefined : readRecord(record, 0);
      if (record === undefined || reading?.state !== 'whole' || !sameDot(reading.header, row)) {
        unreadable.push({ origin: row.origin, seq: row.seq, position: row.position });
        continue;
      }
      bytes += row.length;
      if (bytes > limits.viewAnswerBytesMax) return { records, more: true, unreadable };
      records.push(record);
    }
    return { records, more: false, unreadable };
  }
}

type Send = Pick<MessageRow, 'conversation' | 'client' | 'counter'>;

function sendKey({ conversation, client, counter }: Send): string {
  return `${conversation} ${client} ${counter}`;
}

/** Puts the message where its time says. Most come in order. */
function insert(rowsByKey: Map<string, MessageRow[]>, key: string, message: MessageRow): void {
  const rows = rowsByKey.get(key);
  if (rows === undefined) {
    rowsByKey.set(key, [message]);
    return;
  }
  let at = rows.length;
  while (at > 0 && compareInTime(message, rows[at - 1]!) < 0) at -= 1;
  rows.splice(at, 0, message);
}

function remove(rowsByKey: Map<string, MessageRow[]>, key: string, message: MessageRow): void {
  const rows = rowsByKey.get(key) ?? [];
  const at = rows.indexOf(message);
  if (at >= 0) rows.splice(at, 1);
}

function countWaiting(messages: readonly MessageRow[]): ViewAnswers['waiting']['conversations'] {
  return [...new Set(messages.map((message) => message.conversation))]
    .map((conversation) => {
      const times = messages.filter((message) => message.conversation === conversation).map(({ time }) => time);
      return { conversation, count: times.length, first: times[0]!, latest: times.at(-1)! };
    })
    .sort((a, b) => b.latest - a.latest || (a.conversation < b.conversation ? -1 : 1));
}
