/** AMQP 0-9-1, as much of it as a load generator needs: frames as text of one character for each byte. */

export const PREFACE = 'AMQP\0\0\x09\x01';

const METHOD = 1;
const HEADER = 2;
const BODY = 3;
const FRAME_END = '\xce';
/** Of a frame: type, channel and size before it, one byte after it. */
const BYTES_BEFORE = 7;
const BYTES_AROUND = 8;
const BASIC_CLASS = 60;
/** A queue that outlives its node, as the argument of a declaration says it. */
const DURABLE = 2;
const MULTIPLE = 1;

/** Class and method, as one number. */
export const methods = {
  connectionStart: 10 * 256 + 10,
  connectionTune: 10 * 256 + 30,
  connectionOpenOk: 10 * 256 + 41,
  connectionClose: 10 * 256 + 50,
  channelOpenOk: 20 * 256 + 11,
  channelClose: 20 * 256 + 40,
  channelCloseOk: 20 * 256 + 41,
  queueDeclareOk: 50 * 256 + 11,
  consumeOk: BASIC_CLASS * 256 + 21,
  deliver: BASIC_CLASS * 256 + 60,
  ack: BASIC_CLASS * 256 + 80,
  nack: BASIC_CLASS * 256 + 120,
  confirmSelectOk: 85 * 256 + 11,
} as const;

const u8 = (value: number): string => String.fromCharCode(value);
const u16 = (value: number): string => u8(value >> 8) + u8(value & 0xff);
const u32 = (value: number): string => u16(value >>> 16) + u16(value & 0xffff);
const u64 = (value: number): string => u32(Math.floor(value / 2 ** 32)) + u32(value % 2 ** 32);
const shortText = (text: string): string => u8(text.length) + text;
const longText = (text: string): string => u32(text.length) + text;

function frame(type: number, channel: number, payload: string): string {
  return u8(type) + u16(channel) + longText(payload) + FRAME_END;
}

function method(channel: number, classId: number, methodId: number, fields: string): string {
  return frame(METHOD, channel, u16(classId) + u16(methodId) + fields);
}

/** What a client says to open a connection with one channel, in this order. */
export const startOk = method(
  0,
  10,
  11,
  longText('') + shortText('PLAIN') + longText('\0guest\0guest') + shortText('en_US'),
);
/** No more channels and no longer frames than usual, and no heartbeats. */
export const tuneOk = method(0, 10, 31, u16(16) + u32(131_072) + u16(0));
export const openConnection = method(0, 10, 40, shortText('/') + shortText('') + u8(0));
export const openChannel = method(1, 20, 10, shortText(''));
/** Reply code 200: nothing is wrong. */
export const closeChannel = method(1, 20, 40, u16(200) + shortText('') + u16(0) + u16(0));
export const selectConfirms = method(1, 85, 10, u8(0));

export function declareQuorumQueue(name: string): string {
  const quorum = `${shortText('x-queue-type')}S${longText('quorum')}`;
  return method(1, 50, 10, u16(0) + shortText(name) + u8(DURABLE) + longText(quorum));
}

export function consume(queue: string): string {
  return method(1, BASIC_CLASS, 20, u16(0) + shortText(queue) + shortText('') + u8(0) + longText(''));
}

/** Lets so many deliveries be unacknowledged. */
export function limitPrefetch(count: number): string {
  return method(1, BASIC_CLASS, 10, u32(0) + u16(count) + u8(0));
}

export function acknowledgeUpTo(tag: number): string {
  return method(1, BASIC_CLASS, 80, u64(tag) + u8(MULTIPLE));
}

/** The part of a publication that depends on the queue alone. */
export function publishTo(queue: string): string {
  return method(1, BASIC_CLASS, 40, u16(0) + shortText('') + shortText(queue) + u8(0));
}

/** The rest of it. */
export function content(body: string): string {
  const header = u16(BASIC_CLASS) + u16(0) + u64(body.length) + u16(0);
  return frame(HEADER, 1, header) + frame(BODY, 1, body);
}

export interface AmqpEvents {
  /** @param fields where they begin in `bytes` */
  method(id: number, bytes: Buffer, fields: number): void;
  body(text: string): void;
}

/** Tells of all frames that are whole; returns how many bytes they took. */
export function readAmqp(bytes: Buffer, events: AmqpEvents): number {
  let used = 0;
  while (bytes.length - used >= BYTES_AROUND) {
    const size = bytes.readUInt32BE(used + 3);
    if (bytes.length - used < size + BYTES_AROUND) break;
    const payload = used + BYTES_BEFORE;
    const type = bytes[used];
    used += size + BYTES_AROUND;
    if (type === METHOD) {
      events.method(bytes.readUInt16BE(payload) * 256 + bytes.readUInt16BE(payload + 2), bytes, payload + 4);
    } else if (type === BODY) events.body(bytes.toString('latin1', payload, payload + size));
  }
  return used;
}
