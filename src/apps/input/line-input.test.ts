import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import test from 'node:test';

import { limits } from '../../core/model/limits.js';
import { LineInput, NotText } from './line-input.js';

function open(): { stream: PassThrough; input: LineInput } {
  const stream = new PassThrough();
  const input = new LineInput(stream, () => assert.fail('nobody pressed ctrl-C'));
  return { stream, input };
}

/** A stream that says of itself that it is a terminal, and notes how it was set. */
function terminal(): PassThrough & { isTTY: boolean; modes: boolean[]; setRawMode(raw: boolean): void } {
  const modes: boolean[] = [];
  return Object.assign(new PassThrough(), {
    isTTY: true,
    modes,
    setRawMode: (raw: boolean) => {
      modes.push(raw);
    },
  });
}

test('lines come one at a time, whatever the chunks, and then the end', async () => {
  const { stream, input } = open();
  stream.write('one\r\ntw');
  assert.equal(await input.next(), 'one');
  const second = input.next();
  stream.write('o\n\nlast');
  assert.equal(await second, 'two');
  assert.equal(await input.next(), '');
  stream.end();
  assert.equal(await input.next(), 'last');
  assert.equal(await input.next(), undefined);
});

test('a character may be split between chunks', async () => {
  const { stream, input } = open();
  const bytes = Buffer.from('漢\n');
  stream.write(bytes.subarray(0, 1));
  stream.write(bytes.subarray(1));
  assert.equal(await input.next(), '漢');
  input.close();
});

test('bytes that are no text end the input after the lines before them', async () => {
  for (const broken of [
    [0x61, 0xff, 0x0a],
    [0xe6, 0x0a],
    [0xe6, 0xbc],
  ]) {
    const { stream, input } = open();
    stream.write(Buffer.from([...Buffer.from('one\ntwo\n'), ...broken]));
    stream.end();
    assert.equal(await input.next(), 'one');
    assert.equal(await input.next(), 'two');
    await assert.rejects(input.next(), NotText);
    await assert.rejects(input.next(), NotText);
  }
  const { stream, input } = open();
  const line = input.next();
  stream.write(Buffer.from([0xff]));
  await assert.rejects(line, NotText);
});

test('a line that is too long loses its rest, and stays too long to be sent', async () => {
  const { stream, input } = open();
  for (let index = 0; index < 3; index++) stream.write('x'.repeat(limits.textBytesMax));
  stream.write('\nnext\n');
  assert.equal((await input.next())!.length, limits.textBytesMax + 1);
  assert.equal(await input.next(), 'next');
  input.close();
});

test('closing answers whoever waits', async () => {
  const { input } = open();
  const line = input.next();
  input.close();
  assert.equal(await line, undefined);
});

test('a hidden line is read key by key from a terminal in raw mode', async () => {
  const stream = terminal();
  const input = new LineInput(stream, () => {});
  const line = input.nextHidden();
  for (const keys of ['wrong\u0015', 'sä🪸x\u007f\b', '\u001b[A', 'c\u0001ret\r']) stream.write(keys);
  assert.equal(await line, 'säcret');
  assert.deepEqual(stream.modes, [true, false]);
  input.close();
});

test('ctrl-C and ctrl-D are keys while a line is hidden', async () => {
  const stream = terminal();
  let interrupts = 0;
  const input = new LineInput(stream, () => {
    interrupts += 1;
  });
  const line = input.nextHidden();
  stream.write('a\u0003\u0015\u0004');
  assert.equal(await line, undefined);
  assert.equal(interrupts, 1);
  assert.deepEqual(stream.modes, [true, false]);
});

test('without a terminal a hidden line is a line', async () => {
  const { stream, input } = open();
  stream.write('secret\n');
  assert.equal(await input.nextHidden(), 'secret');
  input.close();
});
