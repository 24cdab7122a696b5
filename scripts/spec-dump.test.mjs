import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fromHex } from '../dist/core/lib/hex.js';
import { decode } from '../dist/core/wire/codec.js';
import { FrameDecoder, messageNameOfType } from '../dist/core/wire/frame.js';
import { dumpText } from './spec-dump.mjs';

/** The bytes in the dump that one side sends. */
function bytesFrom(/** @type {'client' | 'server'} */ side) {
  const sections = dumpText().split('\n\n');
  const lines = sections.filter((section) => section.startsWith(`${side}:`)).flatMap((section) => section.split('\n'));
  const hex = lines.flatMap((line) => /^ {2}((?:[0-9a-f]{2} ?)+)/.exec(line)?.[1] ?? []);
  return fromHex(hex.join('').replaceAll(' ', '')) ?? assert.fail('the dump is hexadecimal');
}

/** The names of the messages in the bytes, each of which is decoded. */
function messagesIn(/** @type {Uint8Array} */ bytes, /** @type {boolean} */ expectsPreface) {
  const decoder = new FrameDecoder({ bodyBytesMax: 10_000, expectsPreface });
  return [...decoder.feed(bytes)].map(({ type, body }) => {
    const name = messageNameOfType(type) ?? assert.fail('the dump has only known types');
    decode(name, body);
    return name;
  });
}

test('the dump is a whole conversation, byte for byte', () => {
  const client = ['Hello', 'CreateAccount', 'Login', 'Send', 'Receive', 'Send', 'MarkDelivered'];
  assert.deepEqual(messagesIn(bytesFrom('client'), true), client);
  const server = ['Welcome', 'AccountCreated', 'LoggedIn', 'Failed', 'Receiving', 'Live', 'Sent', 'Deliver', 'Marked'];
  assert.deepEqual(messagesIn(bytesFrom('server'), false), server);
});
