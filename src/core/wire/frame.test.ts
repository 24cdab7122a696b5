import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AssertionFailed } from '../lib/assert.js';
import { ByteWriter } from '../lib/byte-writer.js';
import { toHex } from '../lib/hex.js';
import { decode } from './codec.js';
import {
  beginFrame,
  encodeFrame,
  endFrame,
  FLAG_IGNORABLE,
  FrameDecoder,
  messageNameOfType,
  preface,
  typeOf,
  type Frame,
} from './frame.js';
import { messageNames } from './message.testing.js';
import { WireFault } from './wire-fault.js';

const anyFrame: fc.Arbitrary<Frame> = fc.record(
  {
    type: fc.nat(0xffff),
    flags: fc.nat(0xffff),
    correlation: fc.nat(0xffff_ffff),
    body: fc.uint8Array({ maxLength: 60 }),
  },
  { noNullPrototype: true },
);

function bytesOf(frames: readonly Frame[]): Uint8Array {
  const writer = new ByteWriter();
  for (const frame of frames) {
    const start = beginFrame(writer, frame);
    writer.bytes(frame.body);
    endFrame(writer, start);
  }
  return writer.take();
}

function newDecoder(expectsPreface = false): FrameDecoder {
  return new FrameDecoder({ bodyBytesMax: 100, expectsPreface });
}

/** Feeds the pieces one after the other and copies the frames, since a body may be a view of its piece. */
function framesIn(decoder: FrameDecoder, ...pieces: Uint8Array[]): Frame[] {
  return pieces.flatMap((piece) => {
    const frames = [...decoder.feed(piece)].map((frame) => ({ ...frame, body: frame.body.slice() }));
    piece.fill(0xee);
    return frames;
  });
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let offset = 0;
  for (let index = 0; offset < bytes.length; index += 1) {
    const size = sizes[index % sizes.length]!;
    pieces.push(bytes.slice(offset, offset + size));
    offset += size;
  }
  return pieces;
}

const isFault = (code: WireFault['code']) => (error: unknown) => error instanceof WireFault && error.code === code;

test('[W3] a frame is a header of twelve bytes and its body', () => {
  const writer = new ByteWriter();
  encodeFrame(writer, 'Credit', { credit: 300 }, 0x01020304, FLAG_IGNORABLE);
  assert.equal(toHex(writer.take()), ['00000003', '0026', '0001', '01020304', '08ac02'].join(''));
});

test('[W1] [W4] frames come out as they went in, however the stream is cut', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 8 }), sizes, fc.boolean(), (frames, sizes, withPreface) => {
      const stream = bytesOf(frames);
      const bytes = withPreface ? Uint8Array.of(...preface, ...stream) : stream;
      assert.deepEqual(framesIn(newDecoder(withPreface), ...cut(bytes, sizes)), frames);
    }),
  );
});

test('a frame that is whole within a piece is not copied', () => {
  const bytes = bytesOf([{ type: 1, flags: 0, correlation: 2, body: Uint8Array.of(1, 2, 3) }]);
  const [frame] = newDecoder().feed(bytes);
  assert.equal(frame!.body.buffer, bytes.buffer);
});

test('[W1] a stream that does not begin with the preface is refused at the first wrong byte', () => {
  const decoder = newDecoder(true);
  assert.deepEqual(framesIn(decoder, preface.slice(0, 4)), []);
  assert.throws(() => framesIn(decoder, Uint8Array.of(0x00)), isFault('MALFORMED'));
});

test('[W5] a frame is refused by its header, before its body has come', () => {
  const header = bytesOf([{ type: 1, flags: 0, correlation: 0, body: new Uint8Array(101) }]).slice(0, 12);
  assert.throws(() => framesIn(newDecoder(), header.slice()), isFault('FRAME_TOO_LARGE'));
  const decoder = newDecoder();
  assert.deepEqual(framesIn(decoder, header.slice(0, 7)), []);
  assert.throws(() => framesIn(decoder, header.slice(7)), isFault('FRAME_TOO_LARGE'));
  const largest = { type: 1, flags: 0, correlation: 0, body: new Uint8Array(100) };
  assert.deepEqual(framesIn(newDecoder(), bytesOf([largest])), [largest]);
});

test('[W5] the longest body allowed can be changed between two frames of one piece', () => {
  const frames = [2, 150].map((length) => ({ type: 1, flags: 0, correlation: 0, body: new Uint8Array(length) }));
  const decoder = newDecoder();
  const lengths: number[] = [];
  for (const frame of decoder.feed(bytesOf(frames))) {
    lengths.push(frame.body.length);
    decoder.bodyBytesMax = 200;
  }
  assert.deepEqual(lengths, [2, 150]);
});

test('after a fault, or an iteration left early, the stream is not read on', () => {
  const frame = { type: 1, flags: 0, correlation: 0, body: new Uint8Array(1) };
  const left = newDecoder();
  for (const found of left.feed(bytesOf([frame, frame]))) {
    assert.equal(found.type, 1);
    break;
  }
  assert.throws(() => framesIn(left, bytesOf([frame])), AssertionFailed);
  const failed = newDecoder(true);
  assert.throws(() => framesIn(failed, Uint8Array.of(0)), WireFault);
  assert.throws(() => framesIn(failed, preface.slice()), AssertionFailed);
});

test('[W15] random bytes are frames or are refused, and nothing else happens', () => {
  let refused = 0;
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 6 }), (pieces) => {
      try {
        framesIn(newDecoder(), ...pieces);
      } catch (error) {
        assert.ok(isFault('FRAME_TOO_LARGE')(error), String(error));
        refused += 1;
      }
    }),
    { numRuns: 2000 },
  );
  assert.ok(refused > 0);
});

test('types and names of messages belong to each other', () => {
  assert.equal(typeOf('Hello'), 1);
  assert.equal(messageNameOfType(0x20), 'Send');
  assert.equal(messageNameOfType(0xfffe), undefined);
  const framed = messageNames.filter((name) =>
    Array.from({ length: 0x200 }, (_, type) => messageNameOfType(type)).includes(name as never),
  );
  assert.ok(framed.length > 30);
  for (const name of framed) assert.equal(messageNameOfType(typeOf(name as never)), name);
});

test('[W4] a body that came in many pieces is decoded like any other', () => {
  const writer = new ByteWriter();
  const value = { to: 'bob', text: 'x'.repeat(50), counter: 7 };
  encodeFrame(writer, 'Send', value, 9);
  const [frame] = framesIn(newDecoder(), ...cut(writer.take(), [1]));
  assert.deepEqual(decode('Send', frame!.body), value);
});
