import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { limits } from '../model/limits.js';
import { Vector } from '../model/vector.js';
import type { MessageOf } from '../wire/message-types.js';
import { Inbox } from './inbox.js';

function delivery(origin: number, seq: number, previousSeq: number): MessageOf<'Deliver'> {
  const message = {
    from: 'bob',
    to: 'alice',
    text: `${origin}-${seq}`,
    sentAtMs: 1,
    time: 1,
    fromDeleted: false,
    late: false,
    toDeleted: false,
  };
  const operation = { client: new Uint8Array(16).fill(origin), counter: seq };
  return { message: { ...message, id: { origin, seq } }, previousSeq, sender: { origin: 77, seq: 1 }, operation };
}

function begun(cursor = new Vector()): Inbox {
  const inbox = new Inbox(cursor);
  inbox.begin(limits.creditMax);
  return inbox;
}

test('[C41] a message that a hole comes before is refused, and what is asked for next fills the hole', () => {
  const inbox = begun();
  assert.equal(inbox.deliver(delivery(1, 2, 0)), 'held');
  assert.equal(inbox.deliver(delivery(1, 9, 5)), 'hole');
  assert.deepEqual(inbox.begin(limits.creditMax).cursor, [{ origin: 1, seq: 2 }]);
});

test('[C41] each origin is followed by itself', () => {
  const inbox = begun();
  assert.equal(inbox.deliver(delivery(1, 2, 0)), 'held');
  assert.equal(inbox.deliver(delivery(2, 7, 0)), 'held');
  assert.equal(inbox.deliver(delivery(1, 3, 2)), 'held');
  assert.equal(inbox.deliver(delivery(2, 9, 8)), 'hole');
});

test('[C47] [W75] a message that was sent again under another origin is got once, and its place is passed', () => {
  const inbox = begun();
  const first = delivery(1, 2, 0);
  const again = { ...delivery(2, 7, 0), operation: first.operation };
  const forged = { ...delivery(3, 4, 0), operation: first.operation, sender: { origin: 78, seq: 1 } };
  assert.equal(inbox.deliver(first), 'held');
  assert.equal(inbox.deliver(again), 'skipped');
  assert.equal(inbox.deliver(forged), 'held', 'the same operation of another account is another message');
  assert.deepEqual(
    [inbox.take()?.id, inbox.take()?.id, inbox.take()],
    [{ origin: 1, seq: 2 }, { origin: 3, seq: 4 }, undefined],
  );
  assert.deepEqual(inbox.takeRepeats(), [{ origin: 2, seq: 7 }]);
  assert.deepEqual(inbox.cursor.entries(), [
    { origin: 1, seq: 2 },
    { origin: 2, seq: 7 },
    { origin: 3, seq: 4 },
  ]);
});

test('[C80] what comes after a later send of the same client is late, whatever the server says', () => {
  const inbox = begun();
  const sent = (origin: number, seq: number, counter: number, client = 9, sender = 77): MessageOf<'Deliver'> => ({
    ...delivery(origin, seq, 0),
    sender: { origin: sender, seq: 1 },
    operation: { client: new Uint8Array(16).fill(client), counter },
  });
  const counters = [sent(1, 1, 4), sent(2, 1, 6), sent(3, 1, 5), sent(4, 1, 7), sent(5, 1, 1, 8), sent(6, 1, 1, 9, 78)];
  for (const one of counters) assert.equal(inbox.deliver(one), 'held');
  assert.deepEqual(
    counters.map(() => inbox.take()?.late),
    [false, false, true, false, false, false],
  );
});

test('[C80] what is clearly older than something before it is late, and what is hardly older is not', () => {
  const inbox = begun();
  const at = (seq: number, ms: number): MessageOf<'Deliver'> => {
    const one = delivery(seq, 1, 0);
    return { ...one, message: { ...one.message, time: ms * 1024 } };
  };
  const { lateAfterMs } = limits;
  for (const [index, ms] of [100_000, 100_000 - lateAfterMs, 99_999 - lateAfterMs, 100_001].entries()) {
    assert.equal(inbox.deliver(at(index + 1, ms)), 'held');
  }
  assert.deepEqual(
    [1, 2, 3, 4].map(() => inbox.take()?.late),
    [false, false, true, false],
  );
});

