import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import type { Position } from '../model/position.js';
import { Chains, nameOf, openLog, SteppedDisk, type OpenedLog, type TestRecord } from './log.testing.js';

type Action =
  | { readonly kind: 'append'; readonly origin: number; readonly bodyBytes: number }
  | { readonly kind: 'flush' | 'step' | 'restart' }
  | { readonly kind: 'crash'; readonly seed: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      origin: fc.integer({ min: 1, max: 3 }),
      bodyBytes: fc.integer({ min: 0, max: 900 }),
    }),
  },
  { weight: 5, arbitrary: fc.constantFrom({ kind: 'flush' } as const, { kind: 'step' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' } as const) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('crash' as const), seed: fc.nat() }),
  },
);

interface Placed extends TestRecord {
  readonly position: Position;
}

/** A log, and beside it what it must hold. */
class ModelledLog {
  readonly #segmentBytes = 2500;
  readonly #world = new SteppedDisk();
  readonly #chains = new Chains();
  #opened: OpenedLog = openLog(this.#world.disk, { segmentBytes: this.#segmentBytes });
  /** What was appended or visited, in the order of the log. */
  #records: Placed[] = [];
  /** Positions of those that were confirmed at some time. */
  readonly #confirmed = new Set<Position>();
  crashes = 0;
  tails = { cut: 0, kept: 0 };

  take(action: Action): void {
    if (action.kind === 'append') this.#append(action.origin, action.bodyBytes);
    else if (action.kind === 'flush') this.#opened.log.flush();
    else if (action.kind === 'step') this.#world.step();
    else if (action.kind === 'crash') this.#crash(action.seed);
    else this.#restart();
    this.#noteConfirmed();
  }

  #append(origin: number, bodyBytes: number): void {
    const record = this.#chains.next(origin, bodyBytes);
    this.#records.push({ ...record, position: this.#opened.log.append(record.bytes, record.header) });
  }

  #noteConfirmed(): void {
    for (const { position } of this.#records) {
      if (position < this.#opened.log.durableEnd) this.#confirmed.add(position);
    }
    const durable = this.#records.filter(({ position }) => this.#confirmed.has(position));
    for (const { header } of durable) assert.ok(this.#opened.log.durable.covers(header));
  }

  #restart(): void {
    this.#opened.log.flush();
    this.#world.settle();
    this.#open();
    assert.equal(this.#opened.report.cut, undefined);
  }

  #crash(seed: number): void {
    this.crashes += 1;
    let state = seed;
    this.#world.crash((below) => {
      // Numerical Recipes' congruential generator; its high bits are good enough to tear a write.
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    });
    this.#open();
    if (this.#opened.report.cut !== undefined) this.tails.cut += 1;
    if (this.#opened.report.holes.length > 0) this.tails.kept += 1;
  }

  #open(): void {
    this.#opened = openLog(this.#world.disk, { segmentBytes: this.#segmentBytes });
    this.#world.settle();
    const { positions, visited, log } = this.#opened;
    const appendedAt = new Map(this.#records.map((record) => [record.position, record]));
    const survivors = positions.map((position) => appendedAt.get(position));
    assert.deepEqual(
      survivors.map((record) => record && nameOf(record.header)),
      visited,
      'what is visited was appended, in order and at the same place',
    );
    const seen = new Set(positions);
    for (const { position } of this.#records) assert.ok(seen.has(position) || !this.#confirmed.has(position));
    this.#records = survivors.filter((record) => record !== undefined);
    this.#chains.rewind(this.#records);
    // What was found at a start is durable, since it was read from the disk.
    for (const position of positions) this.#confirmed.add(position);
    assert.equal(log.held().total, this.#records.length);
    this.#resumeFromSomewhere();
  }

  #resumeFromSomewhere(): void {
    const { positions, visited, log } = this.#opened;
    const middle = Math.floor(positions.length / 2);
    const from = { logId: log.id, position: positions[middle] ?? log.end };
    const resumed = openLog(this.#world.disk, { from, segmentBytes: this.#segmentBytes });
    assert.deepEqual(resumed.visited, visited.slice(middle));
    assert.deepEqual(resumed.log.held().entries(), log.held().entries());
    assert.equal(resumed.log.end, log.end);
  }
}

function runLogs(settings: fc.Parameters<[Action[]]>): { crashes: number; cut: number; kept: number } {
  const totals = { crashes: 0, cut: 0, kept: 0 };
  fc.assert(
    fc.property(fc.array(action, { maxLength: 120, size: 'max' }), (actions) => {
      const modelled = new ModelledLog();
      for (const step of actions) modelled.take(step);
      totals.crashes += modelled.crashes;
      totals.cut += modelled.tails.cut;
      totals.kept += modelled.tails.kept;
    }),
    settings,
  );
  return totals;
}

test('[S7] [S11] [S12] whatever happens, what was confirmed is found again, in order, and no origin has a gap', () => {
  runLogs({ numRuns: 400 });
});

test('the runs of one seed are torn in every way, so that runs of other seeds are likely to be', () => {
  const totals = runLogs({ numRuns: 400, seed: 1 });
  assert.ok(totals.crashes > 100 && totals.cut > 20 && totals.kept > 5, JSON.stringify(totals));
});
