/**
 * The annotated hex dump of a first conversation in docs/spec/wire.md. The bytes are what the codec makes of the values
 * below, and the annotation is read back from the bytes, so the dump cannot say anything but what is sent.
 */

import { ByteReader } from '../dist/core/lib/byte-reader.js';
import { ByteWriter } from '../dist/core/lib/byte-writer.js';
import { toHex } from '../dist/core/lib/hex.js';
import { errorDefinitions } from '../dist/core/model/errors.js';
import { limits } from '../dist/core/model/limits.js';
import { encodeFrame, FRAME_HEADER_BYTES, preface, PUSH } from '../dist/core/wire/frame.js';
import { fieldsOf, hexOfType } from './spec-proto.mjs';

/** @typedef {{ from: 'client' | 'server', name: import('../dist/core/wire/message-types.js').FrameName, value: object, correlation: number }} Step */

const BYTES_PER_LINE = 16;

const origin = 1_125_899_906_842_625;
const sentAtMs = 1_790_000_000_000;
const client = Uint8Array.from({ length: 16 }, (_, index) => 0xc0 + index);
const token = Uint8Array.from({ length: 32 }, (_, index) => 0x80 + index);
const storedOn = { copies: 2, members: 2 };
const alice = { origin, seq: 17 };

/** @type {Step[]} */
const conversation = [
  step('client', 'Hello', 1, { versionMin: 1, versionMax: 1, capabilities: ['x-7f3a'], software: 'example 1.0' }),
  step('server', 'Welcome', 1, {
    version: 1,
    capabilities: [],
    limits: {
      frameBytesBeforeLogin: limits.frameBytesBeforeLoginMax,
      frameBytes: limits.frameBytesMax,
      textBytes: limits.textBytesMax,
      requestsInFlight: limits.requestsInFlightMax,
      credit: limits.creditMax,
    },
    group: 'holdfast',
    server: 1,
    members: [
      { server: 1, host: '127.0.0.1', port: 6000 },
      { server: 2, host: '127.0.0.1', port: 6001 },
    ],
    heartbeatMs: limits.clientHeartbeatMs,
    silenceMs: limits.clientSilenceMs,
    serverTimeMs: sentAtMs,
  }),
  step('client', 'CreateAccount', 2, { name: 'Alice', password: 'correct horse', operation: { client, counter: 1 } }),
  step('server', 'AccountCreated', 2, { account: alice, name: 'alice', storedOn }),
  step('client', 'Login', 3, {
    name: 'alice',
    password: 'correct horse',
    operation: { client, counter: 2 },
    takeOver: false,
  }),
  step('server', 'LoggedIn', 3, {
    account: alice,
    name: 'alice',
    session: { origin, seq: 18 },
    token,
    waiting: [],
    delivered: [],
    storedOn,
    formerName: '',
  }),
  step('client', 'Send', 4, { to: 'bob', text: 'Is anyone there?', counter: 3 }),
  step('client', 'Receive', 5, { cursor: [], credit: 256 }),
  step('client', 'Send', 6, { to: 'bbo', text: 'Grüße', counter: 4 }),
  step('server', 'Failed', 6, {
    code: errorDefinitions.RECIPIENT_NOT_FOUND.number,
    message: errorDefinitions.RECIPIENT_NOT_FOUND.text,
    mayHaveHappened: false,
    retry: 0,
  }),
  step('server', 'Receiving', 5, {}),
  step('server', 'Live', PUSH, {}),
  step('server', 'Sent', 4, { id: { origin, seq: 19 }, sentAtMs, time: sentAtMs * 1024 + 1, storedOn }),
  step('server', 'Deliver', PUSH, {
    message: {
      id: { origin, seq: 21 },
      from: 'bob',
      to: 'alice',
      text: 'Always.',
      sentAtMs: sentAtMs + 1500,
      time: (sentAtMs + 1500) * 1024,
      fromDeleted: false,
      late: false,
      toDeleted: false,
    },
    previousSeq: 0,
    sender: { origin, seq: 5 },
    operation: { client: new Uint8Array(16).fill(0xb0), counter: 9 },
  }),
  step('client', 'MarkDelivered', 7, { cursor: [{ origin, seq: 21 }] }),
  step('server', 'Marked', 7, {}),
];

