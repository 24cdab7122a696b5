import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { System } from '../support/system.js';
import { svgOf, textOf, type Comparison } from './report.js';
import type { Figures } from './rows.js';

const system: System = {
  name: 'A',
  durability: 'In memory.',
  pids: [],
  makePerson: () => Promise.reject(new Error('Nobody is there.')),
  start: () => Promise.resolve(),
  settle: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};

function comparisonOf(...rounds: Figures[]): Comparison {
  const findings = [{ system, rounds, settleSeconds: [], failure: undefined }];
  const lengths = { burstSeconds: 20, latencySeconds: 5, otherSeconds: 1.5 };
  return { machine: 'Two cores', ...lengths, findings, sustained: undefined, disk: [] };
}

const onOneLine = (text: string): string => text.replaceAll('\n', ' ');

test('the text says first how long each row was measured', () => {
  const text = onOneLine(textOf(comparisonOf({ burstAcked: 1 }, { burstAcked: 1 })));
  const lengths = '20 s for 100 x 32, 5 s for one at a time, 200/s and half load, 1.5 s for each other row.';
  assert.ok(text.startsWith(`Medians of 2 rounds, in one run, interleaved; ${lengths}`), text);
});

test('CPU is told in seconds of one server for 100,000 messages', () => {
  const text = textOf(comparisonOf({ burstServerCpu: 0.8033 }));
  assert.match(text, /\| the same, CPU of a server \(mean\) for 100,000 messages, s +\| 0\.80 \|/);
});

test('one message at a time is told in appends to the disk, each the median of its rounds', () => {
  const disk = [0.1, 0.3, 0.2].map((aloneMs) => ({ aloneMs, threeAtOnceMs: 2 * aloneMs }));
  const text = onOneLine(textOf({ ...comparisonOf({ aloneP50: 0.8 }), disk }));
  assert.match(text, /takes 0\.40 ms on this disk where three do it at once, .* and 0\.20 ms where one does/);
  assert.match(text, /One message at a time takes A 2\.0 and 4\.0 times that\./);
});

test('the chart has a panel for each of its figures that was measured', () => {
  const svg = svgOf(comparisonOf({ burstAcked: 30_000, aloneP99: 2, burstServerCpu: 0.8 }));
  const titles = [...svg.matchAll(/class="title"[^>]*>([^<]*)</g)].map(([, title]) => title);
  assert.deepEqual(titles, [
    '100 clients x 32 sends under way, acknowledged, msg/s (more is better)',
    'one at a time, send to ack, p99, ms (less is better)',
  ]);
});
