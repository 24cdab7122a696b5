import assert from 'node:assert/strict';
import test from 'node:test';

import fc from 'fast-check';

import { checkConfig, isLoopback, peerAddress } from './config.js';
import { limits } from './limits.js';

const server = { id: 1, host: '127.0.0.1', port: 6001 };

/** Every problem as `path at: text`. */
function problemsOf(value: unknown): string[] {
  const reading = checkConfig(value);
  return reading.state === 'valid'
    ? []
    : reading.problems.map(({ path, at, text }) => `${path.join('.')} ${at}: ${text}`);
}

test('the shortest config gets its defaults', () => {
  assert.deepEqual(checkConfig({ servers: [server] }), {
    state: 'valid',
    config: { servers: [server], group: 'holdfast', sessionsPerAccount: 1, minCopies: 1, groupKeyFile: undefined },
  });
});

test('every key is read', () => {
  const config = {
    servers: [
      server,
      { id: 65_535, host: 'chat-2.example.org', port: 65_535, peerHost: '10.8.0.2', peerPort: 65_535 },
      { id: 3, host: '::1', port: 1, peerPort: 2 },
      { id: 4, host: 'chat-4.example.org', port: 1, peerHost: '10.8.0.4' },
    ],
    group: 'club_1.a-B',
    sessionsPerAccount: 100,
    minCopies: 3,
    groupKeyFile: 'keys/group.key',
  };
  assert.deepEqual(checkConfig(config), { state: 'valid', config });
});

test('what is not an object with servers is refused', () => {
  const must = 'it must be an object with the key "servers"';
  assert.deepEqual(problemsOf(null), [` value: the config is null; ${must}`]);
  assert.deepEqual(problemsOf([]), [` value: the config is a list; ${must}`]);
  assert.deepEqual(problemsOf('x'), [` value: the config is "x"; ${must}`]);
  assert.deepEqual(problemsOf({}), [' value: "servers" is missing; it is the list of all servers of the group']);
  assert.deepEqual(problemsOf({ servers: {} }), [
    'servers value: "servers" is an object; it must be a list of servers',
  ]);
  assert.deepEqual(problemsOf({ servers: [] }), ['servers value: "servers" is empty; a group has at least one server']);
});

test('an unknown key is named, with the one that was meant', () => {
  assert.deepEqual(problemsOf({ servers: [server], sesionsPerAccount: 2 }), [
    'sesionsPerAccount key: unknown key "sesionsPerAccount"; did you mean "sessionsPerAccount"?',
  ]);
  assert.deepEqual(problemsOf({ servers: [{ ...server, colour: 'red' }] }), [
    'servers.0.colour key: unknown key "colour"; allowed here: "id", "host", "port", "peerHost", "peerPort"',
  ]);
});

test('ids and ports are whole numbers within their limits', () => {
  for (const port of [0, 65_536, 70_000, -1, 1.5, '6001', null, true, [6001], {}, Number.NaN]) {
    const [problem, ...others] = problemsOf({ servers: [{ ...server, port }] });
    assert.match(problem!, /^servers\.0\.port value: "port" is .+; a port is a whole number from 1 to 65535$/);
    assert.deepEqual(others, []);
  }
  assert.deepEqual(problemsOf({ servers: [{ ...server, id: 65_536 }] }), [
    'servers.0.id value: "id" is 65536; an id is a whole number from 1 to 65535',
  ]);
});

test('a host is a name or an address and nothing else', () => {
  const accepted = [
    'localhost',
    'a',
    'A.example.',
    '10.0.0.1',
    '::1',
    'fe80::1%eth0',
    '::ffff:10.0.0.1',
    'under_score',
    '255.249.199.0',
    '1.example',
    'a1',
    '10.0.0.1.example',
    '::100',
  ];
  for (const host of accepted) assert.deepEqual(problemsOf({ servers: [{ ...server, host }] }), [], host);
  const numeric = [
    '999.1.1.1',
    '1.2.3',
    '1',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.4.',
    '0x7f.1',
    'a.0x',
    'a.1',
    '256.0.0.1',
  ];
  const refused = [
    ...numeric,
    '',
    ' ',
    'http://a',
    'a:6001',
    '[::1]',
    'a/b',
    'a b',
    '-a',
    'user@host',
    'x'.repeat(254),
    7,
    null,
  ];
  for (const host of refused) {
    const [problem] = problemsOf({ servers: [{ ...server, host }] });
    assert.match(
      problem ?? '',
      /^servers\.0\.host value: "host" is .*; a host is a name or an IP address/,
      String(host),
    );
  }
});

test('two servers share neither an id nor an address', () => {
  assert.deepEqual(problemsOf({ servers: [server, { ...server, port: 6002 }] }), [
    'servers.1.id value: "id" is 1 here and in entry 1 of "servers"; each server has its own',
  ]);
  const servers = [server, { id: 2, host: 'Chat.example', port: 6 }, { id: 3, host: 'chat.EXAMPLE', port: 6 }];
  assert.deepEqual(problemsOf({ servers }), [
    'servers.2.port value: host and port are those of entry 2 of "servers"; each server has its own',
  ]);
});

