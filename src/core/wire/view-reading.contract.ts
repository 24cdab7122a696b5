/** The part of the view contract that is about reading: of the log, and of streams in pages. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import { compareDots, type Dot } from '../model/ids.js';
import { readRecord } from '../model/record.js';
import type { LogHead } from '../ports/log-sink.js';
import type { View } from '../ports/view.js';
import {
  arbitraryLimits,
  arbitraryMessage,
  commit,
  draft,
  draftsFrom,
  placeMessages,
  printed,
  readStream,
  streamKey,
  streamsOf,
  type Page,
  type Placed,
  type WithView,
} from './view-drafts.testing.js';

export function readingContract(
  name: string,
  withView: WithView,
  stream: (view: View, fields?: { stream?: string; after?: Dot[]; limit?: number }) => Page,
): void {
  describe(`${name}: the log`, () => {
    const three = [1, 2, 3].map((seq) => draft({ origin: 5, seq }));
    const to = { position: 9_000, passedOver: [{ start: 100, end: 200 }] };
    const index = (view: View, { position, record }: Placed) =>
      new Promise<readonly LogHead[]>((resolve) => view.index({ position, bytes: record }, to, resolve));
    const headOf = ({ record }: Placed) => {
      const reading = readRecord(record, 0);
      assert.ok(reading.state === 'whole');
      const { origin, seq, checksum } = reading.header;
      return { origin, seq, checksum };
    };

    test('what stands behind a gap of its origin does not count', async () => {
      await withView(async (fixture) => {
        const [first, second, third] = placeMessages(fixture, three);
        assert.deepEqual(await index(fixture.view, first!), [headOf(first!)]);
        assert.deepEqual(await index(fixture.view, third!), [headOf(first!)]);
        assert.equal(printed(await stream(fixture.view)), '5-1');
        assert.deepEqual(await index(fixture.view, second!), [headOf(second!)]);
        assert.deepEqual(await index(fixture.view, third!), [headOf(third!)]);
        assert.equal(printed(await stream(fixture.view)), '5-1 5-2 5-3');
      });
    });

    test('what was passed over is taken in whenever it comes', async () => {
      await withView(async (fixture) => {
        const [first, second, third] = placeMessages(fixture, three);
        await index(fixture.view, first!);
        fixture.view.passOver([headOf(third!)], to);
        assert.deepEqual(await index(fixture.view, third!), [headOf(third!)]);
        assert.equal(printed(await stream(fixture.view)), '5-1 5-3');
        await index(fixture.view, second!);
        assert.equal(printed(await stream(fixture.view)), '5-1 5-2 5-3');
      });
    });

    test('what is met again stands where it was met last, and is there once', async () => {
      await withView(async (fixture) => {
        const [message] = placeMessages(fixture, three.slice(0, 1));
        await index(fixture.view, message!);
        const again = { ...message!, position: fixture.append(message!.record.slice()) };
        fixture.damage(message!.position);
        await index(fixture.view, again);
        const page = await stream(fixture.view);
        assert.deepEqual([printed(page), page.unreadable], ['5-1', []]);
      });
    });

    test('a snapshot says how far the log was read', async () => {
      await withView(async (fixture) => {
        const [first] = placeMessages(fixture, three);
        await commit(fixture.view, { appliedTo: 9_500 });
        await index(fixture.view, first!);
        const { snapshot, view } = await fixture.reopen();
        assert.deepEqual(snapshot?.indexed, { ...to, heads: [headOf(first!)] });
        assert.equal(printed(await stream(view)), '5-1');
      });
    });
  });
}

export function pagingContract(name: string, withView: WithView): void {
  test(`${name}: reading a stream in pages of any size gives each send once, each origin in order`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryMessage, { maxLength: 40 }), arbitraryLimits, async (shapes, limits) => {
        await withView(async (fixture) => {
          const drafts = draftsFrom(shapes);
          await commit(fixture.view, { messages: placeMessages(fixture, drafts) });
          const given = await readStream(fixture.view, 'anna', limits);
          const sendOf = (dot: Dot) => {
            const message = drafts.find((other) => compareDots(other, dot) === 0)!;
            return `${message.conversation} ${message.client} ${message.counter}`;
          };
          const expected = drafts.filter((message) => streamsOf(message).includes(streamKey('anna'))).map(sendOf);
          assert.deepEqual(given.map(sendOf).sort(), [...new Set(expected)].sort());
          const inOrder = given.every((dot, at) =>
            given.slice(at).every((later) => later.origin !== dot.origin || later.seq >= dot.seq),
          );
          assert.ok(inOrder, 'each origin is given in order');
        });
      }),
      { numRuns: 20 },
    );
  });
}
