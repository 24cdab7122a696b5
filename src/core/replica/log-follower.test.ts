import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Position } from '../model/position.js';
import { nothingIndexed, type IndexedTo, type LogHead, type LogSink, type ReadTo } from '../ports/log-sink.js';
import {
  Chains,
  namesIn,
  openLog,
  writtenLog,
  type OpenedLog,
  type SteppedDisk,
  type TestRecord,
} from '../store/log.testing.js';
import { MessagesInLog } from '../wire/messages-in-log.js';
import { LogFollower } from './log-follower.js';
import { Turn } from './turn.js';

/** A follower of a log, and a sink that confirms when the test says so. */
class Following {
  readonly follower: LogFollower;
  readonly log: OpenedLog['log'];
  /** What the sink was given, one text for each call. */
  readonly heard: string[] = [];
  /** Where the sink was told to go on last. */
  to: ReadTo = nothingIndexed;
  /** Places that the mender was asked about, each with what it answers. */
  readonly asked: { readonly position: Position; readonly answer: (isWhole: boolean) => void }[] = [];
  readonly #reader: MessagesInLog;
  readonly #world: SteppedDisk;
  readonly #turn = new Turn();
  rests = false;
  readonly #unconfirmed: (() => void)[] = [];

  constructor(world: SteppedDisk, log: OpenedLog['log'], from: IndexedTo = nothingIndexed) {
    this.#world = world;
    this.log = log;
    this.#reader = new MessagesInLog(from.heads);
    this.follower = new LogFollower({
      log,
      turn: this.#turn,
      sink: this.#sink(),
      from,
      damaged: (position, answer) => this.asked.push({ position, answer }),
      advanced: () => undefined,
      rests: () => this.rests,
    });
    this.#turn.atEnd(() => this.follower.pump());
  }

  /** Lets it read to the end of these records, and confirms all. */
  readTo(position: Position, records: readonly TestRecord[]): void {
    this.follower.readTo(position, headsOf(records));
    this.settle();
  }

  settle(): void {
    do {
      this.endTurn();
    } while (this.confirm());
  }

  endTurn(): void {
    this.#turn.run(() => undefined);
    this.#world.settle();
  }

  confirm(): boolean {
    const next = this.#unconfirmed.shift();
    next?.();
    return next !== undefined;
  }

  #sink(): LogSink {
    return {
      index: (chunk, to, done) => {
        this.heard.push(namesIn(chunk).join(' '));
        this.to = to;
        this.#reader.read(chunk, () => undefined);
        const { heads } = this.#reader;
        this.#unconfirmed.push(() => done(heads));
      },
      passOver: (heads, to) => {
        this.heard.push('passed over');
        this.to = to;
        this.#reader.passOver(heads);
      },
    };
  }
}

function headsOf(records: readonly TestRecord[]): LogHead[] {
  const heads = new Map(records.map(({ header }) => [header.origin, header]));
  return [...heads.values()].map(({ origin, seq, checksum }) => ({ origin, seq, checksum }));
}

function recordsOf(...origins: number[]): TestRecord[] {
  const chains = new Chains();
  return origins.map((origin) => chains.next(origin));
}

test('a log is read from the disk and from memory, as far as is told and no further', () => {
  const records = recordsOf(1, 2, 1, 1);
  const { world, positions, end } = writtenLog(records.slice(0, 3));
  const { log } = openLog(world.disk);
  const following = new Following(world, log);
  following.readTo(positions[2]!, records.slice(0, 2));
  assert.deepEqual(following.heard, ['1-1 2-1']);
  following.readTo(end, records.slice(0, 3));
  log.append(records[3]!.bytes, records[3]!.header);
  log.flush();
  world.settle();
  following.settle();
  assert.deepEqual(following.heard, ['1-1 2-1', '1-2']);
  following.readTo(log.end, records);
  assert.deepEqual(following.heard, ['1-1 2-1', '1-2', '1-3']);
  assert.deepEqual(following.to, { position: log.end, passedOver: [] });
});

test('it goes on where the sink had come, over the ends of segments', () => {
  const records = recordsOf(1, 1, 1, 1, 1, 1);
  const { world, positions, end } = writtenLog(records, { segmentBytes: 200 });
  const { log } = openLog(world.disk, { segmentBytes: 200 });
  const following = new Following(world, log, {
    position: positions[2]!,
    passedOver: [],
    heads: headsOf(records.slice(0, 2)),
  });
  following.readTo(end, records);
  assert.equal(following.heard.join(' '), '1-3 1-4 1-5 1-6');
});

