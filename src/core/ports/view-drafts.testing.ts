/** What the tests of views share: messages in the making, a log to put them in, and shorter ways to ask. */
import assert from 'node:assert/strict';

import fc from 'fast-check';

import type { Dot } from '../model/ids.js';
import type { Position } from '../model/position.js';
import { encodeRecord, readRecord } from '../model/record.js';
import { Vector } from '../model/vector.js';
import type { MessageRow, View, ViewAnswers, ViewBatch, ViewQuery, ViewSnapshot } from './view.js';

/** A view with a log to take records from. */
export interface ViewFixture {
  readonly view: View;
  /** Adds a record to the log; gives its position. */
  append(record: Uint8Array): Position;
  /** Changes a byte of the record at a position. */
  damage(position: Position): void;
  /** Closes the view and opens it again. */
  reopen(): Promise<{ readonly view: View; readonly snapshot: ViewSnapshot | undefined }>;
  close(): Promise<void>;
}

/** A message before it has a place in the log. */
export type Draft = Omit<MessageRow, 'position' | 'length'>;

export function draft(fields: Partial<Draft> & Dot): Draft {
  const { origin, seq } = fields;
  const rest = { conversation: 'd:1:2', streams: ['anna', 'ben'], secondCopy: false, client: 'c1', counter: seq };
  return { time: seq * 10, ...rest, ...fields, origin, seq };
}

export async function commit(view: View, batch: Partial<ViewBatch>): Promise<void> {
  const nothing = { appliedTo: 1, entities: [], messages: [], removedStreams: [], names: [], moved: [] };
  return new Promise((resolve) => view.commit({ ...nothing, ...batch }, resolve));
}

export async function ask<Q extends ViewQuery>(view: View, query: Q): Promise<ViewAnswers[Q['kind']]> {
  return new Promise((resolve) => view.query(query, resolve));
}

export function placeMessages(
  fixture: Pick<ViewFixture, 'append'>,
  drafts: readonly Draft[],
  bodyBytes = 8,
): MessageRow[] {
  return drafts.map((message) => {
    const header = { origin: message.origin, seq: message.seq, time: message.time, previous: 0, kind: 1 };
    const record = encodeRecord(header, new Uint8Array(bodyBytes).fill(message.seq));
    return { ...message, position: fixture.append(record), length: record.length };
  });
}

export function dotsOf(records: readonly Uint8Array[]): Dot[] {
  return records.map((record) => {
    const reading = readRecord(record, 0);
    assert.ok(reading.state === 'whole' && reading.header.length === record.length, 'answers hold whole records');
    return { origin: reading.header.origin, seq: reading.header.seq };
  });
}

/** Reads a stream page by page as a client does: with the vector of what it was given. */
export async function readStream(view: View, stream: string, limits: readonly number[]): Promise<Dot[]> {
  const held = new Vector();
  const given: Dot[] = [];
  for (let page = 0; ; page += 1) {
    const limit = limits[page % limits.length]!;
    const answer = await ask(view, { kind: 'stream', stream, after: held.clone(), limit });
    for (const dot of dotsOf(answer.records)) {
      held.raise(dot.origin, dot.seq);
      given.push(dot);
    }
    if (!answer.more) return given;
    assert.ok(answer.records.length > 0, 'a page that is not the last holds something');
  }
}

/** A message in the making: which origin, how much later than the one before it, and which send it is of. */
export interface Shape {
  readonly origin: number;
  readonly laterBy: number;
  readonly streams: readonly string[];
  readonly conversation: string;
  readonly client: string;
  readonly counter: number;
}

export const arbitraryStream = fc.constantFrom('anna', 'ben', 'carla');
export const arbitraryConversation = fc.constantFrom('d:1:2', 'd:1:3');
export const arbitraryLimits = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 });

export const arbitraryMessage: fc.Arbitrary<Shape> = fc.record({
  origin: fc.constantFrom(3, 5, Number.MAX_SAFE_INTEGER),
  laterBy: fc.integer({ min: 1, max: 4 }),
  streams: fc.constantFrom(['anna', 'ben'], ['anna'], ['ben', 'carla'], ['anna', 'anna', 'carla'], []),
  conversation: arbitraryConversation,
  client: fc.constantFrom('c1', 'c2'),
  counter: fc.integer({ min: 1, max: 12 }),
});

/** Gives each message the next seq and a later time of its origin; two of the same send are copies. */
export function draftsFrom(shapes: readonly Shape[]): Draft[] {
  const latest = new Map<number, { seq: number; time: number }>();
  const seen = new Set<string>();
  return shapes.map(({ laterBy, ...shape }) => {
    const { seq, time } = latest.get(shape.origin) ?? { seq: 0, time: 1_000 };
    const next = { seq: seq + 1, time: time + laterBy };
    latest.set(shape.origin, next);
    const send = `${shape.conversation} ${shape.client} ${shape.counter}`;
    const secondCopy = seen.has(send);
    seen.add(send);
    return { ...shape, ...next, secondCopy };
  });
}
