/**
 * The search index: what a message costs it, in time and bytes, and how long searches take, at rest and while messages
 * arrive. `node dist/bench/search.js --help`
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { Dot } from '#src/core/model/ids.js';
import { encodeRecord } from '#src/core/model/record.js';
import type { ReadTo } from '#src/core/ports/log-sink.js';
import type { FoundMessage, SearchAnswer, SearchQuery } from '#src/core/ports/search.js';
import { encode } from '#src/core/wire/codec.js';
import { openSearch, type NodeSearch } from '#src/io/node/search.js';
import { readOptions } from './support/options.js';
import { temporaryDirectory } from './support/temporary-directory.js';

const CHUNK_BYTES = 64 * 1024;
/** Chunks under way at once, as from a follower. */
const CHUNKS_AHEAD = 2;
const TEXT_BYTES = 200;
const WORDS = 50_000;
const ACCOUNTS = 20_000;
/** One account takes part in so many of all messages, and one in few. */
const BUSY_PART = 0.01;
const BUSY = 0;
const QUIET = 1;
const QUIET_EVERY = 200_000;
const QUERIES_PER_KIND = 100;
const PAGE = 20;
const origins = [7e15 + 11, 5e15 + 12, 3e15 + 13];

const { messages, rate } = readOptions(
  `Measures the search index alone: what a message costs it, in time and bytes, and how long searches of several kinds take,
${QUERIES_PER_KIND} of each, at rest and then while messages arrive.`,
  {
    messages: { value: 1_000_000, least: 1, meaning: 'messages it is filled with' },
    rate: { value: 5_000, meaning: 'messages a second that arrive while it is searched' },
  },
);

/** Words as often as in a language: the n-th is drawn with a weight of 1/n. */
class Words {
  readonly #sums = new Float64Array(WORDS);

  constructor() {
    let sum = 0;
    for (let rank = 0; rank < WORDS; rank += 1) this.#sums[rank] = sum += 1 / (rank + 1);
  }

  draw(): string {
    const at = Math.random() * this.#sums[WORDS - 1]!;
    let low = 0;
    let high = WORDS - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sums[middle]! < at) low = middle + 1;
      else high = middle;
    }
    return wordOf(low);
  }

  text(): string {
    let text = this.draw();
    while (text.length < TEXT_BYTES) text += ` ${this.draw()}`;
    return text;
  }
}

/** Letters that say the rank, and more of them for rarer words, which have beginnings in common. */
function wordOf(rank: number): string {
  let text = '';
  for (let left = rank + 26; left > 0; left = Math.floor(left / 26)) text += String.fromCharCode(97 + (left % 26));
  return text + 'etaoinsr'.slice(0, Math.min(6, Math.floor(Math.log10(rank + 1) * 2)));
}

/** Microseconds that threads other than this one have used. */
function cpuOfOthers(): number {
  const [user, system] = readFileSync(`/proc/self/task/${process.pid}/stat`, 'utf8')
    .split(') ')[1]!
    .split(' ')
    .slice(11, 13);
  const all = process.cpuUsage();
  return all.user + all.system - (Number(user) + Number(system)) * 10_000;
}

const accountOf = (number: number): Dot => ({ origin: origins[number % 3]!, seq: 10 + number });

class Feed {
  readonly #words = new Words();
  readonly #heads = origins.map(() => ({ seq: 0, checksum: 0 }));
  readonly #client = new Uint8Array(16);
  #time = 1.79e15;
  #position = 100;
  #made = 0;

