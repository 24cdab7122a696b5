/** The golden vectors of `test/vectors`, which other implementations may use too; see the README there. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fromHex, toHex } from '#src/core/lib/hex.js';
import { decode, encode } from '#src/core/wire/codec.js';
import { FrameDecoder } from '#src/core/wire/frame.js';
import type { MessageName, MessageOf } from '#src/core/wire/message-types.js';
import { isPeerProof, makePeerProof } from '#src/core/wire/peer-proof.js';
import { publishedNames } from '#src/core/wire/published.js';
import { schema } from '#src/core/wire/schema.js';
import type { Field, MessageDefinition } from '#src/core/wire/schema-language.js';
import { WireFault } from '#src/core/wire/wire-fault.js';

interface MessageVector {
  readonly message: MessageName;
  readonly bytes: string;
  readonly value: unknown;
}

interface MalformedVector {
  readonly why: string;
  readonly message: MessageName;
  readonly bytes: string;
  readonly error: string;
}

interface FrameVector {
  readonly what: string;
  readonly preface: boolean;
  readonly bodyBytesMax: number;
  readonly stream: string;
  readonly frames: readonly { type: number; flags: number; correlation: number; body: string }[];
  readonly error?: string;
}

interface PeerProofVector {
  readonly key: string;
  readonly side: 'dialler' | 'acceptor';
  readonly group: string;
  readonly dialler: number;
  readonly acceptor: number;
  readonly diallerNonce: string;
  readonly acceptorNonce: string;
  readonly proof: string;
}

const folder = join(import.meta.dirname, '..', '..', '..', 'test', 'vectors');
const definitions: Readonly<Record<string, MessageDefinition>> = schema;

function vectorsOf(file: string): readonly unknown[] {
  const vectors = JSON.parse(readFileSync(join(folder, file), 'utf8')) as readonly unknown[];
  assert.ok(vectors.length > 0, `${file} has vectors`);
  return vectors;
}

function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  assert.ok(bytes !== undefined, `${hex} is hexadecimal`);
  return bytes;
}

/**
 * The message that a value in JSON stands for: bytes are hexadecimal there, and absent optional fields are left out. So are
 * fields that came after the vector was made; they are zero.
 */
function fromJson<N extends MessageName>(name: N, value: unknown): MessageOf<N> {
  const contentOf = ({ type }: Field, content: unknown): unknown => {
    if (type === 'bytes') return bytesOf(content as string);
    return Object.hasOwn(definitions, type) ? fromJson(type as MessageName, content) : content;
  };
  const fields = Object.entries(definitions[name]!.fields).map(([field, entry]) => {
    const content = (value as Record<string, unknown>)[field];
    if (content === undefined) return [field, zeroOf(entry)];
    const isList = entry.rule === 'many';
    return [field, isList ? (content as unknown[]).map((part) => contentOf(entry, part)) : contentOf(entry, content)];
  });
  return Object.fromEntries(fields) as MessageOf<N>;
}

/** What a field is in a message that does not have it. */
function zeroOf({ rule, type }: Field): unknown {
  if (rule === 'many') return [];
  if (rule === 'optional') return undefined;
  return { uint: 0, bool: false, string: '', bytes: new Uint8Array(0) }[type];
}

/** The code of the fault that this ends with; undefined where it ends with none. */
function faultCodeOf(work: () => void): string | undefined {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof WireFault, String(error));
    return error.code;
  }
  return undefined;
}

test('[W16] every message has the bytes that it always had', () => {
  const vectors = vectorsOf('messages.json') as MessageVector[];
  for (const { message, bytes, value } of vectors) {
    const expected = fromJson(message, value);
    assert.equal(toHex(encode(message, expected)), bytes, message);
    assert.deepEqual(decode(message, bytesOf(bytes)), expected, message);
  }
  const covered = new Set(vectors.map(({ message }) => message));
  assert.deepEqual(
    publishedNames.filter((name) => !covered.has(name)),
    [],
    'run `npm run spec` to add vectors',
  );
});

test('[W9] [W11] [W12] [W13] bytes that another encoder may choose are understood', () => {
  for (const { message, bytes, value } of vectorsOf('tolerated.json') as MessageVector[]) {
    const decoded = decode(message, bytesOf(bytes));
    assert.deepEqual(decoded, fromJson(message, value), `${message} ${bytes}`);
    assert.notEqual(toHex(encode(message, decoded)), bytes, 'we would have chosen others');
  }
});

test('[W7] [W8] [W10] [W14] malformed bytes are refused', () => {
  for (const { why, message, bytes, error } of vectorsOf('malformed.json') as MalformedVector[]) {
    assert.equal(
      faultCodeOf(() => decode(message, bytesOf(bytes))),
      error,
      why,
    );
  }
});

for (const pieceBytes of [1, 5, Infinity]) {
  test(`[W1] [W3] [W4] [W5] streams are cut into frames, in pieces of ${pieceBytes} bytes`, () => {
    for (const { what, preface, bodyBytesMax, stream, frames, error } of vectorsOf('frames.json') as FrameVector[]) {
      const bytes = bytesOf(stream);
      const decoder = new FrameDecoder({ bodyBytesMax, expectsPreface: preface });
      const found: unknown[] = [];
      const code = faultCodeOf(() => {
        for (let at = 0; at < bytes.length; at += pieceBytes) {
          const piece = bytes.subarray(at, Math.min(bytes.length, at + pieceBytes));
          for (const frame of decoder.feed(piece)) found.push({ ...frame, body: toHex(frame.body) });
        }
      });
      assert.equal(code, error, what);
      assert.deepEqual(found, frames, what);
    }
  });
}

test('[W90] proofs between servers are what they always were', () => {
  const crypto = {
    randomBytes: () => assert.fail('a proof is a function of its facts'),
    sha256: () => assert.fail('a proof is an HMAC'),
    hmacSha256: (key: Uint8Array, bytes: Uint8Array) => createHmac('sha256', key).update(bytes).digest(),
  };
  for (const { key, side, proof, ...rest } of vectorsOf('peer-proof.json') as PeerProofVector[]) {
    const facts = {
      ...rest,
      diallerNonce: bytesOf(rest.diallerNonce),
      acceptorNonce: bytesOf(rest.acceptorNonce),
    };
    assert.equal(toHex(makePeerProof(crypto, bytesOf(key), side, facts)), proof);
    assert.ok(isPeerProof(crypto, bytesOf(key), side, facts, bytesOf(proof)));
  }
});
