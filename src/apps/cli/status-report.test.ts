import assert from 'node:assert/strict';
import test from 'node:test';

import { limits } from '../../core/model/limits.js';
import { statusLines } from './commands/status.js';
import { exitCodeByHealth, reportStatus, type Asked, type StatusAnswer } from './status-report.js';

const servers = [1, 2, 3].map((id) => ({ id, host: '127.0.0.1', port: 6000 + id }));
const unreachable: Asked = { state: 'unreachable', reason: 'It refused the connection.' };

function answered(inSyncWith: readonly number[], rest: Partial<StatusAnswer> = {}): Asked {
  const peers = [1, 2, 3].map((server) => ({
    server,
    linked: true,
    inSync: inSyncWith.includes(server),
    lagOps: 0,
    refusal: '',
  }));
  const answer: StatusAnswer = {
    state: 'open',
    software: 'holdfast/0.1.0',
    uptimeMs: 1000,
    ops: 7,
    stateHash: 'aa',
    clients: 0,
    sessions: 0,
    logBytes: 100,
    viewLagOps: 0,
    searchLagOps: 0,
    cannotSearch: false,
    minCopies: 1,
    peers,
    members: [],
    merges: [],
    vector: '1-7',
    ...rest,
  };
  return { state: 'answered', answer };
}

function report(one: Asked, two: Asked, three: Asked) {
  return reportStatus(
    servers,
    new Map([
      [1, one],
      [2, two],
      [3, three],
    ]),
  );
}

test('all up and in sync is healthy', () => {
  const { verdict, health, canLose, up } = report(answered([2, 3]), answered([1, 3]), answered([1, 2]));
  assert.equal(verdict, 'Healthy: 3 of 3 up, can lose 2.');
  assert.deepEqual([health, up, canLose], ['healthy', 3, 2]);
  assert.equal(exitCodeByHealth[health], 0);
});

test('with one missing the others can lose one', () => {
  const { verdict, servers } = report(answered([2]), answered([1]), unreachable);
  assert.equal(verdict, 'Degraded: 2 of 3 up, can lose 1.');
  assert.deepEqual(
    servers.map(({ id, state, stateHash, reason }) => ({ id, state, stateHash, reason })),
    [
      { id: 1, state: 'open', stateHash: 'aa', reason: null },
      { id: 2, state: 'open', stateHash: 'aa', reason: null },
      { id: 3, state: 'unreachable', stateHash: null, reason: 'It refused the connection.' },
    ],
  );
});

test('the last one can lose none, and none is down', () => {
  assert.equal(report(unreachable, answered([]), unreachable).verdict, 'Degraded: 1 of 3 up, can lose 0.');
  const { verdict, health } = report(unreachable, unreachable, unreachable);
  assert.equal(verdict, 'Down: 0 of 3 up.');
  assert.equal(exitCodeByHealth[health], 6);
});

test('one that answers and is none of ours is told apart from one that does not answer', () => {
  const refused: Asked = {
    state: 'refused',
    refusal: 'other group',
    reason: 'The server belongs to the group "x", not "y".',
  };
  const { verdict, servers } = report(answered([]), refused, unreachable);
  assert.equal(verdict, 'Degraded: 1 of 3 up, can lose 0. Server 2: The server belongs to the group "x", not "y".');
  assert.deepEqual(
    servers.map(({ state, reason }) => [state, reason]),
    [
      ['open', null],
      ['other group', refused.reason],
      ['unreachable', 'It refused the connection.'],
    ],
  );
});

test('a server that is joining is not up', () => {
  const joining = answered([], { state: 'joining' });
  assert.equal(report(answered([2]), answered([1]), joining).verdict, 'Degraded: 2 of 3 up, can lose 1.');
  assert.equal(report(joining, joining, joining).verdict, 'Down: 0 of 3 up.');
});

test('a server that lags is told, and only what its peers wait for counts', () => {
  const { verdict } = report(answered([2]), answered([1]), answered([1, 2]));
  assert.equal(verdict, 'Degraded: 3 of 3 up, can lose 1. Not in sync: servers 1 and 3, 2 and 3.');
});