  /** A chunk of the log with its messages, so many or as many as it has room for, where the next one stands. */
  chunk(count: number): { bytes: Uint8Array; position: number; to: ReadTo; messages: number } {
    const records: Uint8Array[] = [];
    let length = 0;
    while (length < CHUNK_BYTES && records.length < count) {
      const record = this.#record();
      records.push(record);
      length += record.length;
    }
    const position = this.#position;
    this.#position += length;
    const to = { position: this.#position, passedOver: [] };
    return { bytes: Buffer.concat(records), position, to, messages: records.length };
  }

  get made(): number {
    return this.#made;
  }

  #record(): Uint8Array {
    this.#made += 1;
    const index = Math.floor(Math.random() * 3);
    const head = this.#heads[index]!;
    const seq = head.seq + 1;
    // Servers are a few milliseconds apart.
    this.#time += 200;
    const time = this.#time - Math.floor(Math.random() * 5_000);
    const [one, other] = this.#pair();
    const [sender, recipient] = Math.random() < 0.5 ? [one, other] : [other, one];
    const direct = [accountOf(sender), accountOf(recipient)];
    const operation = { client: this.#client, counter: this.#made };
    const op = { sender: accountOf(sender), conversation: { direct }, operation, text: this.#words.text() };
    const header = { origin: origins[index]!, seq, time, previous: head.checksum, kind: 5 };
    const record = encodeRecord(header, encode('MessageSentOp', op));
    head.seq = seq;
    head.checksum = new DataView(record.buffer, record.byteOffset).getUint32(4);
    return record;
  }

  #pair(): [number, number] {
    const other = 2 + Math.floor(Math.random() * (ACCOUNTS - 2));
    if (this.#made % QUIET_EVERY === 0) return [QUIET, other];
    if (Math.random() < BUSY_PART) return [BUSY, 2 + Math.floor(Math.random() * 10)];
    return [2 + ((other * 7) % (ACCOUNTS - 2)), other];
  }
}

const directory = temporaryDirectory();
const { search } = await openSearch({
  directory,
  onFailure: (error) => {
    throw error;
  },
});
search.reset(1);
const feed = new Feed();

/** Resolves when the index has room for one more. */
function index(chunk: ReturnType<Feed['chunk']>): Promise<void> {
  return new Promise((resolve) => search.index(chunk, chunk.to, () => resolve()));
}

async function fill(): Promise<void> {
  const underWay: Promise<void>[] = [];
  let toldAt = performance.now();
  let told = 0;
  let cpuTold = cpuOfOthers();
  while (feed.made < messages) {
    underWay.push(index(feed.chunk(messages - feed.made)));
    if (underWay.length >= CHUNKS_AHEAD) await underWay.shift();
    if (feed.made - told < messages / 5) continue;
    const [now, cpu] = [performance.now(), cpuOfOthers()];
    const wall = ((now - toldAt) * 1000) / (feed.made - told);
    const used = (cpu - cpuTold) / (feed.made - told);
    console.log(
      `${feed.made} messages: ${wall.toFixed(1)} µs each, ${used.toFixed(1)} µs of CPU beside the making of it`,
    );
    [toldAt, told, cpuTold] = [now, feed.made, cpu];
  }
  await Promise.all(underWay);
  // Of few messages nothing is written yet.
  const bytes = ['search.db', 'search.db-wal'].map(
    (file) => statSync(join(directory, file), { throwIfNoEntry: false })?.size ?? 0,
  );
  console.log(`${(bytes[0]! / feed.made).toFixed(0)} bytes each, and ${(bytes[1]! / 2 ** 20).toFixed(0)} MiB of WAL`);
}

async function ask(query: Partial<SearchQuery>): Promise<{ answer: SearchAnswer; ms: number }> {
  const whole: SearchQuery = {
    account: accountOf(BUSY),
    from: undefined,
    with: undefined,
    terms: [],
    after: 0,
    before: undefined,
    limit: PAGE,
    ...query,
  };
  const start = performance.now();
  const answer = await new Promise<SearchAnswer>((resolve) => search.query(whole, resolve));
  return { answer, ms: performance.now() - start };
}

const term = (text: string, prefix = false, excluded = false) => ({ text, prefix, excluded });
const some = (first: number, count: number) => wordOf(first + Math.floor(Math.random() * count));

const kinds: Record<string, () => Promise<number>> = {
  'busy, common word': async () => (await ask({ terms: [term(some(0, 20))] })).ms,
  'busy, common word, page 10': async () => {
    const terms = [term(some(0, 20))];
    let before: FoundMessage | undefined;
    let ms = 0;
    for (let page = 0; page < 10; page += 1) {
      const asked = await ask({ terms, before });
      before = asked.answer.found.at(-1) ?? before;
      ({ ms } = asked);
    }
    return ms;
  },
  'busy, rare word': async () => (await ask({ terms: [term(some(20_000, 30_000))] })).ms,
  'busy, two middling words': async () => (await ask({ terms: [term(some(50, 500)), term(some(50, 500))] })).ms,
  'busy, phrase of common words': async () => (await ask({ terms: [term(`${some(0, 20)} ${some(0, 20)}`)] })).ms,
  'busy, common but not another': async () =>
    (await ask({ terms: [term(some(0, 20)), term(some(0, 20), false, true)] })).ms,
  'busy, beginning of two letters': async () => (await ask({ terms: [term(some(0, 500).slice(0, 2), true)] })).ms,
  'busy, two beginnings': async () =>
    (await ask({ terms: [term(some(0, 500).slice(0, 2), true), term(some(0, 500).slice(0, 2), true)] })).ms,
  'busy, with:': async () => (await ask({ with: accountOf(5), terms: [term(some(50, 500))] })).ms,
  'busy, from:': async () => (await ask({ from: accountOf(6), terms: [term(some(50, 500))] })).ms,
  'middling, common word': async () => (await ask({ account: accountOf(500), terms: [term(some(0, 20))] })).ms,
  'middling, common and nothing': async () =>
    (await ask({ account: accountOf(700), terms: [term(some(0, 20)), term('nothing1')] })).ms,
  'quiet, common word': async () => (await ask({ account: accountOf(QUIET), terms: [term(some(0, 20))] })).ms,
  'quiet, beginning': async () =>
    (await ask({ account: accountOf(QUIET), terms: [term(some(0, 500).slice(0, 2), true)] })).ms,
  'busy, all of it': async () => (await ask({})).ms,
};

async function time(title: string): Promise<void> {
  console.log(title);
  const all: number[] = [];
  for (const [name, run] of Object.entries(kinds)) {
    const times: number[] = [];
    for (let run1 = 0; run1 < QUERIES_PER_KIND; run1 += 1) times.push(await run());
    all.push(...times);
    console.log(`  ${name.padEnd(34)} ${summary(times)}`);
  }
  console.log(`  ${'all'.padEnd(34)} ${summary(all)}`);
}

function summary(times: number[]): string {
  times.sort((a, b) => a - b);
  const at = (part: number) =>
    times[Math.min(times.length - 1, Math.floor(times.length * part))]!.toFixed(1).padStart(7);
  return `median ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`;
}

/** Messages at an even rate, whatever the index does. Returns how to stop it, which tells how far behind it was at most. */
function arrive(to: NodeSearch): () => Promise<number> {
  let underWay = 0;
  let most = 0;
  const started = performance.now();
  const before = feed.made;
  const over = new AbortController();
  const ended = (async () => {
    while (!over.signal.aborted) {
      const due = Math.floor(((performance.now() - started) / 1000) * rate) - (feed.made - before);
      if (due > 0) {
        const chunk = feed.chunk(due);
        underWay += chunk.messages;
        most = Math.max(most, underWay);
        to.index(chunk, chunk.to, () => (underWay -= chunk.messages));
      }
      await delay(20);
    }
  })();
  return async () => {
    over.abort();
    await ended;
    return most;
  };
}

await fill();
await time('At rest:');
const stop = arrive(search);
await time(`While ${rate} messages a second arrive:`);
console.log(`at most ${await stop()} messages behind`);
await search.close();
