/**
 * The view database: messages taken in each second, what they cost in processor time, and the time of queries, alone and while
 * messages arrive. `node dist/bench/view.js --help`
 */
import { closeSync, openSync, readdirSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { conversationKey } from '#src/core/model/conversation.js';
import { formatDot, type Dot } from '#src/core/model/ids.js';
import { limits } from '#src/core/model/limits.js';
import { encodeRecord, type LogChunk } from '#src/core/model/record.js';
import { positionOf, segmentFileName } from '#src/core/model/position.js';
import { Vector } from '#src/core/model/vector.js';
import type { ViewAnswers, ViewQuery } from '#src/core/ports/view.js';
import { encode } from '#src/core/wire/codec.js';
import { schema } from '#src/core/wire/schema.js';
import { openView, type NodeView } from '#src/io/node/view.js';
import { readOptions } from './support/options.js';
import { temporaryDirectory } from './support/temporary-directory.js';

/** Chunks under way at once; as many as a follower has. */
const CHUNKS_AHEAD = 2;
/** Made before they are timed. */
const CHUNKS_AT_ONCE = 400;
const TEXT = 'x'.repeat(100);
/** Each account writes to so many others. */
const PARTNERS = 5;
const QUERIES_PER_KIND = 300;
const ARRIVING_PER_SECOND = 5_000;
const QUERIES_PER_SECOND = 50;
const ARRIVING_SECONDS = 20;
const NAMES = 100_000;
const origins = [7e15 + 11, 5e15 + 12, 3e15 + 13];

const { messages, accounts } = readOptions(
  `Measures the database of views alone: messages that it takes in a second, and processor time for each, at every tenth of
them; then the time of queries, while ${ARRIVING_PER_SECOND} messages a second arrive (for ${ARRIVING_SECONDS} seconds) and alone; and the size of its files.
Each message is in one conversation and one stream.`,
  {
    messages: { value: 1_000_000, least: 1, meaning: 'messages it is filled with' },
    accounts: { value: 10_000, least: PARTNERS + 1, meaning: `accounts, each of which writes to ${PARTNERS} others` },
  },
);

/** A log of one long segment. */
class Feed {
  readonly #file: number;
  readonly #heads = origins.map(() => ({ seq: 0, checksum: 0 }));
  readonly #counters = new Map<number, number>();
  #size = 0;
  #time = 1.79e15;

  constructor(directory: string) {
    this.#file = openSync(join(directory, segmentFileName(1)), 'w');
  }

  /** The vector of the last message. */
  get held(): Vector {
    return new Vector(origins.map((origin, index) => ({ origin, seq: this.#heads[index]!.seq })));
  }

  /** The next messages: so many, or as many as a chunk has room for. */
  chunk(count: number): Chunk {
    const position = positionOf(1, this.#size);
    const records: Uint8Array[] = [];
    let bytes = 0;
    while (records.length < count && bytes + 400 < limits.followerChunkBytes) {
      const record = this.#record();
      records.push(record);
      bytes += record.length;
    }
    const joined = Buffer.concat(records);
    writeSync(this.#file, joined);
    this.#size += joined.length;
    return { position, bytes: joined, messages: records.length };
  }

  close(): void {
    closeSync(this.#file);
  }

  #record(): Uint8Array {
    const index = Math.floor(Math.random() * origins.length);
    const head = this.#heads[index]!;
    const time = (this.#time += 50);
    const sender = Math.floor(Math.random() * accounts);
    const recipient = (sender + 1 + Math.floor(Math.random() * PARTNERS)) % accounts;
    const counter = (this.#counters.get(sender) ?? 0) + 1;
    this.#counters.set(sender, counter);
    const body = encode('MessageSentOp', {
      sender: accountOf(sender),
      conversation: conversationOf(sender, recipient),
      operation: { client: clientOf(sender), counter },
      text: TEXT,
    });
    const fields = { origin: origins[index]!, seq: head.seq + 1, time, previous: head.checksum };
    const record = encodeRecord({ ...fields, kind: schema.MessageSentOp.op }, body);
    head.seq += 1;
    head.checksum = new DataView(record.buffer, record.byteOffset).getUint32(4);
    return record;
  }
}

interface Chunk extends LogChunk {
  readonly messages: number;
}

function accountOf(account: number): Dot {
  return { origin: 7e15 + 11, seq: account + 1 };
}

function streamOf(account: number): string {
  return formatDot(accountOf(account));
}

function conversationOf(one: number, other: number): { direct: Dot[] } {
  return { direct: [accountOf(Math.min(one, other)), accountOf(Math.max(one, other))] };
}

function clientOf(account: number): Uint8Array {
  return Buffer.from(`0123456789abcdef${account.toString(16).padStart(16, '0')}`, 'hex');
}

function index(view: NodeView, chunk: Chunk, done: () => void): void {
  view.index(chunk, { position: chunk.position + chunk.bytes.length, passedOver: [] }, done);
}

async function ask<Q extends ViewQuery>(view: NodeView, query: Q): Promise<ViewAnswers[Q['kind']]> {
  return new Promise((resolve) => view.query(query, resolve));
}

/** Indexes chunks, some at once; prints the rate of each tenth, and the processor time that a message took of all threads. */
async function fill(view: NodeView, feed: Feed): Promise<void> {
  let filled = 0;
  for (let part = 1; part <= 10; part += 1) {
    let [count, ms, cpuUs] = [0, 0, 0];
    const goal = Math.round((messages * part) / 10);
    if (filled >= goal) continue;
    while (filled < goal) {
      const chunks = chunksOf(feed, goal - filled);
      const [begin, before] = [performance.now(), process.cpuUsage()];
      await indexAll(view, chunks);
      const used = process.cpuUsage(before);
      ms += performance.now() - begin;
      cpuUs += used.user + used.system;
      const taken = chunks.reduce((sum, chunk) => sum + chunk.messages, 0);
      count += taken;
      filled += taken;
    }
    const memory = Math.round(process.memoryUsage.rss() / 1e6);
    const rate = Math.round(count / (ms / 1000));
    console.log(
      `${filled} messages: ${rate}/s, ${(cpuUs / count).toFixed(1)} us of processor each, ${memory} MB resident`,
    );
  }
}

/** The next messages in chunks: so many, or as many as are made at once. */
function chunksOf(feed: Feed, count: number): Chunk[] {
  const chunks: Chunk[] = [];
  for (let left = count; left > 0 && chunks.length < CHUNKS_AT_ONCE; left -= chunks.at(-1)!.messages) {
    chunks.push(feed.chunk(left));
  }
  return chunks;
}

async function indexAll(view: NodeView, chunks: readonly Chunk[]): Promise<void> {
  let next = 0;
  await new Promise<void>((resolve) => {
    const indexNext = () => {
      const chunk = chunks[next];
      if (chunk === undefined) {
        if (view.underWay === 0) resolve();
        return;
      }
      next += 1;
      index(view, chunk, indexNext);
    };
    for (let ahead = 0; ahead < CHUNKS_AHEAD; ahead += 1) indexNext();
  });
}

/** History while messages arrive, each query timed from when it was due. */
async function queryWhileArriving(view: NodeView, feed: Feed): Promise<void> {
  const times: number[] = [];
  const begin = performance.now();
  let [arrived, asked] = [0, 0];
  while (performance.now() - begin < ARRIVING_SECONDS * 1000 || view.underWay > 0) {
    const elapsed = Math.min(performance.now() - begin, ARRIVING_SECONDS * 1000) / 1000;
    const due = Math.floor(elapsed * ARRIVING_PER_SECOND) - arrived;
    if (due > 0) {
      const chunk = feed.chunk(due);
      arrived += chunk.messages;
      index(view, chunk, () => undefined);
    }
    for (; asked < Math.floor(elapsed * QUERIES_PER_SECOND); asked += 1) {
      const dueMs = begin + (asked / QUERIES_PER_SECOND) * 1000;
      view.query(historyQuery(), () => times.push(performance.now() - dueMs));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  printTimes(`history, 50, while ${ARRIVING_PER_SECOND} messages arrive each second`, times);
}

async function timeQueries(view: NodeView, what: string, make: () => ViewQuery): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < QUERIES_PER_KIND; round += 1) {
    const query = make();
    const begin = performance.now();
    await ask(view, query);
    times.push(performance.now() - begin);
  }
  printTimes(what, times);
}

function printTimes(what: string, times: number[]): void {
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor((times.length - 1) * share)]!.toFixed(2);
  console.log(`${what}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms`);
}

function historyQuery(): Extract<ViewQuery, { kind: 'history' }> {
  const one = Math.floor(Math.random() * accounts);
  const conversation = conversationKey(conversationOf(one, (one + 1) % accounts));
  return { kind: 'history', conversation, before: undefined, limit: 50 };
}

async function queryAll(view: NodeView, held: Vector): Promise<void> {
  const account = () => Math.floor(Math.random() * accounts);
  const recent = new Vector(held.entries().map(({ origin, seq }) => ({ origin, seq: Math.floor(seq * 0.99) })));
  const stream = (after: Vector) => () => ({ kind: 'stream', stream: streamOf(account()), after, limit: 200 }) as const;
  await timeQueries(view, 'stream, nothing lacking', stream(held));
  await timeQueries(view, 'stream, the last 1 % lacking', stream(recent));
  await timeQueries(view, 'stream, 200 of everything', stream(new Vector()));
  await timeQueries(view, 'waiting, everything', () => ({
    kind: 'waiting',
    stream: streamOf(account()),
    after: new Vector(),
  }));
  await timeQueries(view, 'history, 50', historyQuery);
  await timeQueries(view, 'sent', () => ({
    kind: 'sent',
    conversation: historyQuery().conversation,
    client: `0123456789abcdef${account().toString(16).padStart(16, '0')}`,
    counter: 1,
  }));
  const names = Array.from({ length: NAMES }, (_, index) => ({ name: `account-${index}`, visible: true }));
  const batch = { appliedTo: positionOf(2, 0), entities: [], removedStreams: [], names, moved: [] };
  await new Promise<void>((resolve) => view.commit(batch, resolve));
  const list = (pattern: string) => () => ({ kind: 'names', pattern, after: '', limit: 500 }) as const;
  await timeQueries(view, `names, the first 500 of ${NAMES}`, list(''));
  await timeQueries(view, `names, none of ${NAMES}`, list('^(x+)+y$'));
}

const directory = temporaryDirectory();
const feed = new Feed(directory);
const options = {
  directory,
  logDirectory: directory,
  onFailure: (error: Error) => {
    throw error;
  },
  onReport: console.log,
};
const { view } = await openView(options);
view.reset(1);
console.log(`${messages} messages, ${accounts} accounts`);
await fill(view, feed);
await queryWhileArriving(view, feed);
await queryAll(view, feed.held);
const closing = performance.now();
await view.close();
console.log(`close: ${(performance.now() - closing).toFixed(0)} ms`);
const opening = performance.now();
const again = await openView(options);
console.log(`open: ${(performance.now() - opening).toFixed(0)} ms`);
await again.view.close();
for (const name of readdirSync(directory))
  console.log(`${name}: ${(statSync(join(directory, name)).size / 1e6).toFixed(0)} MB`);
feed.close();
