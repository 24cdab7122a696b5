import assert from 'node:assert/strict';
import { test } from 'node:test';

import { check, type PairRecord } from './check.js';
import { drillLines, exitCodeOf, reportDrill } from './drill-report.js';
import type { DrillOptions, DrillResult } from './run-drill.js';

const options: DrillOptions = {
  ids: [1, 2, 3],
  clients: 2,
  lastsMs: 60_000,
  everyMs: 3_000,
  seed: 7,
  kinds: ['crash', 'freeze', 'split'],
  logs: [],
  names: 'drill',
  signal: new AbortController().signal,
};

const pair: PairRecord = {
  sender: 'drill-0',
  reader: 'drill-1',
  sent: 3,
  acked: new Set([1, 2, 3]),
  seen: [1, 2, 3].map((number) => ({ number, late: false })),
  storedByServer: new Map([1, 2, 3].map((server) => [server, [1, 2, 3]])),
};

const result: DrillResult = {
  ...check([pair]),
  faults: [
    { kind: 'crash', servers: [2], lastsMs: 1_500 },
    { kind: 'freeze', servers: [1], lastsMs: 1_500 },
  ],
  outages: [
    { kind: 'crash', served: 'own', ms: 30 },
    { kind: 'crash', served: 'own', ms: 50 },
    { kind: 'crash', served: 'own', ms: 90.4 },
    { kind: 'freeze', served: 'other', ms: 1_040 },
  ],
  statesEqual: true,
  troubles: [],
  elapsedMs: 60_012,
  opsBefore: 0,
  folder: undefined,
};

/** The report of a drill in which something was made up, and the exit code. */
function reportOf(change: Partial<DrillResult>) {
  const report = reportDrill(options, { ...result, ...change });
  return { report, exitCode: exitCodeOf(report), lines: drillLines(report, 120) };
}

test('a drill in which all is well is told in a small table and exits with 0', () => {
  const { exitCode, lines } = reportOf({});
  assert.equal(exitCode, 0);
  assert.deepEqual(lines, [
    'messages             count',
    'acknowledged             3',
    'lost                     0',
    'duplicated               0',
    'out of order             0',
    'late, and marked so      0',
    '',
    'a client without acknowledgements  times  median ms  worst ms',
    'its server killed                      3         50        90',
    'others frozen                          1       1040      1040',
    '',
    'All is well: 3 servers, 2 clients, 60 seconds, 2 faults (crash 1, freeze 1, split 0), seed 7.',
  ]);
});

test('a drill in which a message was lost, shown twice or out of order, or was never sent exits with 1', () => {
  const cases: [Partial<PairRecord>, RegExp][] = [
    [
      { seen: [1, 3].map((number) => ({ number, late: false })) },
      /Message 2 of drill-0 to drill-1: lost in what drill-1/,
    ],
    [{ storedByServer: new Map([[3, [1, 2]]]) }, /Message 3 of drill-0 to drill-1: lost on server 3/],
    [{ storedByServer: new Map([[3, [1, 2, 2, 3]]]) }, /Message 2 .*: there twice on server 3/],
    [{ seen: [1, 3, 2].map((number) => ({ number, late: false })) }, /Message 2 .*: out of order in what drill-1/],
    [{ storedByServer: new Map([[2, [1, 3, 2]]]) }, /Message 2 .*: behind a later one on server 2/],
    [{ sent: 2, acked: new Set([1, 2]) }, /Message 3 .*: never sent in what drill-1/],
  ];
  for (const [change, expected] of cases) {
    const { exitCode, lines } = reportOf({ ...check([{ ...pair, ...change }]), folder: '/tmp/holdfast-drill-x' });
    assert.equal(exitCode, 1);
    assert.match(lines.join('\n'), expected);
    assert.match(lines.join('\n'), /kept in \/tmp\/holdfast-drill-x\n\nNOT WELL: /);
  }
});

test('states that differ and any other trouble exit with 1', () => {
  assert.equal(reportOf({ statesEqual: false }).exitCode, 1);
  assert.match(reportOf({ statesEqual: false }).lines.join('\n'), /do not have the same state/);
  assert.equal(reportOf({ troubles: ['Server 2 ended by itself.'] }).exitCode, 1);
});

test('an outage that never ended is told as such', () => {
  const { lines } = reportOf({ outages: [{ kind: 'split', served: 'own', ms: undefined }] });
  assert.match(lines.join('\n'), /its server cut off from some +1 +never +never/);
});

test('a drill that was interrupted says so, with the exit code of what it found or that of the signal', () => {
  const interrupted = { ...options, signal: AbortSignal.abort() };
  const report = reportDrill(interrupted, result);
  assert.equal(exitCodeOf(report), 130);
  assert.match(drillLines(report, 120).at(-1)!, /; interrupted\.$/);
  assert.equal(exitCodeOf(reportDrill(interrupted, { ...result, statesEqual: false })), 1);
});
