/** What every implementation of the view port must do; run by the tests of each. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { formatDot, type Dot } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { Vector } from '../model/vector.js';
import type { Entity, View } from '../ports/view.js';
import {
  ask,
  commit,
  dotsOf,
  draft,
  keyOfConversation,
  placeMessages,
  readStream,
  streamKey,
  type ViewFixture,
  printed,
  type Page,
  type WithView,
} from './view-drafts.testing.js';
import { pagingContract, readingContract } from './view-reading.contract.js';

const annaAndBen = keyOfConversation('anna+ben');
const annaAndCarla = keyOfConversation('anna+carla');

export function viewContract(name: string, open: () => Promise<ViewFixture>): void {
  const withView = async (use: (fixture: ViewFixture) => Promise<void>) => {
    const fixture = await open();
    try {
      await use(fixture);
    } finally {
      await fixture.close();
    }
  };
  const stream = (view: View, fields: { stream?: string; after?: Dot[]; limit?: number } = {}) =>
    ask(view, {
      kind: 'stream',
      stream: streamKey(fields.stream ?? 'anna'),
      after: new Vector(fields.after),
      limit: fields.limit ?? 100,
    });
  const history = (view: View, fields: { before?: Dot & { time: number }; limit?: number } = {}) =>
    ask(view, { kind: 'history', conversation: annaAndBen, before: fields.before, limit: fields.limit ?? 100 });

  describe(`${name}: order and time`, () => {
    test('`done` is not called before the call returns, and answers come in the order of the calls', async () => {
      await withView(async ({ view }) => {
        const heard: string[] = [];
        const nothing = { appliedTo: 1, entities: [], removedStreams: [], names: [], moved: [] };
        const to = { position: 1, passedOver: [] };
        await new Promise<void>((resolve) => {
          view.commit(nothing, () => heard.push('committed'));
          view.query({ kind: 'waiting', stream: 'anna', after: new Vector() }, () => heard.push('answered'));
          view.index({ position: 1, bytes: new Uint8Array(0) }, to, () => heard.push('indexed'));
          view.commit(nothing, () => resolve());
          assert.deepEqual(heard, []);
        });
        assert.deepEqual(heard, ['committed', 'answered', 'indexed']);
      });
    });

    test('a query sees what was committed before it, without waiting', async () => {
      await withView(async (fixture) => {
        const committed = commit(fixture.view, { messages: placeMessages(fixture, [draft({ origin: 1, seq: 1 })]) });
        const answer = await stream(fixture.view);
        assert.equal(printed(answer), '1-1');
        await committed;
      });
    });
  });

  describe(`${name}: streams`, () => {
    test('a stream gives the earliest first, over all origins, by dot where times are equal', async () => {
      await withView(async (fixture) => {
        const big = Number.MAX_SAFE_INTEGER;
        const drafts = [
          draft({ origin: big, seq: 1, time: 20 }),
          draft({ origin: 7, seq: 1, time: 20, counter: 2 }),
          draft({ origin: 9, seq: 1, time: 5, counter: 3 }),
          draft({ origin: 7, seq: 2, time: 30, counter: 4, sender: 'anna' }),
          draft({ origin: 7, seq: 3, time: 40, counter: 5 }),
        ];
        await commit(fixture.view, { messages: placeMessages(fixture, drafts) });
        assert.deepEqual(dotsOf((await stream(fixture.view)).records), [
          { origin: 9, seq: 1 },
          { origin: 7, seq: 1 },
          { origin: big, seq: 1 },
          { origin: 7, seq: 3 },
        ]);
        assert.equal((await stream(fixture.view, { stream: 'nobody' })).records.length, 0);
      });
    });

    test('what the reader holds is left out, and `more` says whether the limit cut something off', async () => {
      await withView(async (fixture) => {
        const drafts = [1, 2, 3, 4].map((seq) => draft({ origin: 5, seq }));
        await commit(fixture.view, { messages: placeMessages(fixture, drafts) });
        const after = [{ origin: 5, seq: 1 }];
        const two = await stream(fixture.view, { after, limit: 2 });
        assert.deepEqual([printed(two), two.more], ['5-2 5-3', true]);
        const three = await stream(fixture.view, { after, limit: 3 });
        assert.deepEqual([printed(three), three.more], ['5-2 5-3 5-4', false]);
      });
    });

    test('a page ends before it is larger than an answer may be', async () => {
      await withView(async (fixture) => {
        const drafts = Array.from({ length: 40 }, (_, index) => draft({ origin: 5, seq: index + 1 }));
        await commit(fixture.view, { messages: placeMessages(fixture, drafts, 30_000) });
        const page = await stream(fixture.view);
        const bytes = page.records.reduce((sum, record) => sum + record.length, 0);
        assert.ok(bytes <= limits.viewAnswerBytesMax && bytes + page.records[0]!.length > limits.viewAnswerBytesMax);
        assert.equal(page.more, true);
        assert.equal((await readStream(fixture.view, 'anna', [100])).length, 40);
      });
    });

    test('a stream emptied once stays empty, whatever comes later or in the same batch', async () => {
      await withView(async (fixture) => {
        const [first, second, third] = placeMessages(
          fixture,
          [1, 2, 3].map((seq) => draft({ origin: 5, seq, conversation: 'anna+ben+never' })),
        );
        await commit(fixture.view, { messages: [first!] });
        await commit(fixture.view, { messages: [second!], removedStreams: ['anna', 'never'] });
        await commit(fixture.view, { messages: [third!] });
        assert.equal(printed(await stream(fixture.view)), '');
        assert.equal(printed(await stream(fixture.view, { stream: 'never' })), '');
        assert.equal(printed(await stream(fixture.view, { stream: 'ben' })), '5-1 5-2 5-3');
        const { records } = await ask(fixture.view, {
          kind: 'history',
          conversation: keyOfConversation('anna+ben+never'),
          before: undefined,
          limit: 9,
        });
        assert.equal(printed({ records }), '5-3 5-2 5-1');
      });
    });

    test('a record that does not read right is left out, and does not count', async () => {
      await withView(async (fixture) => {
        const messages = placeMessages(
          fixture,
          [1, 2, 3, 4].map((seq) => draft({ origin: 5, seq })),
        );
        const elsewhere = { ...messages[3]!, position: messages[2]!.position };
        await commit(fixture.view, { messages });
        await commit(fixture.view, { moved: [elsewhere] });
        fixture.damage(messages[0]!.position);
        const page = await stream(fixture.view, { limit: 1 });
        assert.deepEqual([printed(page), page.more], ['5-2', true]);
        assert.equal(printed(await stream(fixture.view)), '5-2 5-3');
        assert.equal(printed(await history(fixture.view)), '5-3 5-2');
        const lost = { kind: 'sent', conversation: annaAndBen, client: 'c1', counter: 1 } as const;
        const [damaged, missing] = [messages[0]!, elsewhere].map(({ origin, seq, position }) => ({
          origin,
          seq,
          position,
        }));
        assert.deepEqual(await ask(fixture.view, lost), { record: undefined, unreadable: [damaged] });
        assert.deepEqual((await stream(fixture.view)).unreadable, [damaged, missing]);
        assert.deepEqual((await history(fixture.view)).unreadable, [missing, damaged]);
      });
    });

    test('a record that has moved is read where it stands now', async () => {
      await withView(async (fixture) => {
        const [first, second] = placeMessages(fixture, [draft({ origin: 5, seq: 1 }), draft({ origin: 5, seq: 2 })]);
        await commit(fixture.view, { messages: [first!, second!] });
        const wrong = [first!, second!].map(({ origin, seq }) => ({ origin, seq, position: 0 }));
        await commit(fixture.view, { moved: wrong });
        assert.equal(printed(await stream(fixture.view)), '');
        const other = { origin: 9, seq: 9, position: 0 };
        await commit(fixture.view, { moved: [first!, second!, other] });
        const page = await stream(fixture.view);
        assert.deepEqual([printed(page), page.unreadable], ['5-1 5-2', []]);
      });
    });

    test('what waits is counted by conversation, the latest first', async () => {
      await withView(async (fixture) => {
        const drafts = [
          draft({ origin: 5, seq: 1, time: 10 }),
          draft({ origin: 5, seq: 2, time: 20, conversation: 'anna+carla' }),
          draft({ origin: 6, seq: 1, time: 15, counter: 8 }),
          draft({ origin: 6, seq: 2, time: 25, counter: 9, sender: 'anna' }),
        ];
        await commit(fixture.view, { messages: placeMessages(fixture, drafts) });
        const waiting = (after: Dot[]) =>
          ask(fixture.view, { kind: 'waiting', stream: streamKey('anna'), after: new Vector(after) });
        assert.deepEqual(await waiting([]), {
          conversations: [
            { conversation: annaAndCarla, count: 1, first: 20, latest: 20 },
            { conversation: annaAndBen, count: 2, first: 10, latest: 15 },
          ],
        });
        assert.deepEqual(await waiting([{ origin: 5, seq: 2 }]), {
          conversations: [{ conversation: annaAndBen, count: 1, first: 15, latest: 15 }],
        });
      });
    });
  });

  describe(`${name}: conversations`, () => {
    test('history gives the latest first, strictly before a message, across equal times', async () => {
      await withView(async (fixture) => {
        const drafts = [
          draft({ origin: 9, seq: 1, time: 10 }),
          draft({ origin: 5, seq: 1, time: 10, counter: 2 }),
          draft({ origin: 5, seq: 2, time: 20, counter: 3 }),
          draft({ origin: 5, seq: 3, time: 30, counter: 4, conversation: 'anna+dora' }),
        ];
        await commit(fixture.view, { messages: placeMessages(fixture, drafts) });
        const all = await history(fixture.view);
        assert.deepEqual([printed(all), all.more], ['5-2 9-1 5-1', false]);
        const page = await history(fixture.view, { limit: 2 });
        assert.deepEqual([printed(page), page.more], ['5-2 9-1', true]);
        assert.equal(printed(await history(fixture.view, { before: { origin: 9, seq: 1, time: 10 } })), '5-1');
      });
    });

    test('a message is found by its operation id, in its own conversation alone', async () => {
      await withView(async (fixture) => {
        const drafts = [1, 2].map((seq) => draft({ origin: 5, seq, client: 'c1', counter: seq + 100 }));
        await commit(fixture.view, { messages: placeMessages(fixture, drafts) });
        const sent = async (conversation: string, client: string, counter: number) => {
          const { record } = await ask(fixture.view, { kind: 'sent', conversation, client, counter });
          return record && dotsOf([record])[0];
        };
        assert.deepEqual(await sent(annaAndBen, 'c1', 102), { origin: 5, seq: 2 });
        assert.equal(await sent(annaAndBen, 'c1', 103), undefined);
        assert.equal(await sent(annaAndBen, 'c2', 102), undefined);
        assert.equal(await sent(annaAndCarla, 'c1', 102), undefined);
      });
    });
  });

  copiesContract(name, withView, stream, history);
  readingContract(name, withView, stream);
  savedStateContract(name, withView);
  pagingContract(name, withView);
}

function copiesContract(
  name: string,
  withView: WithView,
  stream: (view: View, fields?: { stream?: string; after?: Dot[]; limit?: number }) => Page,
  history: (view: View) => Page,
): void {
  describe(`${name}: copies of one send`, () => {
    const copies = [
      draft({ origin: 3, seq: 1, time: 40, counter: 7 }),
      draft({ origin: 5, seq: 1, time: 30, counter: 7 }),
      draft({ origin: 8, seq: 1, time: 50, counter: 7 }),
    ];
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    for (const order of orders) {
      for (const together of [true, false]) {
        const how = `arriving as ${order.join(', ')} in ${together ? 'one batch' : 'batches of their own'}`;
        test('messages by their dots come in that order, without copies behind the one that stands for them', async () => {
          await withView(async (fixture) => {
            const single = draft({ origin: 5, seq: 2, time: 60, counter: 8 });
            const drafts = copies.map((copy, index) => ({ ...copy, secondCopy: index > 0 }));
            await commit(fixture.view, { messages: placeMessages(fixture, [...drafts, single]) });
            const unknown = { origin: 5, seq: 9 };
            const dots = [single, ...copies, unknown].map(({ origin, seq }) => ({ origin, seq }));
            const answer = await ask(fixture.view, { kind: 'messages', dots });
            assert.deepEqual([printed(answer), answer.more], ['5-2 5-1', false]);
            assert.equal(printed(await ask(fixture.view, { kind: 'messages', dots: dots.toReversed() })), '5-1 5-2');
          });
        });

        test(`${how}: history shows the earliest, a stream gives one`, async () => {
          await withView(async (fixture) => {
            const drafts = order.map((index) => copies[index]!);
            const messages = placeMessages(fixture, drafts);
            const batches = together ? [messages] : messages.map((message) => [message]);
            for (const batch of batches) await commit(fixture.view, { messages: batch });

            assert.equal(printed(await history(fixture.view)), '5-1');
            const sent = { kind: 'sent', conversation: annaAndBen, client: 'c1', counter: 7 } as const;
            const { record } = await ask(fixture.view, sent);
            assert.deepEqual(record && dotsOf([record]), [{ origin: 5, seq: 1 }]);
            assert.equal(printed(await stream(fixture.view)), '5-1');
            const waiting = { kind: 'waiting', stream: streamKey('anna') } as const;
            assert.deepEqual(await ask(fixture.view, { ...waiting, after: new Vector() }), {
              conversations: [{ conversation: annaAndBen, count: 1, first: 30, latest: 30 }],
            });
            for (const held of copies) {
              assert.equal(printed(await stream(fixture.view, { after: [held] })), '');
              const answer = await ask(fixture.view, { ...waiting, after: new Vector([held]) });
              assert.deepEqual(answer, { conversations: [] });
            }
          });
        });
      }
    }

    test('[R25] what was sent again after it had been stored late keeps its place', async () => {
      await withView(async (fixture) => {
        // A server hung with two sends in its hands; their client had gone on with another server when it took them.
        const drafts = [
          draft({ origin: 8, seq: 1, time: 10, counter: 7 }),
          draft({ origin: 8, seq: 2, time: 11, counter: 8 }),
          draft({ origin: 8, seq: 3, time: 12, counter: 9 }),
          draft({ origin: 3, seq: 1, time: 50, counter: 7 }),
          draft({ origin: 3, seq: 2, time: 51, counter: 8 }),
        ];
        await commit(fixture.view, { messages: placeMessages(fixture, drafts) });
        assert.equal(printed(await history(fixture.view)), '8-3 8-2 8-1');
      });
    });

    test('a reader whose vector passed one copy gets none of the others, and loses nothing when pages are short', async () => {
      await withView(async (fixture) => {
        // The copy with the smaller dot is the later one: a vector that passes the earlier must have been given it.
        const drafts = [
          draft({ origin: 8, seq: 1, time: 10, counter: 7 }),
          draft({ origin: 8, seq: 2, time: 20, counter: 8 }),
          draft({ origin: 3, seq: 1, time: 50, counter: 7 }),
          draft({ origin: 3, seq: 2, time: 60, counter: 9 }),
        ];
        await commit(fixture.view, { messages: placeMessages(fixture, drafts) });
        assert.deepEqual((await readStream(fixture.view, 'anna', [1])).map(formatDot), ['8-1', '8-2', '3-2']);
      });
    });

    test('a copy that is not in a stream does not keep the other from it', async () => {
      await withView(async (fixture) => {
        const drafts = [
          draft({ origin: 5, seq: 1, counter: 7, sender: 'anna' }),
          draft({ origin: 6, seq: 1, counter: 7, sender: 'ben' }),
        ];
        await commit(fixture.view, { messages: placeMessages(fixture, drafts) });
        assert.equal(printed(await stream(fixture.view, { after: [{ origin: 5, seq: 1 }] })), '6-1');
      });
    });
  });
}

function savedStateContract(name: string, withView: WithView): void {
  describe(`${name}: saved state and names`, () => {
    test('a view nothing was committed to has no snapshot', async () => {
      await withView(async (fixture) => {
        assert.equal((await fixture.reopen()).snapshot, undefined);
      });
    });

    test('a snapshot has the entities as they were saved last, and the position', async () => {
      await withView(async (fixture) => {
        const entities: Entity[] = [
          { kind: 1, key: 'a', value: Uint8Array.of(1) },
          { kind: 2, key: 'a', value: new Uint8Array(0) },
          { kind: 1, key: 'b', value: Uint8Array.of(2) },
        ];
        await commit(fixture.view, { appliedTo: 2 ** 40, entities });
        const changed = [
          { kind: 1, key: 'a', value: undefined },
          { kind: 1, key: 'b', value: Uint8Array.of(3, 4) },
          { kind: 9, key: 'never saved', value: undefined },
        ];
        await commit(fixture.view, { appliedTo: 2 ** 40 + 5, entities: changed });
        const { snapshot } = await fixture.reopen();
        assert.equal(snapshot?.appliedTo, 2 ** 40 + 5);
        const found = snapshot.entities.map(({ kind, key, value }) => `${kind} ${key} [${value.join()}]`);
        assert.deepEqual(found.sort(), ['1 b [3,4]', '2 a []']);
      });
    });

    test('messages, names and emptied streams are there after the view was opened again', async () => {
      await withView(async (fixture) => {
        const messages = placeMessages(
          fixture,
          [1, 2].map((seq) => draft({ origin: 5, seq })),
        );
        const names = [{ name: 'anna', visible: true }];
        await commit(fixture.view, { messages: [messages[0]!], names, removedStreams: ['ben'] });
        const { view } = await fixture.reopen();
        await commit(view, { appliedTo: 2, messages: [messages[1]!] });
        assert.deepEqual((await readStream(view, 'anna', [9])).map(formatDot), ['5-1', '5-2']);
        assert.deepEqual(await readStream(view, 'ben', [9]), []);
        const found = await ask(view, { kind: 'names', pattern: '', after: '', limit: 9 });
        assert.deepEqual(found, { names: ['anna'], more: false });
      });
    });

    test('names are listed in order, page by page, by pattern; a bad pattern is a fault', async () => {
      await withView(async ({ view }) => {
        const shown = ['carla', 'anna', 'ben', 'anton', 'hidden'].map((name) => ({ name, visible: true }));
        await commit(view, { names: shown });
        await commit(view, { names: [{ name: 'hidden', visible: false }, ...shown.slice(0, 1)] });
        const list = (pattern: string, after: string, limit: number) =>
          ask(view, { kind: 'names', pattern, after, limit });
        assert.deepEqual(await list('', '', 9), { names: ['anna', 'anton', 'ben', 'carla'], more: false });
        assert.deepEqual(await list('n$|^a', '', 2), { names: ['anna', 'anton'], more: true });
        assert.deepEqual(await list('n$|^a', 'anton', 2), { names: ['ben'], more: false });
        assert.deepEqual(await list('n', 'anna', 2), { names: ['anton', 'ben'], more: false });
        const answer = await list('a**', '', 9);
        assert.deepEqual(answer, { fault: 'invalid nested repetition operator: **', at: 1 });
      });
    });
  });
}
