import assert from 'node:assert/strict';
import { test } from 'node:test';

import { GroupMembers } from '../chat/group-members.js';
import { limits } from '../model/limits.js';
import type { Address } from '../ports/network.js';
import { Members } from './members.js';
import { PeerDialler } from './peer-dialler.js';

/** The dialler of server 2 in a group of three, and what it dials. */
function setting() {
  const clock = { nowMs: 0, wallMs: () => 0, monotonicMs: () => clock.nowMs };
  const dialled: Address[] = [];
  const closed: number[] = [];
  const settled = new GroupMembers();
  const seeds = [1, 2, 3].map((id) => ({ id, host: `host-${id}`, port: 6000 + id }));
  const members = new Members({ self: 2, group: 'made', seeds, settled });
  const network = {
    dial: (address: Address) => dialled.push(address),
    send: () => assert.fail('a dialler sends nothing'),
    backlogBytes: () => 0,
    close: (id: number) => void closed.push(id),
  };
  const dialler = new PeerDialler({ members, network, clock });
  const linked: number[] = [];
  let seq = 0;
  const header = () => ({ origin: 1, seq: (seq += 1), time: seq, previous: 0, kind: 0, length: 0, checksum: 0 });
  return {
    dialler,
    dialled,
    closed,
    settle: (change: (members: GroupMembers) => unknown) => {
      change(settled);
      members.changed();
      dialler.membersChanged((server) => linked.includes(server));
    },
    header,
    /** Servers with a link. */
    linked,
    tick: (atMs: number) => {
      clock.nowMs = atMs;
      dialler.tick(atMs, (server) => linked.includes(server));
    },
  };
}

test('[R62] of two servers the smaller id dials at once, the other after a while without a link', () => {
  const { dialler, dialled, tick } = setting();
  tick(1);
  assert.deepEqual(
    dialled.map(({ port }) => port),
    [6003],
  );
  tick(limits.dialBackAfterMs - 1);
  assert.equal(dialled.length, 1);
  dialler.met(1);
  tick(limits.dialBackAfterMs + 1);
  assert.equal(dialled.length, 1, 'server 1 has been here just now');
  tick(2 * limits.dialBackAfterMs + 1);
  assert.deepEqual(dialled.at(-1), { host: 'host-1', port: 6001 });
});

test('[R68] a member that was moved is dialled where it is now, and one that was removed is not dialled', () => {
  const { dialler, dialled, closed, settle, header, tick } = setting();
  tick(1);
  settle((members) =>
    members.set(header(), { server: 3, host: 'elsewhere', port: 1, peerPort: 2, change: 1, group: 'made' }),
  );
  dialler.closed(1);
  tick(limits.redialMinMs + 1);
  assert.deepEqual(dialled.at(-1), { host: 'elsewhere', port: 2 });
  settle((members) => members.remove(header(), { server: 3, change: 2, group: 'made' }));
  assert.deepEqual(closed, [2]);
  const before = dialled.length;
  tick(limits.dialBackAfterMs - 1);
  assert.equal(dialled.length, before);
});

test('[R63] the link to a member that is removed stays, and nothing is dialled beside it', () => {
  const { dialled, closed, settle, header, linked, tick } = setting();
  tick(1);
  linked.push(3);
  settle((members) => members.remove(header(), { server: 3, change: 1, group: 'made' }));
  assert.deepEqual(closed, []);
  tick(10 * limits.dialBackAfterMs);
  assert.ok(dialled.slice(1).every(({ port }) => port === 6001));
});
