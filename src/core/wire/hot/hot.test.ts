import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteWriter } from '../../lib/byte-writer.js';
import { decode, encode } from '../codec.js';
import { encodeFrame, PUSH } from '../frame.js';
import { anyMessage } from '../message.testing.js';
import type { MessageName } from '../message-types.js';
import { WireFault } from '../wire-fault.js';
import { writeDeliverFrame } from './deliver.js';
import { inBytes } from './in-bytes.js';
import { readMessageSent, writeMessageSent } from './message-sent.js';
import { writeOpsFrame } from './ops.js';
import { readSend, writeSentFrame } from './send.js';

/** What a function gives, or how it fails. */
function outcomeOf(read: () => unknown): unknown {
  try {
    return { value: read() };
  } catch (error) {
    assert.ok(error instanceof WireFault, String(error));
    return { code: error.code, message: error.message };
  }
}

/** Bytes of the message as they are encoded, and with bytes changed, cut or added. */
function anyBytes(name: MessageName): fc.Arbitrary<Uint8Array> {
  const change = fc.record({
    at: fc.nat(),
    byte: fc.nat(255),
    removed: fc.nat(3),
    inserted: fc.uint8Array({ maxLength: 3 }),
  });
  return fc.tuple(anyMessage(name), fc.option(change)).map(([value, changed]) => {
    const bytes = encode(name, value);
    if (changed === null) return bytes;
    const { at, byte, removed, inserted } = changed;
    const start = bytes.length === 0 ? 0 : at % bytes.length;
    const mutated = Uint8Array.of(...bytes.subarray(0, start), ...inserted, ...bytes.subarray(start + removed));
    if (mutated.length > 0) mutated[start % mutated.length] = byte;
    return mutated;
  });
}

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  write(writer);
  return writer.take();
}

test('[W9] Send and the op of a message are read as the table has them, and malformed ones have the same faults', () => {
  fc.assert(
    fc.property(anyBytes('Send'), (bytes) =>
      assert.deepEqual(
        outcomeOf(() => readSend(bytes)),
        outcomeOf(() => inBytes(decode('Send', bytes))),
      ),
    ),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(anyBytes('MessageSentOp'), (bytes) =>
      assert.deepEqual(
        outcomeOf(() => readMessageSent(bytes)),
        outcomeOf(() => inBytes(decode('MessageSentOp', bytes))),
      ),
    ),
    { numRuns: 1000 },
  );
});

test('[W9] Sent, Deliver, Ops and the op of a message are written as the table has them', () => {
  fc.assert(
    fc.property(anyMessage('Sent'), fc.nat(), (sent, correlation) =>
      assert.deepEqual(
        written((writer) => writeSentFrame(writer, sent, correlation)),
        written((writer) => encodeFrame(writer, 'Sent', sent, correlation)),
      ),
    ),
  );
  fc.assert(
    fc.property(anyMessage('Deliver'), (deliver) =>
      assert.deepEqual(
        written((writer) => writeDeliverFrame(writer, { ...deliver, message: inBytes(deliver.message) })),
        written((writer) => encodeFrame(writer, 'Deliver', deliver, PUSH)),
      ),
    ),
  );
  fc.assert(
    fc.property(anyMessage('MessageSentOp'), (op) =>
      assert.deepEqual(
        written((writer) => writeMessageSent(writer, inBytes(op))),
        encode('MessageSentOp', op),
      ),
    ),
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 70_000 }), fc.nat(), fc.nat(), (records, one, other) => {
      const [first, second] = [one % records.length, other % records.length].sort((a, b) => a - b) as [number, number];
      const parts = [records.subarray(0, first), records.subarray(first, second), records.subarray(second)];
      assert.deepEqual(
        written((writer) => writeOpsFrame(writer, parts)),
        written((writer) => encodeFrame(writer, 'Ops', { records }, PUSH)),
      );
    }),
  );
});