test('two chunks are under way at once, and who waits is called when the sink has what was applied then', () => {
  const records = Array.from(
    { length: 5 },
    (() => {
      const chains = new Chains();
      return () => chains.next(1, 60_000);
    })(),
  );
  const { world, positions, end } = writtenLog(records);
  const { log } = openLog(world.disk);
  const following = new Following(world, log);
  following.follower.readTo(positions[3]!, headsOf(records.slice(0, 3)));
  const called: string[] = [];
  following.follower.whenCaughtUp(() => called.push('three'));
  following.follower.readTo(end, headsOf(records));
  for (let turn = 0; turn < 5; turn += 1) following.endTurn();
  assert.deepEqual(following.heard, ['1-1', '1-2']);
  following.confirm();
  following.endTurn();
  following.confirm();
  following.endTurn();
  assert.equal(called.join(), '');
  following.confirm();
  assert.equal(called.join(), 'three');
  following.settle();
  following.follower.whenCaughtUp(() => called.push('all'));
  assert.deepEqual([called, following.follower.lagBehind(log.durable)], [['three', 'all'], 0]);
});

test('a damaged place is waited for, and read once it is whole', () => {
  const records = recordsOf(1, 1, 1);
  const { world, positions, end } = writtenLog(records);
  const { log } = openLog(world.disk);
  world.disk.damage('00000001.log', positions[1]! % 2 ** 32, 1);
  const following = new Following(world, log);
  following.readTo(end, records);
  assert.deepEqual([following.heard, following.asked.map(({ position }) => position)], [['1-1'], [positions[1]]]);
  world.disk.damage('00000001.log', positions[1]! % 2 ** 32, 1);
  following.asked[0]!.answer(true);
  following.settle();
  assert.deepEqual(following.heard, ['1-1', '1-2 1-3']);
});

test('what no server has is passed over, what stands behind it counts then, and it is read once it is mended', () => {
  const records = recordsOf(1, 2, 1, 2, 1);
  const { world, positions, end } = writtenLog(records);
  const { log } = openLog(world.disk);
  const offset = (positions[2]! % 2 ** 32) + 50;
  world.disk.damage('00000001.log', offset, 1);
  const following = new Following(world, log);
  following.readTo(end, records);
  const called: string[] = [];
  following.follower.whenCaughtUp(() => called.push('all'));
  following.asked[0]!.answer(false);
  following.settle();
  assert.equal(called.length, 0);
  // The place is met once more on the way.
  following.asked[1]!.answer(false);
  following.settle();
  assert.deepEqual(following.heard, ['1-1 2-1', '2-2 1-3', 'passed over', '1-1 2-1', '2-2 1-3']);
  const passedOver = [{ start: positions[2]!, end: positions[3]! }];
  assert.deepEqual([called, following.to], [['all'], { position: end, passedOver }]);

  world.disk.damage('00000001.log', offset, 1);
  following.follower.mended();
  following.settle();
  assert.deepEqual(following.heard.slice(5), ['1-2']);
  assert.equal(following.asked.length, 2);
});

test('a segment that cannot be read is passed over as far as it was to be read, and read once it is mended', () => {
  const records = recordsOf(1, 1, 1, 1);
  const { world, positions, end } = writtenLog(records);
  const { log } = openLog(world.disk);
  const following = new Following(world, log);
  for (const [target, count] of [
    [positions[2]!, 2],
    [end, 4],
  ] as const) {
    following.follower.readTo(target, headsOf(records.slice(0, count)));
    // Met on the way there, and again where what stands behind it is to count.
    for (let time = 0; time < 2; time += 1) world.disk.failNext('read', { state: 'failed', reason: 'bad sector' });
    for (let time = 0; time < 2; time += 1) {
      following.settle();
      following.asked.pop()!.answer(false);
    }
    following.settle();
  }
  assert.deepEqual(following.heard, ['passed over', 'passed over']);
  assert.deepEqual(
    following.to.passedOver.map((range) => range.end),
    [end],
  );

  following.follower.mended();
  following.settle();
  assert.deepEqual(following.heard.slice(2), ['1-1 1-2 1-3 1-4']);
  assert.deepEqual(following.to, { position: end, passedOver: [] });
});

test('what stands behind a gap of the log does not count, and comes again', () => {
  const records = recordsOf(1, 1, 1);
  const { world, positions, end } = writtenLog(records);
  world.disk.damage('00000001.log', (positions[1]! % 2 ** 32) + 50, 1);
  const { log } = openLog(world.disk);
  assert.equal(log.durable.get(1), 1);
  const following = new Following(world, log);
  following.readTo(end, records.slice(0, 1));
  following.asked[0]!.answer(false);
  following.settle();
  for (const { bytes, header } of records.slice(1)) log.append(bytes, header);
  log.flush();
  world.settle();
  following.readTo(log.end, records);
  assert.deepEqual(following.heard, ['1-1', '1-3', '1-2 1-3']);
  assert.equal(following.follower.lagBehind(log.durable), 0);
});

test('a sink that rests is given nothing until somebody waits for it', () => {
  const records = recordsOf(1, 1);
  const { world, end } = writtenLog(records);
  const { log } = openLog(world.disk);
  const following = new Following(world, log);
  following.rests = true;
  following.readTo(end, records);
  assert.deepEqual(following.heard, []);
  let isCaughtUp = false;
  following.follower.whenCaughtUp(() => {
    isCaughtUp = true;
  });
  following.settle();
  assert.deepEqual([following.heard, isCaughtUp], [['1-1 1-2'], true]);
});
