import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChatState } from '../chat/state.js';
import { limits } from '../model/limits.js';
import { bodyOf, type LogChunk } from '../model/record.js';
import { Vector } from '../model/vector.js';
import { nothingIndexed } from '../ports/log-sink.js';
import type { MessagePlace, View, ViewBatch } from '../ports/view.js';
import { Chains, namesIn, openLog, writtenLog } from '../store/log.testing.js';
import { encode } from '../wire/codec.js';
import { MessagesInLog } from '../wire/messages-in-log.js';
import { Rush } from './rush.js';
import { Turn } from './turn.js';
import { ViewFeed } from './view-feed.js';

/** A feed of a log of so many ops, into a view database that confirms batches and chunks when the test says so. */
class Feeding {
  readonly feed: ViewFeed;
  readonly batches: ViewBatch[] = [];
  readonly chunks: LogChunk[] = [];
  /** The chunks and queries that the view was given, in order. */
  readonly told: ('chunk' | 'query')[] = [];
  /** What cannot be read of what a query finds. */
  unreadable: MessagePlace[] = [];
  /** What was looked for, each with what to say of it. */
  readonly lookedFor: { readonly places: readonly MessagePlace[]; readonly answer: (areFound: boolean) => void }[] = [];
  /** Answers the queries, none of which finds anything. */
  readonly answers: (() => void)[] = [];
  /** Chunks hold nothing that counts, as where what stands before them cannot be read. */
  isBehindGap = false;
  readonly #unconfirmed: (() => void)[] = [];
  readonly #records;
  readonly #written;
  readonly #state = new ChatState();
  readonly #turn = new Turn();
  #applied = 0;

  constructor(ops: number) {
    const chains = new Chains();
    // The records of chains are of this kind.
    const body = encode('AccountConfirmedOp', { account: { origin: 1, seq: 1 }, seen: [] });
    this.#records = Array.from({ length: ops }, () => chains.next(5, body));
    this.#written = writtenLog(this.#records);
    this.feed = new ViewFeed(this.#view(), this.#state, this.#turn, 0, (places, answer) =>
      this.lookedFor.push({ places, answer }),
    );
    const { log } = openLog(this.#written.world.disk);
    this.feed.follow(log, nothingIndexed, () => assert.fail('nothing is damaged'), new Rush(0));
    this.#turn.atEnd(() => this.feed.endTurn(false));
  }

  /** Where the ops end that were applied. */
  get end(): number {
    return this.#written.positions[this.#applied] ?? this.#written.end;
  }

  apply(ops: number): void {
    for (const { bytes, header } of this.#records.slice(this.#applied, this.#applied + ops)) {
      this.#state.apply(header, bodyOf(bytes));
      this.#applied += 1;
      this.feed.applied(this.end);
    }
  }

  /** Ends a turn, and what it asks of the disk. */
  endTurn(): void {
    this.#turn.run(() => undefined);
    this.#written.world.settle();
  }

  /** Confirms the next batch or chunk, if there is one. */
  confirm(): boolean {
    const next = this.#unconfirmed.shift();
    next?.();
    this.#written.world.settle();
    return next !== undefined;
  }

  #view(): View {
    const reader = new MessagesInLog([]);
    return {
      commit: (batch, done) => {
        this.batches.push(batch);
        this.#unconfirmed.push(done);
      },
      index: (chunk, _, done) => {
        this.chunks.push(chunk);
        this.told.push('chunk');
        if (!this.isBehindGap) reader.read(chunk, () => undefined);
        const { heads } = reader;
        this.#unconfirmed.push(() => done(heads));
      },
      passOver: (heads) => {
        assert.ok(this.isBehindGap, 'nothing is lacking');
        reader.passOver(heads);
      },
      query: (_, done) => {
        this.told.push('query');
        this.answers.push(() => done({ ...nothing, unreadable: this.unreadable } as never));
      },
    };
  }
}

const nothing = { records: [], more: false, unreadable: [] };
const stream = { kind: 'stream', stream: 'anna', after: new Vector(), limit: 9 } as const;

test('one batch is under way at a time, and what was applied meanwhile is the next', () => {
  const feeding = new Feeding(3);
  feeding.apply(1);
  const first = feeding.end;
  feeding.feed.flush();
  feeding.apply(2);
  feeding.feed.flush();
  assert.deepEqual(
    feeding.batches.map((batch) => batch.appliedTo),
    [first],
  );
  feeding.confirm();
  feeding.feed.flush();
  assert.equal(feeding.batches.at(-1)!.appliedTo, feeding.end);
});

