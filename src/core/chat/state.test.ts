import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sameDot, type Dot } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { MessageOf } from '../wire/message-types.js';
import { directConversation } from '../model/conversation.js';
import { applyTo, OpMaker, operationOf, type MadeOp } from './ops.testing.js';
import { ChatState } from './state.js';
import { textOfRecord } from './text.js';

const passwordHash = '$argon2id$test';

function account(maker: OpMaker, origin: number, name: string, seen: readonly Dot[] = [], coordinator = 0): MadeOp {
  const operation = operationOf(origin, 1);
  return maker.make(origin, 'AccountCreatedOp', { name, passwordHash, operation, seen, coordinator });
}

function confirmation(maker: OpMaker, origin: number, of: Dot, seen: readonly Dot[] = []): MadeOp {
  return maker.make(origin, 'AccountConfirmedOp', { account: of, seen });
}

function session(maker: OpMaker, origin: number, owner: Dot, replaces: readonly Dot[] = []): MadeOp {
  const tokenHash = new Uint8Array(32).fill(7);
  return maker.make(origin, 'SessionOpenedOp', { account: owner, tokenHash, operation: operationOf(9, 1), replaces });
}

function message(maker: OpMaker, origin: number, from: Dot, to: Dot, counter: number, text = 'hello'): MadeOp {
  const conversation = directConversation(from, to);
  const operation = operationOf(5, counter);
  return maker.make(origin, 'MessageSentOp', { sender: from, conversation, operation, text });
}

function mergeOf(server: number, ops: number): MessageOf<'Merge'> {
  const counts = { ops, messages: 0, lateMessages: 0, displaced: 0, sessionsEnded: 0 };
  return { server, peer: 2, apartMs: 1, ...counts, time: 0 };
}

/** One op of a random history: small numbers, taken modulo what there is. */
const choice = fc.record({
  origin: fc.integer({ min: 1, max: 3 }),
  kind: fc.constantFrom(
    ...([
      'account',
      'confirm',
      'delete',
      'session',
      'close',
      'message',
      'mark',
      'late',
      'merge',
      'set',
      'remove',
    ] as const),
  ),
  first: fc.nat(20),
  second: fc.nat(20),
  counter: fc.integer({ min: 1, max: 4 }),
  knows: fc.boolean(),
});

/** A history in which an op may name anything made before on any origin, whether its maker could have known it or not. */
function historyOf(choices: readonly (typeof choice extends fc.Arbitrary<infer T> ? T : never)[]): MadeOp[] {
  const maker = new OpMaker();
  const ops: MadeOp[] = [account(maker, 1, 'alice'), account(maker, 2, 'alice'), account(maker, 3, 'bob')];
  const accounts = (): Dot[] => ops.filter((op) => op.name === 'AccountCreatedOp').map((op) => op.id);
  const sessions: { readonly id: Dot; readonly owner: Dot }[] = [];
  for (const { origin, kind, first, second, counter, knows } of choices) {
    const one = accounts()[first % accounts().length]!;
    const other = accounts()[second % accounts().length]!;
    const opened = sessions[second % Math.max(1, sessions.length)];
    const seen = knows ? [one, other] : [];
    if (kind === 'account') ops.push(account(maker, origin, first % 2 ? 'alice' : 'bob', seen, counter % 2));
    else if (kind === 'confirm') ops.push(confirmation(maker, origin, one, knows ? [other] : []));
    else if (kind === 'delete') ops.push(maker.make(origin, 'AccountDeletedOp', { account: one }));
    else if (kind === 'session') {
      const replaces = sessions.filter(({ owner }) => knows && sameDot(owner, one)).map(({ id }) => id);
      ops.push(session(maker, origin, one, replaces));
      sessions.push({ id: ops.at(-1)!.id, owner: one });
    } else if (kind === 'message') ops.push(message(maker, origin, one, other, counter));
    else if (kind === 'mark') {
      ops.push(maker.make(origin, 'DeliveredOp', { account: one, mark: [{ origin, seq: second + 1 }] }));
    } else if (kind === 'late') {
      const range = { origin: 1 + (first % 3), first: 1 + second, last: 1 + second + counter };
      ops.push(maker.make(origin, 'MergedOp', { late: [range] }));
    } else if (kind === 'merge') {
      ops.push(maker.make(origin, 'MergedOp', { late: [], merge: mergeOf(first, second) }, first));
    } else if (kind === 'set') {
      // Few times and changes, so that many tie.
      const group = knows ? 'one' : 'other';
      const op = { server: 1 + (second % 3), host: `host-${first}`, port: counter, change: counter % 3, group };
      ops.push(maker.make(origin, 'MemberSetOp', op, first % 4));
    } else if (kind === 'remove') {
      ops.push(
        maker.make(
          origin,
          'MemberRemovedOp',
          { server: 1 + (second % 3), change: counter % 3, group: 'one' },
          first % 4,
        ),
      );
    } else if (opened !== undefined) {
      ops.push(maker.make(origin, 'SessionClosedOp', { account: opened.owner, session: opened.id }));
    }
  }
  return ops;
}

