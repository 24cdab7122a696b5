import assert from 'node:assert/strict';
import test from 'node:test';

import fc from 'fast-check';

import { jsonLine, printable, printableLines } from './printable.js';

const raw = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

test('an escape sequence becomes visible and does nothing', () => {
  assert.equal(printable('\u001b[2Jgone\u0007'), '␛[2Jgone␇');
  assert.equal(printable('\u009b2J\u007f'), '\ufffd2J␡');
  assert.equal(printable('\u202egnp.exe'), '\ufffdgnp.exe');
});

test('lines are kept apart, or joined on one', () => {
  assert.deepEqual(printableLines('a\r\nb\rc\u2028d\n'), ['a', 'b', 'c', 'd', '']);
  assert.equal(printable('a\nb'), 'a b');
  assert.deepEqual(printableLines('\ta'), ['    a']);
});

test('what needs no change is left alone', () => {
  for (const text of ['', 'hello', 'Grüße 🪸 漢字 e\u0301 👩‍👩‍👧']) assert.equal(printable(text), text);
});

test('no text brings a raw control to the screen, and JSON says the same as before', () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.integer({ min: 0, max: 0x2070 }).map((code) => String.fromCharCode(code)),
      fc.string(),
    ),
  });
  fc.assert(
    fc.property(text, (text) => {
      assert.doesNotMatch(printable(text), raw);
      for (const line of printableLines(text)) assert.doesNotMatch(line, raw);
      assert.doesNotMatch(jsonLine({ text }), raw);
      assert.deepEqual(JSON.parse(jsonLine({ text })), { text });
    }),
  );
});
