import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { MessageOf } from '../../core/wire/message-types.js';
import { reportVerify, type Verified } from './verify-report.js';

const servers = [1, 2, 3].map((id) => ({ id, host: '127.0.0.1', port: 6000 + id }));

function verified(rest: Partial<MessageOf<'Verified'>> = {}): Verified {
  const ends = [{ origin: 7, seq: 5, checksum: 55 }];
  const nothing = { records: 5, bytes: 900, found: 0, mended: 0, left: [], lackedOps: 0, stateHash: 'aa', ends };
  return { state: 'verified', answer: { ...nothing, ...rest } };
}

function report(...answers: Verified[]) {
  return reportVerify(servers, new Map(answers.map((answer, index) => [index + 1, answer])));
}

test('all is well where nothing is left damaged and all agree', () => {
  const { isWell, verdict, servers: lines } = report(verified(), verified({ found: 2, mended: 2 }), verified());
  assert.ok(isWell);
  assert.equal(verdict, 'Well: 15 records on 3 disks checked, 2 damaged places mended.');
  assert.deepEqual(
    lines.map(({ agrees }) => agrees),
    [true, true, true],
  );
});

test('damage that is left, and a server that could not be asked, are told', () => {
  const left = [{ file: '00000001.log', offset: 77, bytes: 30, ops: 1 }];
  const { isWell, verdict } = report(
    verified({ found: 1, left }),
    { state: 'failed', reason: 'Server 2 (127.0.0.1:6002) cannot be reached: it refuses connections.' },
    verified({ lackedOps: 3 }),
  );
  const other = report({ state: 'failed', reason: 'Server 2 answers where the config has server 1.' });
  assert.match(other.verdict, /Server 1 could not be asked: Server 2 answers where the config has server 1\./);
  assert.ok(!isWell);
  assert.equal(
    verdict,
    'Not well: 10 records on 2 disks checked. ' +
      'Server 1 has 1 damaged place that no server within reach could mend, the first in 00000001.log at 77. ' +
      'Server 2 (127.0.0.1:6002) cannot be reached: it refuses connections. ' +
      'Server 3 has lost 3 operations that no server within reach has.',
  );
});

test('two histories under one origin, and two states of the same operations, are told; one that is ahead is not', () => {
  const agreement = (...answers: Verified[]) => report(...answers).servers.map(({ agrees }) => agrees);
  const forked = verified({ ends: [{ origin: 7, seq: 5, checksum: 56 }] });
  assert.deepEqual(agreement(verified(), verified(), forked), [false, false, false]);
  assert.deepEqual(agreement(verified(), verified({ stateHash: 'bb' })), [false, false, null]);
  const ahead = verified({ ends: [{ origin: 7, seq: 6, checksum: 66 }], stateHash: 'cc' });
  assert.deepEqual(agreement(verified(), ahead, verified()), [true, true, true]);
});