test('messages are read as far as the last batch goes, and a query waits for all that is applied', () => {
  const feeding = new Feeding(3);
  feeding.apply(2);
  feeding.endTurn();
  assert.deepEqual([feeding.batches.length, feeding.chunks.length, feeding.feed.lagOps], [0, 0, 2]);
  feeding.feed.flush();
  feeding.endTurn();
  assert.deepEqual(feeding.chunks.map(namesIn), [['5-1', '5-2']]);
  feeding.apply(1);
  feeding.feed.query(stream, () => undefined);
  feeding.endTurn();
  assert.deepEqual(feeding.chunks.map(namesIn), [['5-1', '5-2'], ['5-3']]);
  assert.deepEqual(feeding.told, ['chunk', 'chunk', 'query'], 'it is asked behind what it has to see');
  while (feeding.confirm());
  assert.equal(feeding.feed.lagOps, 0);
  feeding.feed.query(stream, () => undefined);
  assert.deepEqual(feeding.told.at(-1), 'query', 'nothing is waited for');
});

test('a query is asked again where what it had to see did not count when it was read', () => {
  const feeding = new Feeding(2);
  feeding.isBehindGap = true;
  feeding.apply(2);
  let answers = 0;
  feeding.feed.query(stream, () => (answers += 1));
  feeding.endTurn();
  assert.deepEqual(feeding.told, ['chunk', 'query']);
  while (feeding.confirm());
  feeding.answers.shift()!();
  feeding.endTurn();
  assert.equal(answers, 0, 'the answer may have a gap');
  while (feeding.answers.length === 0) assert.ok(feeding.confirm(), 'it is asked again');
  feeding.answers.shift()!();
  assert.deepEqual([answers, feeding.feed.lagOps], [1, 0]);
});

test('a turn that brings little starts no batch of its own', () => {
  const feeding = new Feeding(limits.viewBatchOpsMin);
  feeding.apply(limits.viewBatchOpsMin - 1);
  feeding.endTurn();
  assert.equal(feeding.batches.length, 0);
  feeding.apply(1);
  feeding.endTurn();
  assert.equal(feeding.batches.length, 1);
});

test('whoever brings more than the view database can take waits until half of it is done', () => {
  const feeding = new Feeding(5_000);
  feeding.apply(5_000);
  // As many as a log of a test can hold are applied again and again.
  for (let op = 5_000; op < limits.viewLagOpsMax; op += 1) feeding.feed.applied(feeding.end);
  assert.ok(feeding.feed.isFull);
  const told: string[] = [];
  feeding.feed.whenRoom(() => void told.push('room'));
  feeding.endTurn();
  while (told.length === 0) assert.ok(feeding.confirm(), 'there is room');
  assert.equal(feeding.feed.isFull, false);
  assert.ok(feeding.feed.lagOps <= limits.viewLagOpsMax / 2);
});

test('a server that stops commits what it has applied and nothing that becomes durable after that', () => {
  const feeding = new Feeding(2);
  feeding.apply(1);
  const { end } = feeding;
  feeding.feed.end();
  feeding.apply(1);
  feeding.feed.flush();
  feeding.feed.query(stream, () => assert.fail('nobody is answered'));
  feeding.endTurn();
  assert.deepEqual(
    feeding.batches.map((batch) => batch.appliedTo),
    [end],
  );
  assert.deepEqual(feeding.chunks, []);
});

test('a record that cannot be read where it was found is looked for once, and then left out', () => {
  const feeding = new Feeding(1);
  feeding.apply(1);
  feeding.feed.flush();
  feeding.endTurn();
  while (feeding.confirm());
  const [one, other] = [1, 2].map((seq) => ({ origin: 5, seq, position: 100 * seq }));
  let answers = 0;
  feeding.unreadable = [one!];
  feeding.feed.query(stream, () => (answers += 1));
  feeding.answers.shift()!();
  feeding.lookedFor[0]!.answer(true);
  feeding.unreadable = [one!, other!];
  feeding.answers.shift()!();
  assert.deepEqual(
    feeding.lookedFor.map(({ places }) => places),
    [[one], [other]],
  );
  feeding.lookedFor[1]!.answer(true);
  feeding.answers.shift()!();
  assert.deepEqual([answers, feeding.lookedFor.length], [1, 2]);
});
