/**
 * Golden vectors for messages that have none yet. A vector that is there is never changed: it says what the bytes of
 * version 1 are, and if the codec no longer agrees with it, the codec is wrong.
 */

import { toHex } from '../dist/core/lib/hex.js';
import { encode } from '../dist/core/wire/codec.js';
import { publishedNames } from '../dist/core/wire/published.js';
import { fieldsOf } from './spec-proto.mjs';

/** @typedef {{ message: string, bytes: string, value: unknown }} Vector */

const uints = [1, 127, 128, 300, 70_000, 2 ** 31, 2 ** 32, 2 ** 53 - 1];
const texts = ['alice', 'Grüße, 世界 \u{1f44b}', 'x'.repeat(130)];

/** @returns {Vector[]} the vectors given, then two for each message that they lack: one with all fields, one with none */
export function withMissingVectors(/** @type {Vector[]} */ vectors) {
  const present = new Set(vectors.map(({ message }) => message));
  const missing = publishedNames.filter((name) => !present.has(name));
  return [...vectors, ...missing.flatMap((name) => [vectorOf(name, true), vectorOf(name, false)])];
}

/** @returns {Vector} */
function vectorOf(
  /** @type {import('../dist/core/wire/message-types.js').MessageName} */ name,
  /** @type {boolean} */ full,
) {
  const value = sample(name, full, 0);
  return { message: name, bytes: toHex(encode(name, /** @type {never} */ (value))), value: toJson(value) };
}

/** @returns {Record<string, unknown>} */
function sample(/** @type {string} */ name, /** @type {boolean} */ full, /** @type {number} */ salt) {
  return Object.fromEntries(
    fieldsOf(name).flatMap(([field, { number, type, rule }]) => {
      if (rule === 'many')
        return [[field, full ? [0, 1].map((index) => content(type, full, salt + number + index)) : []]];
      return rule === 'optional' && !full ? [] : [[field, content(type, full, salt + number)]];
    }),
  );
}

/** @returns {unknown} */
function content(/** @type {string} */ type, /** @type {boolean} */ full, /** @type {number} */ salt) {
  switch (type) {
    case 'uint':
      return full ? uints[salt % uints.length] : 0;
    case 'bool':
      return full;
    case 'string':
      return full ? texts[salt % texts.length] : '';
    case 'bytes':
      return Uint8Array.from({ length: full ? 16 : 0 }, (_, index) => (index * 17 + salt) & 0xff);
    default:
      return sample(type, full, salt);
  }
}

/** The value with its bytes as hexadecimal text. @returns {unknown} */
function toJson(/** @type {unknown} */ value) {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, toJson(entry)]));
}
