import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../model/limits.js';
import { directConversation } from '../model/conversation.js';
import { OpMaker, operationOf } from './ops.testing.js';
import { ChatState } from './state.js';
import { textOfRecord, textsWithin } from './text.js';

const maker = new OpMaker();
const alice = { origin: 1, seq: 1 };
const bob = { origin: 2, seq: 1 };

function message(text: string, counter = 1): Uint8Array {
  const conversation = directConversation(alice, bob);
  const op = { sender: alice, conversation, operation: operationOf(1, counter), text };
  return maker.make(3, 'MessageSentOp', op).bytes;
}

test('a message can be read before the ops that made its accounts have arrived', () => {
  const { from, to, text } = textOfRecord(new ChatState(), message('early'));
  assert.deepEqual({ from, to, text }, { from: '?', to: '?', text: 'early' });
});

test('a page of the longest messages is cut to its frame, and never to nothing', () => {
  const longest = Array.from({ length: 10 }, (_, index) => message('x'.repeat(limits.textBytesMax), index + 1));
  const page = textsWithin(new ChatState(), longest, limits.frameBytesMax);
  assert.equal(page.cut, true);
  assert.equal(page.texts.length, 3);
  assert.equal(textsWithin(new ChatState(), longest.slice(0, 1), 1000).texts.length, 1);
});
