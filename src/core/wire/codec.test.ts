import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AssertionFailed } from '../lib/assert.js';
import { ByteWriter } from '../lib/byte-writer.js';
import { fromHex, toHex } from '../lib/hex.js';
import { decode, encode, encodeInto } from './codec.js';
import { anyMessage, messageNames } from './message.testing.js';
import type { MessageName } from './message-types.js';
import { WireFault } from './wire-fault.js';

/** The message of the fault that decoding ends with. */
function faultOf(name: MessageName, hex: string): string {
  try {
    decode(name, fromHex(hex)!);
  } catch (error) {
    assert.ok(error instanceof WireFault, String(error));
    assert.equal(error.code, 'MALFORMED');
    return error.message;
  }
  return assert.fail(`${hex} was decoded as ${name}`);
}

for (const name of messageNames) {
  test(`${name} is decoded as it was encoded`, () => {
    fc.assert(
      fc.property(anyMessage(name), (value) => assert.deepEqual(decode(name, encode(name, value)), value)),
      { numRuns: 50 },
    );
  });
}

test('[W9] equal values have equal bytes, zeros and empty lists none', () => {
  const nothing = { origin: 0, seq: 0 };
  assert.equal(toHex(encode('Dot', nothing)), '');
  assert.equal(toHex(encode('Receive', { cursor: [], credit: 0 })), '');
  assert.equal(toHex(encode('Dot', { origin: 1, seq: 300 })), '080110ac02');
  assert.equal(toHex(encode('Dot', { seq: 300, origin: 1 })), '080110ac02');
});

test('[W11] lists of integers are packed, other lists repeat their field', () => {
  assert.equal(toHex(encode('DontWant', { origins: [1, 2, 300] })), '0a040102ac02');
  assert.equal(toHex(encode('AccountList', { names: ['ab', ''], more: true })), '0a0261620a001001');
});

test('[W11] lists of integers are read whether packed, unpacked or both', () => {
  assert.deepEqual(decode('DontWant', fromHex('080108020a020304')!), { origins: [1, 2, 3, 4] });
});

test('[W10] an optional message is absent, or present even if all in it is zero', () => {
  const page = { with: '', beforeTime: 0, limit: 0 };
  assert.equal(toHex(encode('ReadHistory', page)), '');
  assert.deepEqual(decode('ReadHistory', new Uint8Array(0)), { ...page, beforeId: undefined });
  assert.equal(toHex(encode('ReadHistory', { ...page, beforeId: { origin: 0, seq: 0 } })), '1a00');
  assert.deepEqual(decode('ReadHistory', fromHex('1a00')!), { ...page, beforeId: { origin: 0, seq: 0 } });
});

test('[W13] unknown fields of every wire type are skipped', () => {
  const unknown = 'f807ffffffffffffffffff01f9070102030405060708fa0703aabbccfd0701020304';
  assert.deepEqual(decode('Dot', fromHex(`${unknown}0801${unknown}1002${unknown}`)!), { origin: 1, seq: 2 });
});

test('[W12] of a field that occurs again the last counts', () => {
  assert.deepEqual(decode('Dot', fromHex('080110020803')!), { origin: 3, seq: 2 });
  assert.deepEqual(decode('Credit', fromHex('08050800')!), { credit: 0 });
});

test('[W10] a message field that must be there and is not is a fault', () => {
  assert.equal(faultOf('AccountDeleted', ''), 'AccountDeleted.storedOn is missing.');
});

test('[W14] lengths and integers that overrun are faults', () => {
  assert.match(faultOf('Dot', '08'), /^Dot\.origin /);
  assert.match(faultOf('Dot', '088080808080808010'), /^Dot\.origin /);
  assert.match(faultOf('Send', '0a0361'), /^Send\.to /);
  assert.match(faultOf('Ops', '0affffffffffffff0f'), /^Ops\.records /);
  assert.match(faultOf('DontWant', '0a0301'), /^DontWant\.origins /);
  assert.match(faultOf('DontWant', '0a020180'), /^DontWant\.origins /);
  assert.match(faultOf('AccountDeleted', '0a0508'), /^AccountDeleted\.storedOn /);
  assert.match(
    faultOf('AccountDeleted', '0a0208801001'),
    /^StoredOn\.copies /,
    'the inner message ends before the outer',
  );
});

test('[W14] a field with a wire type that is not its own is a fault', () => {
  assert.equal(faultOf('Dot', '0a0101'), 'Dot.origin has wire type 2 instead of 0.');
  assert.equal(faultOf('Send', '0801'), 'Send.to has wire type 0 instead of 2.');
});

