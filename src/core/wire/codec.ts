/**
 * Messages to bytes and back, as the schema table has them, in the encoding of protobuf.
 *
 * Encoding is deterministic: fields in the order of the table, zero scalars and empty lists left out, integers in the
 * fewest bytes, lists of integers packed. Equal values give equal bytes.
 *
 * Decoding takes what any protobuf library may send: fields in any order, lists of integers packed or not, unknown fields,
 * which are skipped. A field that may occur once and occurs again counts as sent last. Whatever breaks the rules is
 * a `WireFault` with the code MALFORMED, and no input makes it throw anything else or use more than a small multiple
 * of its own size: how deep messages lie within each other is bounded by the table, where none contains itself.
 *
 * Decoded `bytes` fields are views of the decoded bytes: whoever keeps one for longer than those stay as they are copies it.
 */
import { assert } from '../lib/assert.js';
import { ByteReader } from '../lib/byte-reader.js';
import { ByteWriter } from '../lib/byte-writer.js';
import type { MessageName, MessageOf } from './message-types.js';
import { schema } from './schema.js';
import type { Field, MessageDefinition, Rule } from './schema-language.js';
import { WireFault } from './wire-fault.js';

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
const FIELD_NUMBER_MAX = 2 ** 29 - 1;

/** A field of the schema table, prepared. `message` is the plan of its type where that is a message. */
interface FieldPlan {
  readonly name: string;
  readonly kind: 'uint' | 'bool' | 'string' | 'bytes' | 'message';
  readonly rule: Rule;
  readonly number: number;
  readonly wireType: number;
  readonly tag: number;
  readonly isPacked: boolean;
  /** What the field is where it is absent and no list. */
  readonly absent: unknown;
  readonly message: MessagePlan | undefined;
}

interface MessagePlan {
  readonly name: MessageName;
  readonly fields: FieldPlan[];
  readonly fieldsByNumber: (FieldPlan | undefined)[];
}

/** A message while it is taken apart or put together: fields by name. */
type Fields = Record<string, unknown>;

const absentByKind = { uint: 0, bool: false, string: '', bytes: new Uint8Array(0), message: undefined };
const scratch = new ByteWriter();
const plansByName = planAll(schema);

/** The bytes of the message, the caller's own. */
export function encode<N extends MessageName>(name: N, value: MessageOf<N>, writer: ByteWriter = scratch): Uint8Array {
  writer.reset();
  encodeInto(writer, name, value);
  return writer.take();
}

/** Appends the bytes of the message to what the writer holds. */
export function encodeInto<N extends MessageName>(writer: ByteWriter, name: N, value: MessageOf<N>): void {
  writeMessage(writer, planOf(name), value);
}

/** The message that the bytes are, all of them. Throws a `WireFault` where they are none. */
export function decode<N extends MessageName>(name: N, bytes: Uint8Array): MessageOf<N> {
  return readMessage(new ByteReader(bytes), planOf(name)) as MessageOf<N>;
}

function planOf(name: MessageName): MessagePlan {
  const plan = plansByName.get(name);
  assert(plan !== undefined, 'every message of the table has a plan');
  return plan;
}

function planAll(definitions: Readonly<Record<MessageName, MessageDefinition>>): Map<string, MessagePlan> {
  const names = Object.keys(definitions) as MessageName[];
  const plans = new Map<string, MessagePlan>(names.map((name) => [name, { name, fields: [], fieldsByNumber: [] }]));
  for (const name of names) {
    const plan = plans.get(name)!;
    const fields = Object.entries(definitions[name].fields).map(([field, entry]) => planField(field, entry, plans));
    plan.fields.push(...fields.sort((a, b) => a.number - b.number));
    for (const field of plan.fields) {
      assert(plan.fieldsByNumber[field.number] === undefined, `the fields of ${name} have different numbers`);
      plan.fieldsByNumber[field.number] = field;
    }
  }
  for (const plan of plans.values()) assertFlat(plan, []);
  return plans;
}

/** A message that contained itself would let a short frame nest as deep as the stack. */
function assertFlat(plan: MessagePlan, outer: readonly MessagePlan[]): void {
  assert(!outer.includes(plan), `${plan.name} does not contain itself`);
  for (const { message } of plan.fields) if (message !== undefined) assertFlat(message, [...outer, plan]);
}

function planField(name: string, { number, type, rule }: Field, plans: ReadonlyMap<string, MessagePlan>): FieldPlan {
  const message = plans.get(type);
  const kind = message === undefined ? type : 'message';
  assert(isKind(kind), `the type of the field ${name} is a scalar or a message`);
  const wireType = kind === 'uint' || kind === 'bool' ? VARINT : LENGTH_DELIMITED;
  const isPacked = rule === 'many' && wireType === VARINT;
  const absent = rule === 'optional' ? undefined : absentByKind[kind];
  return { name, kind, rule, number, wireType, tag: number * 8 + wireType, isPacked, absent, message };
}

function isKind(text: string): text is FieldPlan['kind'] {
  return Object.hasOwn(absentByKind, text);
}

function writeMessage(writer: ByteWriter, plan: MessagePlan, value: object): void {
  const { fields } = plan;
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index]!;
    const content = (value as Fields)[field.name];
    if (field.rule === 'many') {
      writeList(writer, field, content as readonly unknown[]);
    } else if (content === undefined) {
      assert(field.rule === 'optional', 'a field that is not optional has a value');
    } else if (field.rule === 'optional' || field.kind === 'message' || !isZero(field, content)) {
      writeTag(writer, field.tag);
      writeContent(writer, field, content);
    }
  }
}

