import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { IntervalSet } from './interval-set.js';

test('an interval set holds what a set holds, in as few runs as there are', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (values) => {
      const intervals = new IntervalSet();
      const model = new Set<number>();
      for (const value of values) {
        assert.equal(intervals.add(value), !model.has(value));
        model.add(value);
      }
      for (let value = 1; value <= 41; value += 1) assert.equal(intervals.has(value), model.has(value));
      const starts = [...model].filter((value) => !model.has(value - 1)).sort((a, b) => a - b);
      const ends = [...model].filter((value) => !model.has(value + 1)).sort((a, b) => a - b);
      assert.deepEqual(
        intervals.bounds,
        starts.flatMap((start, index) => [start, ends[index]!]),
      );
    }),
  );
});

test('a run that is added holds what its values hold, added one by one', () => {
  const runs = fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat(6)));
  fc.assert(
    fc.property(runs, (added) => {
      const [one, other] = [new IntervalSet(), new IntervalSet()];
      for (const [first, more] of added) {
        let isNew = false;
        for (let value = first; value <= first + more; value += 1) isNew = other.add(value) || isNew;
        assert.equal(one.addRun(first, first + more), isNew);
        assert.deepEqual(one.bounds, other.bounds);
      }
      assert.equal(one.last, other.bounds.at(-1) ?? 0);
    }),
  );
});

test('a million counters in order are one run', () => {
  const intervals = new IntervalSet();
  for (let counter = 1; counter <= 1_000_000; counter += 1) intervals.add(counter);
  assert.deepEqual(intervals.bounds, [1, 1_000_000]);
});
