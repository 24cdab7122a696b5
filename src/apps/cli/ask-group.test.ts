import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { ConfigServer } from '../../core/model/config.js';
import { askGroup } from './ask-group.js';
import type { Asked, StatusAnswer } from './status-report.js';

const at = (id: number, port = 6000 + id): ConfigServer => ({ id, host: 'host', port });

function answer(...members: readonly ConfigServer[]): Asked {
  const told = members.map(({ id, host, port }) => ({ server: id, host, port }));
  const rest = {
    software: '',
    uptimeMs: 0,
    ops: 0,
    stateHash: '',
    clients: 0,
    sessions: 0,
    logBytes: 0,
    viewLagOps: 0,
    searchLagOps: 0,
    cannotSearch: false,
  };
  const lists = { peers: [], merges: [], vector: '', minCopies: 1 };
  return { state: 'answered', answer: { state: 'open', ...rest, ...lists, members: told } satisfies StatusAnswer };
}

/** Asks a group in which these answer at these ports, and no others. */
async function ask(known: readonly ConfigServer[], answerByPort: ReadonlyMap<number, Asked>) {
  const ports: number[] = [];
  const { servers, former } = await askGroup(known, ({ port }) => {
    ports.push(port);
    return Promise.resolve(answerByPort.get(port) ?? { state: 'unreachable', reason: 'It is not there.' });
  });
  return { ids: servers.map(({ id }) => id), places: servers.map(({ port }) => port), former, ports };
}

test('servers that others tell of are asked too, and members of the config that are none any more are left out', async () => {
  const members = [at(2), at(3), at(4)];
  const { ids, former, ports } = await ask(
    [at(1), at(2)],
    new Map([
      [6002, answer(...members)],
      [6004, answer(...members, at(5))],
    ]),
  );
  assert.deepEqual([ids, former], [[2, 3, 4, 5], [1]]);
  assert.deepEqual(ports, [6001, 6002, 6003, 6004, 6005]);
});

test('a member that has moved is asked where it is now', async () => {
  const moved = answer(at(1), at(2, 7002));
  const { places, ports } = await ask(
    [at(1), at(2)],
    new Map([
      [6001, moved],
      [7002, moved],
    ]),
  );
  assert.deepEqual(
    [places, ports],
    [
      [6001, 7002],
      [6001, 6002, 7002],
    ],
  );
});

test('a server that is no member and answers all the same is shown', async () => {
  const { ids, former } = await ask(
    [at(1), at(2)],
    new Map([
      [6001, answer()],
      [6002, answer(at(2))],
    ]),
  );
  assert.deepEqual([ids, former], [[1, 2], [1]]);
});

test('where nobody tells, the known servers are the group', async () => {
  assert.deepEqual((await ask([at(1), at(2)], new Map())).ids, [1, 2]);
  assert.deepEqual((await ask([at(1), at(2)], new Map([[6001, answer()]]))).ids, [1, 2]);
});
