import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directConversation } from '../model/conversation.js';
import { applyTo, OpMaker, operationOf } from '../chat/ops.testing.js';
import { ChatState, type MessageChange } from '../chat/state.js';
import type { RecordHeader } from '../model/record.js';
import { Vector } from '../model/vector.js';
import type { ViewAnswers } from '../ports/view.js';
import { Delivery } from './delivery.js';

const sender = { origin: 1, seq: 1 };
const reader = { origin: 1, seq: 2 };

/** A delivery whose view database answers when the test says so. */
class Reading {
  readonly state = new ChatState();
  readonly pushed: string[] = [];
  readonly previous: number[] = [];
  lives = 0;
  readonly queries: ((answer: ViewAnswers['stream']) => void)[] = [];
  readonly delivery: Delivery;
  readonly #maker = new OpMaker();
  #counter = 0;

  constructor(credit: number, cursor = new Vector()) {
    this.delivery = new Delivery({
      stream: 'reader',
      state: this.state,
      cursor,
      credit,
      query: (_query, done) => void this.queries.push(done),
      push: ({ message, previousSeq }) => {
        this.pushed.push(new TextDecoder().decode(message.text));
        this.previous.push(previousSeq);
      },
      live: () => void (this.lives += 1),
    });
  }

  /** Makes a message durable; gives its record, for answers of the database. */
  message(text: string, origin = 7): { record: Uint8Array; header: RecordHeader; change: MessageChange } {
    this.#counter += 1;
    const op = this.#maker.make(origin, 'MessageSentOp', {
      sender,
      conversation: directConversation(sender, reader),
      operation: operationOf(1, this.#counter),
      text,
    });
    const change = applyTo(this.state, op);
    assert(change.kind === 'message');
    return { record: op.bytes, header: op.header, change };
  }

  arrives(text: string, origin = 7): Uint8Array {
    const { record, header, change } = this.message(text, origin);
    this.delivery.offer(header, change);
    return record;
  }

  answer(records: readonly Uint8Array[] = [], more = false): void {
    this.queries.shift()!({ records, more, unreadable: [] });
  }
}

test('[W70] what was stored comes first, then what came while it was read, then what comes; none twice', () => {
  const reading = new Reading(10);
  const stored = reading.message('stored');
  const both = reading.arrives('came while reading, and read too');
  reading.arrives('came while reading');
  reading.answer([stored.record, both]);
  reading.arrives('came after');
  const expected = ['stored', 'came while reading, and read too', 'came while reading', 'came after'];
  assert.deepEqual(reading.pushed, expected);
  assert.deepEqual(reading.previous, [0, 1, 2, 3]);
  assert.equal(reading.lives, 1);
});

test('[W71] what the cursor covers is not pushed, also when it arrives here later', () => {
  const reading = new Reading(10, new Vector([{ origin: 7, seq: 2 }]));
  reading.answer();
  for (const text of ['one', 'two', 'three']) reading.arrives(text);
  assert.deepEqual(reading.pushed, ['three']);
});

test('[W74] no more is pushed than was granted, and after a grant the rest comes from the store', () => {
  const reading = new Reading(1);
  reading.answer();
  const [, second, third] = ['one', 'two', 'three'].map((text) => reading.arrives(text));
  assert.deepEqual(reading.pushed, ['one']);
  assert.equal(reading.queries.length, 0);
  reading.delivery.grant(5);
  reading.answer([second!, third!]);
  assert.deepEqual(reading.pushed, ['one', 'two', 'three']);
  reading.arrives('four');
  assert.equal(reading.pushed.at(-1), 'four');
});

test('more than is set by while the store is read is read from the store', () => {
  const reading = new Reading(1000);
  const records = Array.from({ length: 300 }, (_, index) => reading.arrives(`message ${index}`));
  reading.answer();
  assert.equal(reading.lives, 0);
  reading.answer(records);
  assert.equal(reading.pushed.length, 300);
  assert.equal(reading.lives, 1);
});

test('[W75] a message of a send that was stored before is pushed if the store says that the reader lacks it', () => {
  const reading = new Reading(10);
  reading.answer();
  const lacking = reading.message('the name had another owner where it was stored before');
  reading.delivery.copyStored(lacking.header);
  const next = reading.arrives('next');
  reading.delivery.copyStored(reading.message('had').header);
  assert.deepEqual(reading.pushed, []);
  reading.answer([lacking.record]);
  assert.equal(reading.queries.length, 1, 'for what was stored while the store was read');
  reading.answer([next]);
  reading.arrives('after');
  assert.deepEqual(reading.pushed, ['the name had another owner where it was stored before', 'next', 'after']);
  assert.equal(reading.lives, 1);
});

test('a page that says there is more is followed by another', () => {
  const reading = new Reading(1000);
  const [first, second] = ['one', 'two'].map((text) => reading.message(text).record);
  reading.answer([first!], true);
  reading.answer([second!]);
  assert.deepEqual(reading.pushed, ['one', 'two']);
  assert.equal(reading.lives, 1);
});
