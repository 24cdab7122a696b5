import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { PersonEvents, PersonMaker } from '../support/person.js';
import type { System } from '../support/system.js';
import { Traffic } from '../support/traffic.js';
import { rowKeys, type Figures } from './rows.js';
import { crowdTasks, serverCpuOf, tasks } from './tasks.js';

/** Without servers: what is sent arrives and is acknowledged as soon as the loop comes to it. */
function makePeople(): PersonMaker {
  const eventsByName = new Map<string, PersonEvents>();
  return (_, name, events) => {
    eventsByName.set(name, events);
    return Promise.resolve({
      send: (to, text, number) => {
        setImmediate(() => {
          eventsByName.get(to)!.received(name, text);
          events.acked(number);
        });
      },
      close: () => Promise.resolve(),
    });
  };
}

const system: System = {
  name: 'without servers',
  durability: 'In memory.',
  pids: [process.pid],
  makePerson: makePeople(),
  start: () => Promise.resolve(),
  settle: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};

const onlyLinux = process.platform === 'linux' ? false : 'CPU is read from /proc';

test('every row is measured by a task', { skip: onlyLinux }, async () => {
  const lengths = { firstSeconds: 0, warmUpSeconds: 0, burstSeconds: 0.02, latencySeconds: 0.02, otherSeconds: 0.02 };
  let found: Figures = {};
  for (const task of [...tasks, ...crowdTasks]) {
    const traffic = await Traffic.start(system.makePerson, { clients: task.clients });
    found = { ...found, ...(await task.run(traffic, { system, lengths, earlier: found })) };
    await traffic.drain();
    await traffic.close();
  }
  assert.deepEqual(Object.keys(found).toSorted(), rowKeys.toSorted());
});

test('CPU is that of one server, for 100,000 messages', () => {
  assert.equal(serverCpuOf(6, 3, 250_000), 0.8);
});
