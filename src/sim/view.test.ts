import type { Position } from '../core/model/position.js';
import { MemoryView } from './view.js';
import type { ViewFixture } from '../core/wire/view-drafts.testing.js';
import { viewContract } from '../core/wire/view.contract.js';

function openInMemory(): ViewFixture {
  const records = new Map<Position, Uint8Array>();
  const view = new MemoryView({ schedule: queueMicrotask, readLog: (position) => records.get(position) });
  return {
    view,
    append(record) {
      const position = records.size + 1;
      records.set(position, record);
      return position;
    },
    damage(position) {
      records.get(position)![44]! ^= 1;
    },
    reopen: async () => Promise.resolve({ view, snapshot: view.snapshot }),
    close: async () => Promise.resolve(),
  };
}

viewContract('view in memory', async () => Promise.resolve(openInMemory()));
