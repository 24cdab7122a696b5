import assert from 'node:assert/strict';
import { test } from 'node:test';

import { sameDot } from '../model/ids.js';
import { applyTo, OpMaker, operationOf, type MadeOp } from './ops.testing.js';
import { ChatState } from './state.js';

const passwordHash = '$argon2id$test';

test('[R22] of three accounts apart from each other, two of them of one request, one has the name in whatever order they come', () => {
  const maker = new OpMaker();
  const [first, other, again] = [1, 2, 1].map((client, index) => {
    const operation = operationOf(client, 1);
    const claim = { name: 'alice', passwordHash, operation, seen: [], coordinator: 0 };
    return maker.make(index + 1, 'AccountCreatedOp', claim);
  }) as [MadeOp, MadeOp, MadeOp];
  for (const order of [
    [first, other, again],
    [first, again, other],
    [other, first, again],
    [other, again, first],
    [again, first, other],
    [again, other, first],
  ]) {
    const state = new ChatState();
    for (const op of order) {
      const before = new Map(state.names.claims('alice').map((account) => [account, account.displaced]));
      const change = applyTo(state, op);
      assert.ok(state.names.owner('alice') !== undefined, 'somebody has it at any time');
      assert.ok(change.kind === 'accountCreated');
      const differ = state.names.claims('alice').filter((one) => one.displaced !== (before.get(one) ?? false));
      assert.deepEqual(new Set(change.renamed), new Set(differ));
    }
    assert.ok(sameDot(state.names.owner('alice')!.id, again.id));
    assert.deepEqual(
      state.names.displaced('alice').map(({ id }) => id),
      [first.id, other.id],
    );
  }
});

test('[R20] [R22] what a confirmation knew of decides in whatever order it comes, also of accounts of one request', () => {
  const maker = new OpMaker();
  const [first, other, again] = [1, 2, 1].map((client, index) => {
    const claim = { name: 'alice', passwordHash, operation: operationOf(client, 1), seen: [], coordinator: 0 };
    return maker.make(index + 1, 'AccountCreatedOp', claim);
  }) as [MadeOp, MadeOp, MadeOp];
  const confirmed = maker.make(4, 'AccountConfirmedOp', { account: first.id, seen: [again.id] });
  const displaced = [
    [first, other, again, confirmed],
    [confirmed, again, other, first],
    [again, confirmed, first, other],
  ].map((order) => {
    const state = new ChatState();
    for (const op of order) applyTo(state, op);
    return [first, other, again].filter(({ id }) => state.account(id)!.displaced).map(({ id }) => id);
  });
  assert.deepEqual(displaced, [displaced[0], displaced[0], displaced[0]]);
  assert.deepEqual(displaced[0], [other.id, again.id]);
});