test('in a split nothing may be lost', () => {
  const { verdict } = report(answered([]), answered([3]), answered([2]));
  assert.equal(verdict, 'Degraded: 3 of 3 up, can lose 0. Not in sync: servers 1 and 2, 1 and 3.');
});

test('a peer in sync that is not up saves nothing', () => {
  assert.equal(report(answered([2, 3]), unreachable, unreachable).canLose, 0);
});

test('a full disk is told of', () => {
  const disk = { freeBytes: 200 * 2 ** 20, totalBytes: 2 ** 40, reserveBytes: 256 * 2 ** 20, full: true };
  const { verdict, health, servers: lines } = report(answered([2]), answered([1]), answered([], { disk }));
  assert.equal(health, 'degraded');
  const told = 'The disk of server 3 is full: it stores nothing with less than 256 MiB free, and 200 MiB are.';
  assert.ok(verdict.includes(told), verdict);
  assert.deepEqual(
    lines.map(({ diskFull }) => diskFull),
    [null, null, true],
  );
  assert.equal(lines[2]!.diskFreeBytes, disk.freeBytes);
});

test('damage that could not be mended is told of', () => {
  const damage = { places: [{}, {}], lackedOps: 3 };
  const { verdict, health, servers: lines } = report(answered([2]), answered([1]), answered([], { damage }));
  assert.equal(health, 'degraded');
  const told = 'The log of server 3 is damaged in 2 places. Server 3 has lost 3 operations that no other has.';
  assert.ok(verdict.includes(told), verdict);
  assert.deepEqual([lines[2]!.damagedPlaces, lines[2]!.lackedOps, lines[0]!.lackedOps], [2, 3, null]);
});

test('the same operations must give the same state', () => {
  const differs = 'Servers 1 and 3 hold the same operations but not the same state; please report this.';
  const { verdict, health } = report(answered([2, 3]), answered([1, 3]), answered([1, 2], { stateHash: 'bb' }));
  assert.equal(verdict, `Degraded: 3 of 3 up, can lose 2. ${differs}`);
  assert.equal(health, 'degraded');
  const behind = answered([1, 2], { stateHash: 'bb', vector: '1-6' });
  assert.equal(report(answered([2, 3]), answered([1, 3]), behind).health, 'healthy');
});

test('a server that stores nothing for want of copies is told', () => {
  const two = { minCopies: 2 };
  const { verdict, servers } = report(answered([], two), answered([3], two), answered([2], two));
  const stores = 'Server 1 stores nothing new: minCopies is 2, and it can make 1.';
  assert.equal(verdict, `Degraded: 3 of 3 up, can lose 0. ${stores} Not in sync: servers 1 and 2, 1 and 3.`);
  assert.deepEqual(
    servers.map(({ minCopies }) => minCopies),
    [2, 2, 2],
  );
});

test('servers that require different numbers of copies are told', () => {
  const { verdict, health } = report(answered([2, 3]), answered([1, 3], { minCopies: 2 }), answered([1, 2]));
  const differ = 'minCopies is 1 on server 1, 2 on server 2, 1 on server 3; give all servers the same config.';
  assert.equal(verdict, `Degraded: 3 of 3 up, can lose 2. ${differ}`);
  assert.equal(health, 'degraded');
});

test('how far a server is behind is what those linked to it say', () => {
  const peers = [
    { server: 2, linked: false, inSync: false, lagOps: 0, refusal: '' },
    { server: 3, linked: true, inSync: false, lagOps: 12, refusal: '' },
  ];
  const { servers } = report(answered([], { peers }), unreachable, answered([], { peers: [] }));
  assert.deepEqual(
    servers.map(({ lagOps }) => lagOps),
    [null, null, 12],
  );
});

