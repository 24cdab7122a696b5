import assert from 'node:assert/strict';
import { test } from 'node:test';

import { applyTo, OpMaker } from './ops.testing.js';
import { ChatState } from './state.js';

test('[R67] of the ops about one server the one that knew of more changes holds, then the later', () => {
  const maker = new OpMaker();
  const at = (origin: number, host: string, change: number, time: number) =>
    maker.make(origin, 'MemberSetOp', { server: 4, host, port: 1, change, group: 'one' }, time);
  const removal = maker.make(2, 'MemberRemovedOp', { server: 4, change: 2, group: 'one' }, 10);
  const inOrder = [at(1, 'config', 0, 99), at(1, 'early', 1, 5), at(3, 'late', 1, 6), removal, at(3, 'again', 3, 1)];
  // The removal is known besides, though it does not hold: all others might be removed.
  for (const order of [inOrder, inOrder.toReversed()]) {
    const state = new ChatState();
    const hosts = order.map((op) => {
      const changed = applyTo(state, op).kind === 'membersChanged';
      const settled = state.members.get('one', 4)!;
      return [settled.removal === undefined ? settled.set!.host : undefined, changed];
    });
    const expected = [
      ['config', true],
      ['early', true],
      ['late', true],
      [undefined, true],
      ['again', true],
    ];
    assert.deepEqual(hosts, order === inOrder ? expected : expected.map((_, index) => ['again', index <= 1]));
  }
});

test('[R66] an op about a member is about the group that it names, and no other', () => {
  const maker = new OpMaker();
  const state = new ChatState();
  applyTo(state, maker.make(1, 'MemberSetOp', { server: 1, host: 'here', port: 1, change: 5, group: 'original' }));
  applyTo(state, maker.make(2, 'MemberSetOp', { server: 1, host: 'there', port: 2, change: 1, group: 'copy' }));
  assert.equal(state.members.get('original', 1)?.set?.host, 'here');
  assert.equal(state.members.get('copy', 1)?.set?.host, 'there');
  assert.deepEqual(state.members.of('third'), []);
});
