/** Random values of every message of the schema table, for property tests. */
import fc from 'fast-check';
import type { MessageName, MessageOf } from './message-types.js';
import { schema } from './schema.js';
import type { Field, MessageDefinition } from './schema-language.js';

export const messageNames = Object.keys(schema) as MessageName[];

const definitions: Readonly<Record<string, MessageDefinition>> = schema;

/** Integers of every length in bits, since evenly drawn ones are nearly all long. */
const anyUint = fc.tuple(fc.integer({ min: 0, max: 53 }), fc.maxSafeNat()).map(([bits, value]) => value % 2 ** bits);

function anyContent(type: string): fc.Arbitrary<unknown> {
  switch (type) {
    case 'uint':
      return anyUint;
    case 'bool':
      return fc.boolean();
    case 'string':
      return fc.string({ unit: 'binary', maxLength: 200 });
    case 'bytes':
      return fc.uint8Array({ maxLength: 200 });
    default:
      return anyMessage(type as MessageName);
  }
}

function anyField({ type, rule }: Field): fc.Arbitrary<unknown> {
  const content = anyContent(type);
  if (rule === 'many') return fc.array(content, { maxLength: 5 });
  return rule === 'optional' ? fc.option(content, { nil: undefined }) : content;
}

export function anyMessage<N extends MessageName>(name: N): fc.Arbitrary<MessageOf<N>> {
  const fields = Object.entries(definitions[name]!.fields).map(([field, entry]) => [field, anyField(entry)] as const);
  return fc.record(Object.fromEntries(fields), { noNullPrototype: true }) as fc.Arbitrary<MessageOf<N>>;
}
