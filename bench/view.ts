/**
 * The view database: message rows taken in each second, what they cost the main thread, and the time of queries.
 * `node dist/bench/view.js [messages] [accounts]`; each message is in one conversation and two streams.
 */
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { encodeRecord } from '#src/core/model/record.js';
import { positionOf, segmentFileName } from '#src/core/model/position.js';
import { Vector } from '#src/core/model/vector.js';
import type { MessageRow, ViewAnswers, ViewBatch, ViewQuery } from '#src/core/ports/view.js';
import { openView, type NodeView } from '#src/io/node/view.js';

const MESSAGES_PER_BATCH = 500;
/** Batches under way at once; as many as keep the thread busy. */
const BATCHES_AHEAD = 4;
const BODY_BYTES = 200;
/** Each account writes to so many others. */
const PARTNERS = 5;
const QUERIES_PER_KIND = 300;
const NAMES = 100_000;
const origins = [7e15 + 11, 5e15 + 12, 3e15 + 13];

const messages = Number(process.argv[2] ?? 1_000_000);
const accounts = Number(process.argv[3] ?? 10_000);

/** A log of one long segment, and rows that fit it. */
class Feed {
  readonly #file: number;
  readonly #seqs = origins.map(() => 0);
  readonly #counters = new Map<number, number>();
  #size = 0;
  #time = 1.79e15;

  constructor(directory: string) {
    this.#file = openSync(join(directory, segmentFileName(1)), 'w');
  }

  /** The vector of the last message. */
  get held(): Vector {
    return new Vector(origins.map((origin, index) => ({ origin, seq: this.#seqs[index]! })));
  }

  batch(): ViewBatch {
    const records: Uint8Array[] = [];
    const rows = Array.from({ length: MESSAGES_PER_BATCH }, () => this.#row(records));
    writeSync(this.#file, Buffer.concat(records));
    return {
      appliedTo: positionOf(1, this.#size),
      entities: [],
      messages: rows,
      removedStreams: [],
      names: [],
      moved: [],
    };
  }

  close(): void {
    closeSync(this.#file);
  }

  #row(records: Uint8Array[]): MessageRow {
    const index = Math.floor(Math.random() * origins.length);
    const origin = origins[index]!;
    const seq = (this.#seqs[index] = this.#seqs[index]! + 1);
    const time = (this.#time += 50);
    const sender = Math.floor(Math.random() * accounts);
    const recipient = (sender + 1 + Math.floor(Math.random() * PARTNERS)) % accounts;
    const counter = (this.#counters.get(sender) ?? 0) + 1;
    this.#counters.set(sender, counter);
    const record = encodeRecord({ origin, seq, time, previous: 0, kind: 1 }, new Uint8Array(BODY_BYTES));
    records.push(record);
    const position = positionOf(1, this.#size);
    this.#size += record.length;
    const streams = [streamOf(sender), streamOf(recipient)];
    const conversation = conversationOf(sender, recipient);
    const client = `0123456789abcdef${sender.toString(16).padStart(16, '0')}`;
    return {
      origin,
      seq,
      time,
      position,
      length: record.length,
      conversation,
      streams,
      secondCopy: false,
      client,
      counter,
    };
  }
}

function streamOf(account: number): string {
  return `1yv0dfx4f2z-${account + 1}`;
}

function conversationOf(one: number, other: number): string {
  return `d:${streamOf(Math.min(one, other))}:${streamOf(Math.max(one, other))}`;
}

async function ask<Q extends ViewQuery>(view: NodeView, query: Q): Promise<ViewAnswers[Q['kind']]> {
  return new Promise((resolve) => view.query(query, resolve));
}

/** Commits batches, some at once; prints the rate of each tenth, and what `commit` and its answer took of this thread. */
async function fill(view: NodeView, feed: Feed): Promise<void> {
  const tenth = Math.ceil(messages / MESSAGES_PER_BATCH / 10);
  for (let part = 1; part <= 10; part += 1) {
    const batches = Array.from({ length: tenth }, () => feed.batch());
    const begin = performance.now();
    let mainMs = 0;
    let next = 0;
    await new Promise<void>((resolve) => {
      const commitNext = () => {
        const batch = batches[next];
        if (batch === undefined) {
          if (view.lagBatches === 0) resolve();
          return;
        }
        next += 1;
        const before = performance.now();
        view.commit(batch, commitNext);
        mainMs += performance.now() - before;
      };
      for (let ahead = 0; ahead < BATCHES_AHEAD; ahead += 1) commitNext();
    });
    const count = tenth * MESSAGES_PER_BATCH;
    const rate = count / ((performance.now() - begin) / 1000);
    const mainUs = (mainMs * 1000) / count;
    console.log(`${part * count} messages: ${Math.round(rate)}/s, main thread ${mainUs.toFixed(2)} us each`);
  }
}

async function timeQueries(view: NodeView, what: string, make: () => ViewQuery): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < QUERIES_PER_KIND; round += 1) {
    const query = make();
    const begin = performance.now();
    await ask(view, query);
    times.push(performance.now() - begin);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor((times.length - 1) * share)]!.toFixed(2);
  console.log(`${what}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms`);
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
  const conversation = () => {
    const one = account();
    return conversationOf(one, (one + 1) % accounts);
  };
  await timeQueries(view, 'history, 50', () => ({
    kind: 'history',
    conversation: conversation(),
    before: undefined,
    limit: 50,
  }));
  await timeQueries(view, 'sent', () => ({
    kind: 'sent',
    conversation: conversation(),
    client: `0123456789abcdef${account().toString(16).padStart(16, '0')}`,
    counter: 1,
  }));
  const names = Array.from({ length: NAMES }, (_, index) => ({ name: `account-${index}`, visible: true }));
  const batch = { appliedTo: positionOf(2, 0), entities: [], messages: [], removedStreams: [], names, moved: [] };
  await new Promise<void>((resolve) => view.commit(batch, resolve));
  const list = (pattern: string) => () => ({ kind: 'names', pattern, after: '', limit: 500 }) as const;
  await timeQueries(view, `names, the first 500 of ${NAMES}`, list(''));
  await timeQueries(view, `names, none of ${NAMES}`, list('^(x+)+y$'));
}

const directory = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
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
console.log(`${messages} messages, ${accounts} accounts, batches of ${MESSAGES_PER_BATCH}`);
await fill(view, feed);
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
rmSync(directory, { recursive: true });
