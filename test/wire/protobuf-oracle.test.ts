/**
 * Our codec against a protobuf library that knows nothing of it but `docs/spec/holdfast.proto`: what one writes, the
 * other reads, in both directions. So the published file is right, and any protobuf library can speak to a server.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { decode, encode } from '#src/core/wire/codec.js';
import { anyMessage } from '#src/core/wire/message.testing.js';
import { publishedNames } from '#src/core/wire/published.js';
import { protocolVersion } from '#src/core/wire/schema.js';

const root = join(import.meta.dirname, '..', '..', '..');
const library = protobuf.loadSync(join(root, 'docs', 'spec', 'holdfast.proto'));

/** The library's value as ours is: plain objects with every field, integers as numbers, bytes as they are. */
function plainOf(type: protobuf.Type, message: protobuf.Message): unknown {
  return type.toObject(message, { defaults: true, longs: Number, bytes: Uint8Array, arrays: true });
}

/** Ours as the library gives it: an optional field that is absent is null or not there. */
function withoutAbsent(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(withoutAbsent);
  if (typeof value !== 'object' || value === null) return value;
  const present = Object.entries(value).filter(([, content]) => content !== undefined && content !== null);
  return Object.fromEntries(present.map(([name, content]) => [name, withoutAbsent(content)]));
}

for (const name of publishedNames) {
  test(`${name} means the same to a protobuf library`, () => {
    const type = library.lookupType(`holdfast.v${protocolVersion}.${name}`);
    fc.assert(
      fc.property(anyMessage(name), (value) => {
        const ours = encode(name, value);
        assert.deepEqual(
          withoutAbsent(plainOf(type, type.decode(ours))),
          withoutAbsent(value),
          'the library reads ours',
        );
        const theirs = Uint8Array.from(type.encode(type.fromObject(value)).finish());
        assert.deepEqual(decode(name, theirs), decode(name, ours), 'we read what the library writes');
      }),
      { numRuns: 50 },
    );
  });
}
