import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { Heads } from './heads.js';
import { fillHoles, type HoleToFill, type LackingChain } from './hole-filling.js';
import { Chains, nameOf, type TestRecord } from './log.testing.js';
import { SegmentScan, type SegmentScanOptions } from './segment-scan.js';

const OFFSET = 32;

interface MadeSegment {
  readonly before: Heads;
  readonly after: Heads;
  readonly records: readonly TestRecord[];
  readonly bytes: Uint8Array;
}

function makeSegment(
  records: readonly { readonly origin: number; readonly bodyBytes: number }[],
  first: number,
): MadeSegment {
  const chains = new Chains();
  const heads = new Heads();
  const all = records.map(({ origin, bodyBytes }) => chains.next(origin, bodyBytes));
  for (const { header } of all.slice(0, first)) heads.advance(header);
  const before = heads.clone();
  const here = all.slice(first);
  for (const { header } of here) heads.advance(header);
  return { before, after: heads, records: here, bytes: joined(here) };
}

function joined(records: readonly { readonly bytes: Uint8Array }[]): Uint8Array {
  return Uint8Array.from(records.flatMap(({ bytes }) => [...bytes]));
}

function scanned(bytes: Uint8Array, made: MadeSegment, piece: number, notEnds?: ReadonlySet<number>): SegmentScan {
  const options: SegmentScanOptions = {
    offset: OFFSET,
    before: made.before,
    after: made.after,
    held: made.after,
    ...(notEnds !== undefined && { notEnds }),
  };
  const scan = new SegmentScan(options);
  for (let at = 0; at < bytes.length; at += piece) scan.feed(bytes.subarray(at, at + piece));
  scan.end();
  return scan;
}

/** What the segment is once what is lacking has been put back; undefined where it does not fit. */
function mended(damaged: Uint8Array, made: MadeSegment, scan: SegmentScan): Uint8Array | undefined {
  const chains = scan.gaps.map(({ origin, after, last, firstHole, lastHole }): LackingChain => ({
    records: made.records.filter(
      ({ header }) => header.origin === origin && header.seq > (after?.seq ?? 0) && header.seq <= last.seq,
    ),
    firstHole,
    lastHole,
  }));
  const end = OFFSET + damaged.length;
  const holes = scan.holes.map(({ offset, bytes }): HoleToFill => ({
    remains: damaged.subarray(offset - OFFSET, offset - OFFSET + bytes),
    isOpen: offset + bytes === end,
  }));
  const filled = fillHoles(holes, chains);
  if ('unfilled' in filled) return undefined;
  const parts = [...damaged];
  for (const [index, records] of filled.entries()) {
    parts.splice(scan.holes[index]!.offset - OFFSET, joined(records).length, ...joined(records));
  }
  return Uint8Array.from(parts);
}

const recordShapes = fc.array(
  fc.record({
    origin: fc.integer({ min: 1, max: 4 }),
    bodyBytes: fc.oneof(fc.integer({ min: 0, max: 90 }), fc.constant(20)),
  }),
  { minLength: 1, maxLength: 60, size: 'max' },
);

test('[S30] whatever bytes of a segment are changed, scan and chains tell what stood there, and it is put back', () => {
  let damagedPlaces = 0;
  fc.assert(
    fc.property(
      recordShapes,
      fc.nat({ max: 20 }),
      fc.array(fc.record({ at: fc.nat(), mask: fc.integer({ min: 1, max: 255 }) }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 4000 }),
      (shapes, before, flips, piece) => {
        const made = makeSegment(shapes, Math.min(before, shapes.length - 1));
        const damaged = made.bytes.slice();
        for (const { at, mask } of flips) damaged[at % damaged.length]! ^= mask;
        const scan = scanned(damaged, made, piece);
        damagedPlaces += scan.holes.length;
        assert.deepEqual(mended(damaged, made, scan), made.bytes);
      },
    ),
    { numRuns: 500 },
  );
  assert.ok(damagedPlaces > 500, String(damagedPlaces));
});