test('[W14] groups, field number 0 and tags beyond 32 bits are faults', () => {
  for (const hex of ['fb07fc07', 'fe0700', '0000', '0200', '80', '8080808080808001']) {
    assert.match(faultOf('Dot', hex), /^Dot/, hex);
  }
});

test('[W14] unknown fields that overrun are faults', () => {
  for (const hex of ['f80780', 'f90701020304050607', 'fa070201', 'fd07010203', 'f807ffffffffffffffffffff01']) {
    assert.match(faultOf('Dot', hex), /unknown field 127/, hex);
  }
});

test('[W8] text that is not UTF-8 is a fault, and one that overruns is told apart', () => {
  assert.equal(faultOf('Send', '0a02c328'), 'Send.to is not valid UTF-8.');
  assert.equal(faultOf('Send', '0a03c328'), 'Send.to is longer than what holds it.');
});

test('[W7] an integer of 2^53 - 1 is the largest', () => {
  assert.deepEqual(decode('Credit', fromHex('08ffffffffffffff0f')!), { credit: 2 ** 53 - 1 });
  assert.match(faultOf('Credit', '088080808080808010'), /^Credit\.credit /);
  assert.match(faultOf('Credit', '08ffffffffffffffffff01'), /^Credit\.credit /);
});

test('[W8] every valid character is kept, a byte order mark too', () => {
  const value = { to: '\uFEFFbob', text: '\0\r\n\uFEFF\u{10FFFF}', counter: 1 };
  assert.deepEqual(decode('Send', encode('Send', value)), value);
});

test('decoded bytes are a view of what was decoded', () => {
  const encoded = encode('PeerProof', { proof: Uint8Array.of(1, 2, 3) });
  assert.equal(decode('PeerProof', encoded).proof.buffer, encoded.buffer);
});

test('a value that the types forbid is refused when it is encoded', () => {
  assert.throws(() => encode('Credit', { credit: -1 }), AssertionFailed);
  assert.throws(() => encode('AccountDeleted', {} as never), AssertionFailed);
  assert.throws(() => encode('Send', { to: 5, text: 'hello', counter: 1 } as never), AssertionFailed);
  assert.throws(() => encode('PeerProof', { proof: 'text' } as never), AssertionFailed);
  assert.deepEqual(encode('Credit', { credit: 5 }), Uint8Array.of(8, 5), 'and nothing of it is left behind');
});

test('messages are appended to what a writer holds', () => {
  const writer = new ByteWriter();
  encodeInto(writer, 'Credit', { credit: 1 });
  encodeInto(writer, 'Credit', { credit: 2 });
  assert.equal(toHex(writer.take()), '08010802');
});

const anyName = fc.constantFrom(...messageNames);

/** Decodes and lets a fault pass; anything else thrown fails the test. What is decoded can be encoded again. */
function decodeHostile(name: MessageName, bytes: Uint8Array): 'decoded' | 'refused' {
  let value;
  try {
    value = decode(name, bytes);
  } catch (error) {
    assert.ok(error instanceof WireFault, String(error));
    return 'refused';
  }
  assert.deepEqual(decode(name, encode(name, value)), value);
  return 'decoded';
}

test('[W15] random bytes are decoded or refused, and nothing else happens', () => {
  const seen = { decoded: 0, refused: 0 };
  fc.assert(
    fc.property(anyName, fc.uint8Array({ maxLength: 64 }), (name, bytes) => {
      seen[decodeHostile(name, bytes)] += 1;
    }),
    { numRuns: 5000 },
  );
  assert.ok(seen.decoded > 0 && seen.refused > 0);
});

test('[W15] messages with bytes changed, cut or added are decoded or refused, and nothing else happens', () => {
  const seen = { decoded: 0, refused: 0 };
  const damaged = anyName.chain((name) =>
    fc.record({
      name: fc.constant(name),
      bytes: anyMessage(name).map((value) => encode(name, value)),
      at: fc.nat(),
      byte: fc.nat(255),
      removed: fc.nat(3),
      inserted: fc.uint8Array({ maxLength: 3 }),
    }),
  );
  fc.assert(
    fc.property(damaged, ({ name, bytes, at, byte, removed, inserted }) => {
      const start = bytes.length === 0 ? 0 : at % bytes.length;
      const mutated = Uint8Array.of(...bytes.subarray(0, start), ...inserted, ...bytes.subarray(start + removed));
      if (mutated.length > 0) mutated[start % mutated.length] = byte;
      seen[decodeHostile(name, mutated)] += 1;
    }),
    { numRuns: 5000 },
  );
  assert.ok(seen.decoded > 0 && seen.refused > 0);
});
