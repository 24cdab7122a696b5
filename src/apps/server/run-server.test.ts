import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { runServer } from './run-server.js';

for (const [how, signals] of [
  ['in order', { drain: AbortSignal.abort(), signal: new AbortController().signal }],
  ['at once', { drain: new AbortController().signal, signal: AbortSignal.abort() }],
] as const) {
  test(`a server that is told to stop ${how} before it has started does not start`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-server-'));
    t.after(() => rm(folder, { recursive: true }));
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    await once(free.close(), 'close');
    const reports: string[] = [];
    const end = await runServer({
      config: {
        servers: [{ id: 1, host: '127.0.0.1', port }],
        group: 'holdfast',
        sessionsPerAccount: 1,
        minCopies: 1,
        groupKeyFile: undefined,
      },
      self: 1,
      groupKey: undefined,
      dataDirectory: join(folder, 'data'),
      software: 'holdfast test',
      reporter: { report: (_level, text) => reports.push(text) },
      started: () => reports.push('started'),
      ...signals,
    });
    assert.deepEqual(end, { state: 'stopped' });
    assert.deepEqual(reports.slice(-2), ['Stopping.', 'Stopped.']);
    assert.equal(reports.includes('started'), false);
  });
}
