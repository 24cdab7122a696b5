/**
 * Encoding and decoding of single messages, in rounds per second: one round is one encoding into a frame and one
 * decoding of it. `node dist/bench/codec.js --help`
 */
import { ByteWriter } from '#src/core/lib/byte-writer.js';
import { decode } from '#src/core/wire/codec.js';
import { encodeFrame, FrameDecoder } from '#src/core/wire/frame.js';
import type { FrameName, MessageOf } from '#src/core/wire/message-types.js';
import { readOptions } from './support/options.js';

const ROUNDS = 400_000;
const REPETITIONS = 5;

readOptions(
  `Measures the codec alone: how often a second a message of each of three kinds is encoded into a frame and decoded from it
again, the median of ${REPETITIONS} times ${ROUNDS} rounds. There is nothing to choose.`,
  {},
);

function measure<N extends FrameName>(name: N, value: MessageOf<N>): void {
  const writer = new ByteWriter();
  const decoder = new FrameDecoder({ bodyBytesMax: 65_536, expectsPreface: false });
  const rates: number[] = [];
  let bytes = 0;
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    const startedAt = process.hrtime.bigint();
    for (let round = 0; round < ROUNDS; round += 1) {
      writer.reset();
      encodeFrame(writer, name, value, round);
      bytes = writer.length;
      for (const frame of decoder.feed(writer.view())) decode(name, frame.body);
    }
    rates.push((ROUNDS * 1e9) / Number(process.hrtime.bigint() - startedAt));
  }
  const median = rates.sort((a, b) => a - b)[REPETITIONS >> 1]!;
  console.log(`${name.padEnd(10)} ${bytes} bytes  ${(median / 1e6).toFixed(2)} M rounds/s`);
}

const id = { origin: 2 ** 52 + 12_345, seq: 98_765 };
const text = 'The quick brown fox jumps over the lazy dog. '.repeat(4);
const times = { sentAtMs: 1_790_000_000_000, time: 1_790_000_000_000 * 1024 };

measure('Send', { to: 'someone', text, counter: 123_456 });
measure('Sent', { id, ...times, storedOn: { copies: 3, members: 3 } });
measure('Deliver', {
  message: { id, from: 'someone', to: 'another', text, ...times, fromDeleted: false, late: false, toDeleted: false },
  previousSeq: 98_764,
  sender: { origin: 2 ** 52 + 12_345, seq: 17 },
  operation: { client: new Uint8Array(16).fill(0xa5), counter: 123_456 },
});