/** Whether a scalar has the value that its absence stands for. */
function isZero(field: FieldPlan, content: unknown): boolean {
  return field.kind === 'bytes' ? (content as Uint8Array).length === 0 : !content;
}

function writeTag(writer: ByteWriter, tag: number): void {
  if (tag < 128) writer.byte(tag);
  else writer.uint(tag);
}

function writeList(writer: ByteWriter, field: FieldPlan, list: readonly unknown[]): void {
  if (list.length === 0) return;
  if (!field.isPacked) {
    for (const content of list) {
      writeTag(writer, field.tag);
      writeContent(writer, field, content);
    }
    return;
  }
  writeTag(writer, field.number * 8 + LENGTH_DELIMITED);
  const start = writer.beginLengthPrefix();
  for (const content of list) writeContent(writer, field, content);
  writer.endLengthPrefix(start);
}

function writeContent(writer: ByteWriter, field: FieldPlan, content: unknown): void {
  switch (field.kind) {
    case 'uint':
      return writer.uint(content as number);
    case 'bool':
      return writer.byte(content === true ? 1 : 0);
    case 'string':
      assert(typeof content === 'string', 'a text is a string');
      return writer.text(content);
    case 'bytes':
      assert(content instanceof Uint8Array, 'bytes are bytes');
      writer.uint(content.length);
      return writer.bytes(content);
    case 'message': {
      const start = writer.beginLengthPrefix();
      writeMessage(writer, field.message!, content as object);
      return writer.endLengthPrefix(start);
    }
  }
}

function readMessage(reader: ByteReader, plan: MessagePlan): Fields {
  const value = emptyMessage(plan);
  while (!reader.atEnd) {
    const tag = reader.uint();
    if (tag === undefined || tag >= (FIELD_NUMBER_MAX + 1) * 8 || tag < 8) {
      throw new WireFault('MALFORMED', `${plan.name} has a field tag that is not one.`);
    }
    const field = plan.fieldsByNumber[tag >>> 3];
    if (field === undefined) skipField(reader, plan, tag);
    else if (tag === field.tag) readField(reader, plan, field, value);
    else if (field.isPacked && (tag & 7) === LENGTH_DELIMITED) readPacked(reader, plan, field, value);
    else throw faultIn(plan, field, `has wire type ${tag & 7} instead of ${field.wireType}`);
  }
  for (let index = 0; index < plan.fields.length; index += 1) {
    const field = plan.fields[index]!;
    if (field.kind === 'message' && field.rule === 'one' && value[field.name] === undefined) {
      throw faultIn(plan, field, 'is missing');
    }
  }
  return value;
}

/** Fields in the order of their numbers from the start, so that all values of one message have one hidden class. */
function emptyMessage({ fields }: MessagePlan): Fields {
  const value: Fields = {};
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index]!;
    value[field.name] = field.rule === 'many' ? [] : field.absent;
  }
  return value;
}

function readField(reader: ByteReader, plan: MessagePlan, field: FieldPlan, value: Fields): void {
  const content = readContent(reader, plan, field);
  if (field.rule === 'many') (value[field.name] as unknown[]).push(content);
  else value[field.name] = content;
}

function readContent(reader: ByteReader, plan: MessagePlan, field: FieldPlan): unknown {
  const count = reader.uint();
  if (count === undefined) throw faultIn(plan, field, 'is cut short, or more than 2^53 - 1');
  if (field.kind === 'uint') return count;
  if (field.kind === 'bool') return count !== 0;
  if (count > reader.remaining) throw faultIn(plan, field, 'is longer than what holds it');
  if (field.kind === 'bytes') return reader.bytes(count);
  if (field.kind === 'string') {
    const text = reader.text(count);
    if (text === undefined) throw faultIn(plan, field, 'is not valid UTF-8');
    return text;
  }
  const outerEnd = reader.narrow(count);
  const content = readMessage(reader, field.message!);
  reader.widen(outerEnd);
  return content;
}

function readPacked(reader: ByteReader, plan: MessagePlan, field: FieldPlan, value: Fields): void {
  const length = reader.uint();
  if (length === undefined || length > reader.remaining) throw faultIn(plan, field, 'is longer than what holds it');
  const outerEnd = reader.narrow(length);
  const list = value[field.name] as unknown[];
  while (!reader.atEnd) list.push(readContent(reader, plan, field));
  reader.widen(outerEnd);
}

/** Steps over a field that this version does not know. */
function skipField(reader: ByteReader, plan: MessagePlan, tag: number): void {
  if (!skipContent(reader, tag & 7)) {
    throw new WireFault(
      'MALFORMED',
      `${plan.name}: the unknown field ${tag >>> 3} is cut short or of no known wire type.`,
    );
  }
}

function skipContent(reader: ByteReader, wireType: number): boolean {
  switch (wireType) {
    case VARINT:
      return reader.skipVarint();
    case FIXED64:
      return reader.skip(8);
    case LENGTH_DELIMITED: {
      const length = reader.uint();
      return length !== undefined && reader.skip(length);
    }
    case FIXED32:
      return reader.skip(4);
    default:
      return false;
  }
}

function faultIn(plan: MessagePlan, field: FieldPlan, what: string): WireFault {
  return new WireFault('MALFORMED', `${plan.name}.${field.name} ${what}.`);
}