/** @returns {Step} @template {import('../dist/core/wire/message-types.js').FrameName} N */
function step(
  /** @type {'client' | 'server'} */ from,
  /** @type {N} */ name,
  /** @type {number} */ correlation,
  /** @type {import('../dist/core/wire/message-types.js').MessageOf<N>} */ value,
) {
  return { from, name, value, correlation };
}

/** The dump as lines of text. */
export function dumpText() {
  const lines = ['client: the preface', ...dumpLines(preface, 0, preface.length, ''), ''];
  for (const { from, name, value, correlation } of conversation) {
    const writer = new ByteWriter();
    encodeFrame(writer, name, /** @type {never} */ (value), correlation);
    lines.push(...frameLines(writer.take(), from, name), '');
  }
  return lines.join('\n').trimEnd();
}

/** @returns {string[]} */
function frameLines(/** @type {Uint8Array} */ bytes, /** @type {string} */ from, /** @type {string} */ name) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const correlation = view.getUint32(8);
  return [
    `${from}: ${name}${correlation === PUSH ? ', a push' : ''}`,
    ...dumpLines(bytes, 0, 4, `length of the body: ${view.getUint32(0)}`),
    ...dumpLines(bytes, 4, 6, `type: ${hexOfType(view.getUint16(4))}, ${name}`),
    ...dumpLines(bytes, 6, 8, `flags: ${view.getUint16(6)}`),
    ...dumpLines(bytes, 8, 12, `correlation id: ${correlation}`),
    ...messageLines(bytes, FRAME_HEADER_BYTES, bytes.length, name, ''),
  ];
}

/** @returns {string[]} the fields of the message that the bytes from `start` to `end` are */
function messageLines(
  /** @type {Uint8Array} */ bytes,
  /** @type {number} */ start,
  /** @type {number} */ end,
  /** @type {string} */ name,
  /** @type {string} */ path,
) {
  /** @type {string[]} */
  const lines = [];
  const reader = new ByteReader(bytes.subarray(start, end));
  const position = () => end - reader.remaining;
  while (!reader.atEnd) {
    const fieldStart = position();
    const number = take(reader.uint()) >>> 3;
    const [field, { type }] = take(fieldsOf(name).find(([, entry]) => entry.number === number));
    const count = take(reader.uint());
    const contentStart = position();
    const label = `${path}${field}`;
    if (type === 'uint' || type === 'bool') {
      lines.push(...dumpLines(bytes, fieldStart, contentStart, `${label}: ${count}`));
      continue;
    }
    reader.skip(count);
    if (type === 'string' || type === 'bytes') {
      const content = bytes.subarray(contentStart, position());
      const shown = type === 'string' ? JSON.stringify(new TextDecoder().decode(content)) : `${count} bytes`;
      lines.push(...dumpLines(bytes, fieldStart, position(), `${label}: ${shown}`));
    } else {
      lines.push(...dumpLines(bytes, fieldStart, contentStart, `${label}: ${type} of ${count} bytes`));
      lines.push(...messageLines(bytes, contentStart, position(), type, `${label}.`));
    }
  }
  return lines;
}

/** @returns {T} @template T */
function take(/** @type {T | undefined} */ value) {
  if (value === undefined) throw new Error('The dump holds what the table does not know.');
  return value;
}

/** @returns {string[]} */
function dumpLines(
  /** @type {Uint8Array} */ bytes,
  /** @type {number} */ start,
  /** @type {number} */ end,
  /** @type {string} */ annotation,
) {
  /** @type {string[]} */
  const lines = [];
  for (let at = start; at < end; at += BYTES_PER_LINE) {
    const hex = toHex(bytes.subarray(at, Math.min(end, at + BYTES_PER_LINE))).replaceAll(/(..)(?=.)/g, '$1 ');
    lines.push(`  ${hex.padEnd(BYTES_PER_LINE * 3)} ${at === start ? annotation : ''}`.trimEnd());
  }
  return lines;
}