/** Where each server is, in each group. */
function settledBy({ members }: ChatState): unknown[] {
  return ['one', 'other'].map((group) => [1, 2, 3].map((server) => where(members, group, server)));
}

function where(members: ChatState['members'], group: string, server: number): unknown {
  const settled = members.get(group, server);
  return settled && [settled.set, settled.removal, settled.change];
}

/** The same ops in another order, each origin's in its own order. */
function reordered(ops: readonly MadeOp[], picks: readonly number[]): MadeOp[] {
  const queues = [1, 2, 3].map((origin) => ops.filter((op) => op.header.origin === origin));
  const order: MadeOp[] = [];
  for (let at = 0; order.length < ops.length; at += 1) {
    const left = queues.filter((queue) => queue.length > 0);
    order.push(left[(picks[at % Math.max(1, picks.length)] ?? 0) % left.length]!.shift()!);
  }
  return order;
}

test('[R20] the state is a function of the set of ops, whatever order they came in', () => {
  fc.assert(
    fc.property(fc.array(choice, { maxLength: 30 }), fc.array(fc.nat(5)), (choices, picks) => {
      const ops = historyOf(choices);
      const one = new ChatState();
      for (const op of ops) applyTo(one, op);
      const other = new ChatState();
      for (const op of reordered(ops, picks)) applyTo(other, op);
      assert.equal(one.book.stateHash(), other.book.stateHash());
      assert.deepEqual(one.merges.list, other.merges.list);
      for (const { id } of ops) assert.equal(one.late.has(id), other.late.has(id));
      for (const name of ['alice', 'bob']) {
        assert.equal(one.names.owner(name)?.key, other.names.owner(name)?.key);
        const shown = (state: ChatState): string[] => state.names.displaced(name).map((each) => each.displayName);
        assert.deepEqual(shown(one), shown(other));
      }
      assert.deepEqual(settledBy(one), settledBy(other));
    }),
    { numRuns: 300 },
  );
});

test('[R21] at most one living account owns a name', () => {
  fc.assert(
    fc.property(fc.array(choice, { maxLength: 30 }), (choices) => {
      const state = new ChatState();
      for (const op of historyOf(choices)) applyTo(state, op);
      for (const name of ['alice', 'bob']) {
        const claims = state.names.claims(name);
        const counting = claims.filter((each) => each.isFinal && !each.displaced);
        const clash = counting.filter((a) => counting.some((b) => a !== b && !a.knew(b) && !b.knew(a)));
        assert.deepEqual(clash, []);
      }
    }),
  );
});

test('state that was saved and loaded goes on as if nothing had happened', () => {
  fc.assert(
    fc.property(fc.array(choice, { maxLength: 30 }), fc.nat(40), (choices, cut) => {
      const ops = historyOf(choices);
      const whole = new ChatState();
      const saved = new Map<string, { kind: number; key: string; value: Uint8Array }>();
      for (const [index, op] of ops.entries()) {
        applyTo(whole, op);
        if (index % 5 !== 0 || index >= cut) continue;
        for (const { kind, key, value } of whole.book.takeUnsaved())
          saved.set(`${kind}:${key}`, { kind, key, value: value! });
      }
      const loaded = new ChatState();
      loaded.restore([...saved.values()]);
      for (const op of ops) if (!loaded.applied.covers(op.id)) applyTo(loaded, op);
      assert.equal(loaded.book.stateHash(), whole.book.stateHash());
      assert.equal(loaded.names.owner('alice')?.key, whole.names.owner('alice')?.key);
      assert.deepEqual(settledBy(loaded), settledBy(whole));
      assert.deepEqual(loaded.merges.list, whole.merges.list);
      for (const { id } of ops) assert.equal(loaded.late.has(id), whole.late.has(id));
    }),
  );
});