test('other servers dial the address for them, as far as it differs', () => {
  assert.deepEqual(peerAddress({ ...server, peerHost: '10.8.0.1' }), { host: '10.8.0.1', port: 6001 });
  assert.deepEqual(peerAddress({ ...server, peerPort: 7001 }), { host: '127.0.0.1', port: 7001 });
  assert.deepEqual(peerAddress(server), { host: '127.0.0.1', port: 6001 });
});

test('an address for other servers keeps to the rules of addresses, and is no other server', () => {
  assert.deepEqual(problemsOf({ servers: [{ ...server, peerHost: '::', peerPort: 0 }] }), [
    'servers.0.peerPort value: "peerPort" is 0; a port is a whole number from 1 to 65535',
    'servers.0.peerHost value: "peerHost" is "::", which is no address of its own; others must be able to dial it',
  ]);
  const other = { id: 2, host: 'chat.example', port: 6002 };
  const are = 'host and port for other servers are those of entry 1 of "servers"; each server has its own';
  const first = { ...server, peerPort: 7001 };
  const taken: [object, string][] = [
    [{ ...other, peerHost: 'localhost', peerPort: 6001 }, `servers.1.peerPort value: ${are}`],
    [{ ...other, peerHost: 'localhost', peerPort: 7001 }, `servers.1.peerPort value: ${are}`],
    [{ ...other, port: 7001, peerHost: 'localhost' }, `servers.1.peerHost value: ${are}`],
    [{ ...other, host: 'localhost', port: 7001 }, `servers.1.port value: ${are.replace(' for other servers', '')}`],
  ];
  for (const [entry, problem] of taken) assert.deepEqual(problemsOf({ servers: [first, entry] }), [problem]);
  assert.deepEqual(problemsOf({ servers: [first, { ...other, peerHost: 'localhost', peerPort: 7002 }] }), []);
  assert.deepEqual(problemsOf({ servers: [{ ...server, peerHost: '127.0.0.1', peerPort: 6001 }] }), []);
});

test('a host that means every address is refused, since others must dial it', () => {
  for (const host of ['0.0.0.0', '::', '0::0', '0:0:0:0:0:0:0:0']) {
    assert.deepEqual(problemsOf({ servers: [{ ...server, host }] }), [
      `servers.0.host value: "host" is "${host}", which is no address of its own; others must be able to dial it`,
    ]);
  }
});

test('the names of this machine are one host', () => {
  const names = ['127.0.0.1', 'localhost', 'LocalHost.', '::1', '0:0:0:0:0:0:0:1'];
  const pair = (one: string, other: string, port = 1) =>
    problemsOf({
      servers: [
        { id: 1, host: one, port: 1 },
        { id: 2, host: other, port },
      ],
    });
  for (const one of names) {
    for (const other of names) {
      assert.match(pair(one, other).join(), /^servers\.1\.port value: host and port are those of entry 1/);
      assert.deepEqual(pair(one, other, 2), []);
    }
    assert.deepEqual(pair(one, '127.0.0.2'), []);
    assert.deepEqual(pair('::2:1', one), []);
  }
});

test('no more copies can be required than there are servers', () => {
  const servers = [server, { ...server, id: 2, port: 6002 }];
  for (const minCopies of [1, 2]) assert.deepEqual(problemsOf({ servers, minCopies }), []);
  for (const minCopies of [0, 3, 1.5, '2', null]) {
    const found = typeof minCopies === 'string' ? '"2"' : String(minCopies);
    assert.deepEqual(problemsOf({ servers, minCopies }), [
      `minCopies value: "minCopies" is ${found}; it must be a whole number from 1 to 2, the number of servers`,
    ]);
  }
});

test('everything that is wrong is told at once', () => {
  const value = { servers: [{ id: 0, host: 'a b' }, 7], group: 'ä', sessionsPerAccount: 0, groupKeyFile: '', x: 1 };
  assert.deepEqual(
    problemsOf(value).map((problem) => problem.split(':')[0]),
    [
      'x key',
      'servers.0.id value',
      'servers.0 value',
      'servers.0.host value',
      'servers.1 value',
      'group value',
      'sessionsPerAccount value',
      'groupKeyFile value',
    ],
  );
});

test('a group has at most so many servers', () => {
  const servers = Array.from({ length: limits.membersMax + 1 }, (_, index) => ({
    id: index + 1,
    host: 'a',
    port: index + 1,
  }));
  assert.deepEqual(problemsOf({ servers: servers.slice(1) }), []);
  assert.deepEqual(problemsOf({ servers }), [
    `servers.${limits.membersMax} value: "servers" has ${limits.membersMax + 1} entries; a group has at most ${limits.membersMax} servers`,
  ]);
});

test('any value gets an answer, and a valid one has everything', () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.record({ servers: fc.jsonValue() }), fc.anything()), (value) => {
      const reading = checkConfig(value);
      if (reading.state === 'invalid') assert.ok(reading.problems.length > 0);
      else assert.ok(reading.config.servers.length > 0);
    }),
  );
});

test('loopback is what only this machine can reach', () => {
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost', 'LocalHost']) assert.ok(isLoopback(host), host);
  for (const host of [
    '0.0.0.0',
    '10.0.0.1',
    '::',
    'localhost.example.org',
    '128.0.0.1',
    '127.example.org',
    '127.0.0.1.nip',
  ]) {
    assert.ok(!isLoopback(host), host);
  }
});
