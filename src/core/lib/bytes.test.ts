import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AssertionFailed } from './assert.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { fromHex, toHex } from './hex.js';

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  write(writer);
  return writer.take();
}

const reading = (hex: string) => new ByteReader(fromHex(hex)!);

/** Integers of every length in bits, since evenly drawn ones are nearly all long. */
const uint = fc.tuple(fc.integer({ min: 0, max: 53 }), fc.maxSafeNat()).map(([bits, value]) => value % 2 ** bits);

test('integers have the bytes that protobuf gives them', () => {
  const hexOf = (value: number) => toHex(written((writer) => writer.uint(value)));
  assert.equal(hexOf(0), '00');
  assert.equal(hexOf(127), '7f');
  assert.equal(hexOf(128), '8001');
  assert.equal(hexOf(300), 'ac02');
  assert.equal(hexOf(2 ** 28), '8080808001');
  assert.equal(hexOf(2 ** 32 - 1), 'ffffffff0f');
  assert.equal(hexOf(2 ** 32), '8080808010');
  assert.equal(hexOf(2 ** 53 - 1), 'ffffffffffffff0f');
});

test('an integer is read as it was written, in the fewest bytes', () => {
  fc.assert(
    fc.property(uint, (value) => {
      const bytes = written((writer) => writer.uint(value));
      const reader = new ByteReader(bytes);
      assert.equal(reader.uint(), value);
      assert.ok(reader.atEnd);
      assert.equal(bytes.length, Math.max(1, Math.ceil(value.toString(2).length / 7)));
      assert.ok(new ByteReader(bytes).skipVarint());
    }),
  );
});

test('an integer that nobody can represent is refused when it is written', () => {
  for (const value of [-1, 0.5, 2 ** 53, Number.NaN]) {
    assert.throws(() => written((writer) => writer.uint(value)), AssertionFailed);
  }
});

test('an integer that is cut short, too large or too long is not read', () => {
  assert.equal(reading('').uint(), undefined);
  assert.equal(reading('80').uint(), undefined);
  assert.equal(reading('8080808080').uint(), undefined);
  assert.equal(reading('8080808080808010').uint(), undefined, '2^53');
  assert.equal(reading('ffffffffffffffffff01').uint(), undefined, '2^64 - 1');
  assert.equal(reading('8080808080808080808000').uint(), undefined, '0 in eleven bytes');
  assert.equal(reading('80808080808080808000').uint(), 0, '0 in ten bytes');
  assert.equal(reading('8100').uint(), 1, '1 in two bytes');
});

test('integers of up to 64 bits are stepped over, longer ones are not', () => {
  assert.ok(reading('ffffffffffffffffff01').skipVarint());
  assert.ok(!reading('ffffffffffffffffffff01').skipVarint());
  assert.ok(!reading('ff').skipVarint());
});

test('text is read as it was written, whatever its length in bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 400 }), { maxLength: 8 }), (texts) => {
      const reader = new ByteReader(written((writer) => texts.forEach((text) => writer.text(text))));
      for (const text of texts) assert.equal(reader.text(reader.uint()!), text);
      assert.ok(reader.atEnd);
    }),
  );
});

test('the length before a text grows where the text is longer in bytes than in units', () => {
  const text = 'é'.repeat(100);
  assert.equal(toHex(written((writer) => writer.text(text))), `c801${'c3a9'.repeat(100)}`);
});

test('a byte order mark is kept as a character', () => {
  const reader = new ByteReader(written((writer) => writer.text('\uFEFF and more than a short text holds')));
  assert.equal(reader.text(reader.uint()!)!.charCodeAt(0), 0xfeff);
});

test('bytes that are not UTF-8 are no text, short or long', () => {
  for (const hex of ['ff', 'c3', 'c080', 'eda080', 'f4908080', `${'61'.repeat(40)}ff`]) {
    assert.equal(reading(hex).text(hex.length / 2), undefined, hex);
  }
});

test('a length is put before what follows it, however long that became', () => {
  for (const length of [0, 127, 128, 16_383, 16_384, 70_000]) {
    const content = new Uint8Array(length).fill(7);
    const bytes = written((writer) => {
      writer.byte(1);
      const start = writer.beginLengthPrefix();
      writer.bytes(content);
      writer.endLengthPrefix(start);
      writer.byte(2);
    });
    const reader = new ByteReader(bytes);
    assert.equal(reader.uint(), 1);
    assert.deepEqual(reader.bytes(reader.uint()!), content);
    assert.equal(reader.uint(), 2);
    assert.ok(reader.atEnd);
  }
});

test('what was taken is not overwritten by what is written next', () => {
  for (const length of [10, 200_000]) {
    const writer = new ByteWriter();
    writer.bytes(new Uint8Array(length).fill(1));
    const taken = writer.take();
    writer.bytes(new Uint8Array(length).fill(2));
    assert.deepEqual(taken, new Uint8Array(length).fill(1));
    assert.deepEqual(writer.view(), new Uint8Array(length).fill(2));
  }
});

test('fixed integers are big-endian and can be set afterwards', () => {
  const bytes = written((writer) => {
    writer.fixed32(0);
    writer.fixed16(0xa1b2);
    writer.fixed32(0xdeadbeef);
    writer.setFixed32(0, 0xfedcba98);
  });
  assert.equal(toHex(bytes), 'fedcba98a1b2deadbeef');
});

test('a narrowed reader ends where it was told to, and goes on after it was widened', () => {
  const reader = reading('0102030405');
  assert.equal(reader.uint(), 1);
  const outerEnd = reader.narrow(2);
  assert.equal(reader.remaining, 2);
  assert.equal(reader.bytes(3), undefined);
  assert.ok(reader.skip(2));
  assert.equal(reader.uint(), undefined);
  reader.widen(outerEnd);
  assert.equal(reader.uint(), 4);
});