test('[R22] of two accounts that claim a name on two sides of a split, the earlier owns it for good', () => {
  const maker = new OpMaker();
  const early = account(maker, 2, 'alice');
  const late = account(maker, 1, 'alice');
  const state = new ChatState();
  applyTo(state, late);
  assert.ok(sameDot(state.names.owner('alice')!.id, late.id));
  applyTo(state, early);
  assert.ok(sameDot(state.names.owner('alice')!.id, early.id));
  const displaced = state.account(late.id)!;
  assert.match(displaced.displayName, /^alice~[0-9a-z]{4}$/);
  assert.equal(state.names.shownAs(displaced.displayName), displaced);
  applyTo(state, maker.make(3, 'AccountDeletedOp', { account: early.id }));
  assert.equal(state.names.owner('alice'), undefined);
  assert.ok(displaced.displaced);
});

test('[R22] of two accounts that one request made on two sides of a split, the later has the name', () => {
  const maker = new OpMaker();
  const operation = operationOf(1, 1);
  const [first, second] = [1, 2].map((origin) =>
    maker.make(origin, 'AccountCreatedOp', { name: 'alice', passwordHash, operation, seen: [], coordinator: 0 }),
  );
  for (const order of [
    [first!, second!],
    [second!, first!],
  ]) {
    const state = new ChatState();
    for (const op of order) applyTo(state, op);
    assert.ok(sameDot(state.names.owner('alice')!.id, second!.id));
    assert.deepEqual(
      state.names.displaced('alice').map(({ id }) => id),
      [first!.id],
    );
  }
});

test('[R56] a claim that has to be confirmed is nobody before it is, and then its rivals are those it did not know of', () => {
  const maker = new OpMaker();
  const early = account(maker, 1, 'alice', [], 1);
  const late = account(maker, 2, 'alice', [], 2);
  const confirmed = confirmation(maker, 2, late.id);
  const givenUp = maker.make(1, 'AccountDeletedOp', { account: early.id });
  for (const order of [
    [early, late, confirmed, givenUp],
    [late, confirmed, early, givenUp],
  ]) {
    const state = new ChatState();
    for (const [index, op] of order.entries()) {
      const change = applyTo(state, op);
      if (op === early || op === late) assert.equal(change.kind, 'nameClaimed');
      const isConfirmed = index >= order.indexOf(confirmed);
      assert.equal(state.names.owner('alice')?.key, isConfirmed ? state.account(late.id)!.key : undefined);
      assert.ok(state.names.isHeld('alice'));
      assert.deepEqual(state.names.displaced('alice'), []);
    }
    assert.deepEqual(state.names.tentative, []);
  }
});

test('[R56] a confirmed account is not displaced by one that was confirmed before it and deleted', () => {
  const maker = new OpMaker();
  const first = account(maker, 1, 'alice', [], 1);
  const second = account(maker, 2, 'alice', [], 2);
  const ops = [
    first,
    second,
    confirmation(maker, 1, first.id),
    maker.make(1, 'AccountDeletedOp', { account: first.id }),
    confirmation(maker, 2, second.id, [first.id]),
  ];
  const state = new ChatState();
  for (const op of ops) applyTo(state, op);
  assert.ok(sameDot(state.names.owner('alice')!.id, second.id));
  assert.equal(state.account(second.id)!.displayName, 'alice');
});

test('a confirmation that comes before its account counts as soon as that is known', () => {
  const maker = new OpMaker();
  const made = account(maker, 1, 'alice', [], 1);
  const state = new ChatState();
  assert.deepEqual(applyTo(state, confirmation(maker, 2, made.id)), { kind: 'nothing' });
  assert.equal(applyTo(state, made).kind, 'accountCreated');
  assert.ok(state.account(made.id)!.alive);
});

test('[R23] a name freed by deletion can be taken again, also past a displaced account', () => {
  const maker = new OpMaker();
  const state = new ChatState();
  const first = account(maker, 1, 'alice');
  const displaced = account(maker, 2, 'alice');
  for (const op of [first, displaced, maker.make(1, 'AccountDeletedOp', { account: first.id })]) applyTo(state, op);
  const next = account(maker, 3, 'alice', [first.id, displaced.id]);
  applyTo(state, next);
  assert.ok(sameDot(state.names.owner('alice')!.id, next.id));
});

