/** What the tests of views share: messages in the making, a log to put them in, and shorter ways to ask. */
import assert from 'node:assert/strict';

import fc from 'fast-check';

import { conversationKey } from '../model/conversation.js';
import { formatDot, type Dot } from '../model/ids.js';
import type { Position } from '../model/position.js';
import { encodeRecord, readRecord, type RecordHeader } from '../model/record.js';
import { Vector } from '../model/vector.js';
import type { View, ViewAnswers, ViewBatch, ViewQuery, ViewSnapshot } from '../ports/view.js';
import { encode } from './codec.js';
import { keysOf } from './messages-in-log.js';
import type { MessageOf } from './message-types.js';
import { schema } from './schema.js';

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

/** A message before it is a record. People are named by letters and digits. */
export interface Draft extends Dot {
  readonly time: number;
  /** Its people, with plus signs between. Of these the sender, who may be none of them, does not get it. */
  readonly conversation: string;
  readonly sender: string;
  /** In hexadecimal. */
  readonly client: string;
  readonly counter: number;
}

/** A message in the log. */
export interface Placed extends Draft {
  readonly position: Position;
  readonly record: Uint8Array;
}

/** Anna and Ben both get it, unless the fields say otherwise. */
export function draft(fields: Partial<Draft> & Dot): Draft {
  const { origin, seq } = fields;
  const rest = { conversation: 'anna+ben', sender: 'zed', client: 'c1', counter: seq };
  return { time: seq * 10, ...rest, ...fields, origin, seq };
}

/** The key of the stream of someone. */
export function streamKey(name: string): string {
  return formatDot(dotOf(name));
}

/** The key of a conversation as drafts name it. */
export function keyOfConversation(conversation: string): string {
  return conversationKey({ direct: conversation.split('+').map(dotOf) });
}

export function streamsOf(message: Draft): readonly string[] {
  return keysOf(opOf(message, 0)).streams;
}

function dotOf(name: string): Dot {
  return { origin: Number.parseInt(name, 36), seq: 1 };
}

function opOf({ conversation, sender, client, counter }: Draft, textBytes: number): MessageOf<'MessageSentOp'> {
  return {
    sender: dotOf(sender),
    conversation: { direct: conversation.split('+').map(dotOf) },
    operation: { client: Uint8Array.from(Buffer.from(client, 'hex')), counter },
    text: 'x'.repeat(textBytes),
  };
}

/** Commits a batch, and behind it indexes messages. Streams to remove are given by name. */
export async function commit(view: View, batch: Partial<ViewBatch> & { messages?: readonly Placed[] }): Promise<void> {
  const { messages = [], removedStreams = [], ...rest } = batch;
  const nothing = { appliedTo: 1, entities: [], names: [], moved: [] };
  const committed = new Promise<void>((resolve) =>
    view.commit({ ...nothing, ...rest, removedStreams: removedStreams.map(streamKey) }, resolve),
  );
  await Promise.all([committed, ...messages.map(async (message) => index(view, message))]);
}

async function index(view: View, { position, record }: Placed): Promise<void> {
  const to = { position: position + record.length, passedOver: [] };
  return new Promise((resolve) => view.index({ position, bytes: record }, to, () => resolve()));
}

export async function ask<Q extends ViewQuery>(view: View, query: Q): Promise<ViewAnswers[Q['kind']]> {
  return new Promise((resolve) => view.query(query, resolve));
}

/** The last record of each origin in the log of a fixture. */
const headsByLog = new WeakMap<object, Map<number, RecordHeader>>();

/** Appends the messages to the log, each as the next of its origin's chain. */
export function placeMessages(fixture: Pick<ViewFixture, 'append'>, drafts: readonly Draft[], textBytes = 8): Placed[] {
  const heads = headsByLog.get(fixture) ?? new Map<number, RecordHeader>();
  headsByLog.set(fixture, heads);
  return drafts.map((message) => {
    const { origin, seq, time } = message;
    const previous = heads.get(origin)?.checksum ?? 0;
    const body = encode('MessageSentOp', opOf(message, textBytes));
    const record = encodeRecord({ origin, seq, time, previous, kind: schema.MessageSentOp.op }, body);
    const reading = readRecord(record, 0);
    assert.ok(reading.state === 'whole');
    heads.set(origin, reading.header);
    return { ...message, position: fixture.append(record), record };
  });
}

export function dotsOf(records: readonly Uint8Array[]): Dot[] {
  return records.map((record) => {
    const reading = readRecord(record, 0);
    assert.ok(reading.state === 'whole' && reading.header.length === record.length, 'answers hold whole records');
    return { origin: reading.header.origin, seq: reading.header.seq };
  });
}

/** Reads someone's stream page by page as a client does: with the vector of what it was given. */
export async function readStream(view: View, name: string, limits: readonly number[]): Promise<Dot[]> {
  const stream = streamKey(name);
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
export interface Shape extends Omit<Draft, 'seq' | 'time'> {
  readonly laterBy: number;
}

export const arbitraryName = fc.constantFrom('anna', 'ben', 'carla');
export const arbitraryConversation = fc.constantFrom('anna+ben', 'anna+carla', 'ben+carla', 'anna+anna+carla');
export const arbitraryLimits = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 });

export const arbitraryMessage: fc.Arbitrary<Shape> = fc.record({
  origin: fc.constantFrom(3, 5, Number.MAX_SAFE_INTEGER),
  laterBy: fc.integer({ min: 1, max: 4 }),
  conversation: arbitraryConversation,
  sender: fc.constantFrom('anna', 'ben', 'carla', 'zed'),
  client: fc.constantFrom('c1', 'c2'),
  counter: fc.integer({ min: 1, max: 12 }),
});

/** Gives each message the next seq and a later time of its origin. */
export function draftsFrom(shapes: readonly Shape[]): Draft[] {
  const latest = new Map<number, { seq: number; time: number }>();
  return shapes.map(({ laterBy, ...shape }) => {
    const { seq, time } = latest.get(shape.origin) ?? { seq: 0, time: 1_000 };
    const next = { seq: seq + 1, time: time + laterBy };
    latest.set(shape.origin, next);
    return { ...shape, ...next };
  });
}

export function printed(answer: { readonly records: readonly Uint8Array[] }): string {
  return dotsOf(answer.records).map(formatDot).join(' ');
}

export type WithView = (use: (fixture: ViewFixture) => Promise<void>) => Promise<void>;
export type Page = Promise<ViewAnswers['history']>;