test('what servers got from each other after a split is told once, the latest first', () => {
  const counts = { ops: 12, messages: 5, lateMessages: 4, displaced: 0, sessionsEnded: 0 };
  const merge = (server: number, time: number, rest = {}) => {
    return { server, peer: 1, apartMs: 41_000, ...counts, time: time * 1024, ...rest };
  };
  const [early, late] = [merge(2, 1000), merge(3, 2000, { displaced: 1, sessionsEnded: 2 })];
  const merges = (...list: (typeof early)[]) => ({ merges: list });
  const whole = report(answered([2, 3], merges(late, early)), answered([1, 3], merges(early)), answered([1, 2]));
  assert.deepEqual(whole.merges, [
    { server: 3, peer: 1, apartMs: 41_000, ...counts, displaced: 1, sessionsEnded: 2, at: '1970-01-01T00:00:02.000Z' },
    { server: 2, peer: 1, apartMs: 41_000, ...counts, at: '1970-01-01T00:00:01.000Z' },
  ]);
  assert.equal(whole.health, 'healthy');
  const [title, first, second, verdict] = statusLines(whole, Infinity, 5_000).slice(-4);
  assert.equal(title, 'Met again after they were apart:');
  assert.match(
    first!,
    /server 3 from server 1, apart 41 s: 12 operations, 5 messages \(4 late\), 1 account renamed, 2 sessions ended$/,
  );
  assert.match(second!, /server 2 from server 1, apart 41 s: 12 operations, 5 messages \(4 late\)$/);
  assert.equal(verdict, whole.verdict);
});

test('no more merges are printed than a person wants to read', () => {
  const counts = { ops: 1, messages: 0, lateMessages: 0, displaced: 0, sessionsEnded: 0 };
  const merges = Array.from({ length: limits.mergesKeptMax }, (_, index) => {
    return { server: 2, peer: 1, apartMs: 1, ...counts, time: (index + 1) * 1024 };
  });
  const whole = report(answered([2, 3], { merges }), answered([1, 3]), answered([1, 2]));
  assert.equal(whole.merges.length, limits.mergesKeptMax);
  const lines = statusLines(whole, Infinity, 5_000);
  assert.equal(lines.filter((line) => line.includes(' from server ')).length, limits.mergesShown);
  assert.ok(lines.some((line) => line.endsWith(': 1 operation')));
  const dayLater = statusLines(whole, Infinity, limits.mergesShownMs + 20_000);
  assert.ok(dayLater.every((line) => !line.includes('apart')));
});

test('members that servers do not agree on are told, and so is what the config has and the group has not', () => {
  const members = (...ids: number[]) => ({ members: ids.map((server) => ({ server, host: 'host', port: server })) });
  const differ = report(answered([2, 3], members(1, 2, 3)), answered([1, 3], members(2, 3)), answered([1, 2]));
  assert.match(differ.verdict, /They do not agree on who is a member: 1 2 3 by server 1, 2 3 by server 2\./);
  assert.equal(differ.health, 'degraded');
  const asked = new Map([[2, answered([])]]);
  const old = reportStatus(servers.slice(1, 2), asked, [1, 3]);
  assert.equal(old.verdict, 'Healthy: 1 of 1 up, can lose 0. Not members: 1, 3.');
});

test('a server whose search failed is degraded, and its lag is unknown', () => {
  const failed = answered([1, 3], { cannotSearch: true });
  const { verdict, health, servers } = report(answered([2, 3]), failed, answered([1, 2]));
  assert.equal(
    verdict,
    'Degraded: 3 of 3 up, can lose 2. Server 2 cannot search: its index failed. Its log says why, and it tries again every minute.',
  );
  assert.equal(health, 'degraded');
  assert.deepEqual(
    servers.map(({ searchLagOps }) => searchLagOps),
    [0, null, 0],
  );
});

test('databases that are far behind are told of, and are no trouble', () => {
  const behind = answered([2, 3], { viewLagOps: 130_031, searchLagOps: 159_603 });
  const one = answered([1, 3], { searchLagOps: 10_000 });
  const { verdict, health } = report(behind, one, answered([1, 2], { viewLagOps: 9_999 }));
  assert.equal(
    verdict,
    'Healthy: 3 of 3 up, can lose 2. Server 1 has yet to take 130031 operations into its view database and 159603 operations into its search index. Server 2 has yet to take 10000 operations into its search index.',
  );
  assert.equal(health, 'healthy');
});