test('[C81] a message that its server marked as late stays so', () => {
  const inbox = begun();
  const first = delivery(1, 1, 0);
  inbox.deliver({ ...first, message: { ...first.message, late: true } });
  assert.equal(inbox.take()?.late, true);
});

test('[C43] a message that is there already is skipped', () => {
  const inbox = begun(new Vector([{ origin: 1, seq: 5 }]));
  assert.equal(inbox.deliver(delivery(1, 4, 0)), 'skipped');
  assert.equal(inbox.deliver(delivery(1, 6, 5)), 'held');
  assert.equal(inbox.deliver(delivery(1, 6, 5)), 'skipped');
  assert.equal(inbox.take()?.text, '1-6');
  assert.equal(inbox.take(), undefined);
});

test('[C42] credit is granted when half of the window is free, and what is held counts against it', () => {
  const inbox = begun();
  const window = limits.clientWindow;
  for (let seq = 1; seq <= window; seq++) assert.equal(inbox.deliver(delivery(1, seq, seq - 1)), 'held');
  assert.equal(inbox.grant(), 0);
  for (let count = 1; count < window / 2; count++) inbox.take();
  assert.equal(inbox.grant(), 0);
  inbox.take();
  assert.equal(inbox.grant(), window / 2);
  assert.equal(inbox.grant(), 0);
  assert.equal(inbox.begin(limits.creditMax).credit, window / 2);
});

test('[C42] a server that allows less is granted less', () => {
  const inbox = new Inbox(new Vector());
  assert.equal(inbox.begin(10).credit, 10);
});

test('[C44] a message that was not granted is refused', () => {
  const inbox = new Inbox(new Vector());
  inbox.begin(1);
  assert.equal(inbox.deliver(delivery(1, 1, 0)), 'held');
  assert.equal(inbox.deliver(delivery(1, 2, 1)), 'unasked');
});

test('the stream is caught up once the server is, and everything is taken', () => {
  const inbox = begun();
  inbox.deliver(delivery(1, 1, 0));
  inbox.live();
  assert.equal(inbox.isCaughtUp, false);
  inbox.take();
  assert.equal(inbox.isCaughtUp, true);
  inbox.begin(limits.creditMax);
  assert.equal(inbox.isCaughtUp, false);
});

/** One step of a server that may skip and repeat, and of a consumer. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('deliver' as const), origin: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('skip' as const), origin: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('repeat' as const), origin: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('take' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reconnect' as const) }) },
);

test('[C40] whatever a server skips or repeats, the consumer gets each message once and without a gap', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const inbox = begun();
      const takenByOrigin = new Map<number, number>();
      let sent = new Vector();
      for (const { kind, ...rest } of steps) {
        const origin = 'origin' in rest ? rest.origin : 0;
        const latest = sent.get(origin);
        if (kind === 'deliver') {
          const fate = inbox.deliver(delivery(origin, latest + 1, latest));
          if (fate === 'held') sent.raise(origin, latest + 1);
          else sent = new Vector(inbox.begin(limits.creditMax).cursor);
        } else if (kind === 'skip') {
          assert.match(inbox.deliver(delivery(origin, latest + 2, latest + 1)), /^(hole|unasked)$/);
          sent = new Vector(inbox.begin(limits.creditMax).cursor);
          assert.equal(sent.get(origin), latest);
        } else if (kind === 'repeat' && latest > 0) {
          assert.notEqual(inbox.deliver(delivery(origin, latest, latest - 1)), 'held');
        } else if (kind === 'reconnect') {
          sent = new Vector(inbox.begin(limits.creditMax).cursor);
        } else {
          const message = inbox.take();
          if (message === undefined) continue;
          const { id } = message;
          assert.equal(id.seq, (takenByOrigin.get(id.origin) ?? 0) + 1);
          takenByOrigin.set(id.origin, id.seq);
          assert.equal(inbox.cursor.get(id.origin), id.seq);
        }
        inbox.grant();
      }
    }),
  );
});
