import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../../core/model/limits.js';
import { refusalReport, roomAt } from './connection-room.js';

const clients = { host: 'chat.example', port: 6000 };
const peers = { host: '10.8.0.1', port: 6000 };

test('connections at all addresses together leave descriptors to the files, however few there are', () => {
  for (const descriptors of [limits.descriptorsMin, 1024, 20_000, 1_000_000, undefined]) {
    for (const addresses of [[clients], [clients, peers]] as const) {
      const room = roomAt(addresses, descriptors);
      assert.deepEqual(
        room.map(({ address }) => address),
        addresses,
      );
      assert.ok(room.every(({ connectionsMax }) => connectionsMax > 0));
      const all = room.reduce((sum, { connectionsMax }) => sum + connectionsMax, 0);
      assert.equal(all, Math.min(limits.connectionsMax, (descriptors ?? Infinity) - limits.descriptorsReserved));
    }
  }
});

test('a flood of connections is reported at once, and then once in a while with how many there were', () => {
  const reports: unknown[] = [];
  let nowMs = 5;
  const refused = refusalReport(
    { report: (level, _text, facts) => reports.push([level, facts]) },
    { monotonicMs: () => nowMs, wallMs: () => 0 },
    { port: 6000 },
  );
  for (let count = 0; count < 100; count += 1) refused();
  nowMs += limits.refusedReportMs;
  for (let count = 0; count < 100; count += 1) refused();
  assert.deepEqual(reports, [
    ['warning', { port: 6000, refused: 1 }],
    ['warning', { port: 6000, refused: 100 }],
  ]);
});