test('[R24] deleted stays deleted: nothing that comes late brings an account, its sessions or its mark back', () => {
  const maker = new OpMaker();
  const made = account(maker, 1, 'alice');
  const opened = session(maker, 1, made.id);
  const mark = maker.make(1, 'DeliveredOp', { account: made.id, mark: [{ origin: 5, seq: 9 }] });
  const deleted = maker.make(2, 'AccountDeletedOp', { account: made.id });
  const state = new ChatState();
  for (const op of [deleted, made, opened, mark]) applyTo(state, op);
  const gone = state.account(made.id)!;
  assert.equal(gone.alive, false);
  assert.equal(gone.creation!.passwordHash, '');
  assert.deepEqual([...gone.sessions], []);
  assert.equal(gone.mark.vector.size, 0);
  assert.equal(state.names.owner('alice'), undefined);
});

test('[R25] a send that a split stored twice is known as a second copy', () => {
  const maker = new OpMaker();
  const alice = account(maker, 1, 'alice');
  const bob = account(maker, 1, 'bob');
  const state = new ChatState();
  for (const op of [alice, bob]) applyTo(state, op);
  const first = applyTo(state, message(maker, 1, alice.id, bob.id, 1));
  const again = applyTo(state, message(maker, 2, alice.id, bob.id, 1));
  const next = applyTo(state, message(maker, 2, alice.id, bob.id, 2));
  const secondCopies = [first, again, next].map((change) => change.kind === 'message' && change.secondCopy);
  assert.deepEqual(secondCopies, [false, true, false]);
});

test('counters that a login used leave no gap between those of sends', () => {
  const maker = new OpMaker();
  const state = new ChatState();
  const alice = maker.make(1, 'AccountCreatedOp', {
    name: 'alice',
    passwordHash,
    operation: operationOf(5, 1),
    seen: [],
    coordinator: 0,
  });
  applyTo(state, alice);
  applyTo(state, message(maker, 1, alice.id, alice.id, 3));
  const tokenHash = new Uint8Array(32);
  const login = { account: alice.id, tokenHash, operation: operationOf(5, 2), replaces: [] };
  applyTo(state, maker.make(1, 'SessionOpenedOp', login));
  const { client } = operationOf(5, 1);
  assert.deepEqual(state.account(alice.id)!.clients.of(client).seen.bounds, [1, 3]);
});

test('[R26] a mark never goes back', () => {
  const maker = new OpMaker();
  const alice = account(maker, 1, 'alice');
  const state = new ChatState();
  const marks = [
    { origin: 5, seq: 9 },
    { origin: 5, seq: 3 },
    { origin: 6, seq: 1 },
  ];
  applyTo(state, alice);
  for (const mark of marks) applyTo(state, maker.make(2, 'DeliveredOp', { account: alice.id, mark: [mark] }));
  assert.deepEqual(state.account(alice.id)!.mark.vector.entries(), [
    { origin: 5, seq: 9 },
    { origin: 6, seq: 1 },
  ]);
});

test('[R40] which ops are late is known from the ops that say so, whichever comes first', () => {
  const maker = new OpMaker();
  const state = new ChatState();
  const alice = account(maker, 1, 'alice');
  const messages = [1, 2, 3].map((counter) => message(maker, 1, alice.id, alice.id, counter));
  const saidLate = maker.make(2, 'MergedOp', { late: [{ origin: 1, first: 3, last: 3 }] });
  for (const op of [saidLate, alice, ...messages]) applyTo(state, op);
  assert.deepEqual(
    messages.map(({ bytes }) => textOfRecord(state, bytes).late),
    [false, true, false],
  );
});

test('[R44] the latest merges are kept, the latest first', () => {
  const maker = new OpMaker();
  const state = new ChatState();
  const count = limits.mergesKeptMax + 3;
  for (let server = 1; server <= count; server += 1) {
    applyTo(state, maker.make(1, 'MergedOp', { late: [], merge: mergeOf(server, 1) }));
  }
  const { list } = state.merges;
  assert.equal(list.length, limits.mergesKeptMax);
  assert.deepEqual([list[0]!.server, list.at(-1)!.server], [count, 4]);
  assert.ok(list[0]!.time > list[1]!.time);
});

test('an op of a kind that is not known changes nothing but its origin', () => {
  const maker = new OpMaker();
  const made = account(maker, 1, 'alice');
  const state = new ChatState();
  const unknown = { ...made, header: { ...made.header, kind: 999 } };
  assert.deepEqual(applyTo(state, unknown), { kind: 'nothing' });
  assert.equal(state.applied.get(1), 1);
  assert.equal(state.names.owner('alice'), undefined);
});
