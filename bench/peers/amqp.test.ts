import assert from 'node:assert/strict';
import { test } from 'node:test';

import { acknowledgeUpTo, content, methods, publishTo, readAmqp } from './amqp.js';

test('frames are read wherever the stream is cut', () => {
  const stream = Buffer.from(publishTo('bob') + content('hello') + acknowledgeUpTo(2 ** 33 + 7), 'latin1');
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const told: unknown[] = [];
    const read = (bytes: Buffer): number =>
      readAmqp(bytes, {
        method: (id, all, fields) => told.push(id === methods.ack ? all.readBigUInt64BE(fields) : id),
        body: (text) => told.push(text),
      });
    const used = read(stream.subarray(0, cut));
    assert.equal(used + read(stream.subarray(used)), stream.length);
    assert.deepEqual(told, [60 * 256 + 40, 'hello', 2n ** 33n + 7n]);
  }
});

test('a publication to a queue has the bytes of the protocol', () => {
  const bytes = Buffer.from(publishTo('q') + content('x'), 'latin1').toString('hex');
  const publish = '0100010000000a003c0028000000017100ce';
  const header = '0200010000000e003c000000000000000000010000ce';
  const body = '0300010000000178ce';
  assert.equal(bytes, publish + header + body);
});