test('[S30] a cut or zeroed stretch comes back with the same records', () => {
  fc.assert(
    fc.property(recordShapes, fc.nat(), fc.nat(), fc.boolean(), (shapes, from, length, isCut) => {
      const made = makeSegment(shapes, 0);
      const start = from % made.bytes.length;
      const damaged = isCut ? made.bytes.slice(0, start) : made.bytes.slice().fill(0, start, start + (length % 700));
      const whole = mended(damaged, made, scanned(damaged, made, 1000));
      assert.ok(whole !== undefined && whole.length === made.bytes.length);
      const again = scanned(whole, made, 1000);
      assert.deepEqual([again.holes, again.gaps, again.records], [[], [], made.records.length]);
    }),
    { numRuns: 500 },
  );
});

test('a segment without damage has no holes, in whatever pieces it is read', () => {
  const made = makeSegment(
    Array.from({ length: 40 }, (_, index) => ({ origin: 1 + (index % 3), bodyBytes: index })),
    7,
  );
  for (const piece of [1, 39, 40, 1000]) {
    const scan = scanned(made.bytes, made, piece);
    assert.deepEqual([scan.holes, scan.gaps, scan.records], [[], [], 33]);
    assert.deepEqual(
      scan.heads.entries(),
      made.after.entries().map(([origin, { seq, checksum }]) => {
        const head = scan.heads.get(origin)!;
        assert.deepEqual([head.seq, head.checksum], [seq, checksum]);
        return [origin, head];
      }),
    );
  }
});

test('[S31] a record forged inside a damaged text fits nothing, and another end of the place is tried', () => {
  const chains = new Chains();
  const one = chains.next(5);
  // Someone has put a record of a later seq into a text.
  const later = new Chains();
  for (let seq = 1; seq < 4; seq += 1) later.next(5);
  const forged = later.next(5, 30).bytes;
  const body = new Uint8Array(forged.length + 60).fill(66);
  body.set(forged, 25);
  const rest = [chains.next(5, body), chains.next(5), chains.next(5), chains.next(5)];
  const records = [one, ...rest];
  const after = new Heads();
  for (const { header } of records) after.advance(header);
  const made = { before: new Heads(), after, records, bytes: joined(records) };
  const damaged = made.bytes.slice();
  const start = one.bytes.length;
  damaged[start] = 0x77;
  const misled = scanned(damaged, made, 1000);
  assert.equal(misled.holes[0]!.offset + misled.holes[0]!.bytes, OFFSET + start + 40 + 25);
  assert.equal(mended(damaged, made, misled), undefined);
  const scan = scanned(damaged, made, 1000, new Set([OFFSET + start + 40 + 25]));
  assert.deepEqual(mended(damaged, made, scan), made.bytes);
});

test('[S31] what a crash left of a write, which no chain lacks, is not filled', () => {
  const made = makeSegment(
    [
      { origin: 1, bodyBytes: 20 },
      { origin: 2, bodyBytes: 20 },
    ],
    0,
  );
  const withRest = Uint8Array.from([...made.bytes, ...new Uint8Array(100).fill(9)]);
  const scan = scanned(withRest, made, 1000);
  assert.deepEqual([scan.holes.length, scan.gaps], [1, []]);
  assert.deepEqual(mended(withRest, made, scan), withRest);
});

test('two holes between which an origin is not seen share its records by what still stands in them', () => {
  const made = makeSegment(
    [1, 2, 1, 2, 2, 1, 2, 1].map((origin) => ({ origin, bodyBytes: 20 })),
    0,
  );
  const size = made.records[0]!.bytes.length;
  const damaged = made.bytes.slice();
  damaged[2 * size + 5]! ^= 1;
  damaged[5 * size + 5]! ^= 1;
  const scan = scanned(damaged, made, 1000);
  assert.deepEqual(
    scan.gaps.map(({ origin, firstHole, lastHole }) => [origin, firstHole, lastHole]),
    [[1, 0, 1]],
  );
  assert.deepEqual(mended(damaged, made, scan), made.bytes);
  assert.equal(nameOf(made.records[5]!.header), '1-3');
});
