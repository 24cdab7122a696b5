import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { checkConfig, peerAddress } from '../../core/model/config.js';
import { DrillGroup } from './drill-group.js';

test('servers reach each other through proxies alone, whoever dials, and clients reach the servers', async (t) => {
  const group = await DrillGroup.make([1, 2, 5], { died: () => undefined });
  t.after(() => group.stop(false));
  const portOf = new Map(group.config.servers.map(({ id, port }) => [id, port]));
  const proxies: number[] = [];
  for (const self of group.ids) {
    const reading = checkConfig(JSON.parse(await readFile(join(group.folder, `server-${self}.json`), 'utf8')));
    assert.equal(reading.state, 'valid');
    for (const server of reading.config.servers) {
      assert.equal(server.port, portOf.get(server.id));
      if (server.id === self) assert.equal(peerAddress(server).port, server.port);
      else proxies.push(peerAddress(server).port);
    }
  }
  assert.equal(new Set([...proxies, ...portOf.values()]).size, 3 * 2 + 3);
});
