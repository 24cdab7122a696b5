/** The published part of the schema table as a `.proto` file, for anyone's protobuf library. */

import { publishedNames } from '../dist/core/wire/published.js';
import { protocolVersion, schema } from '../dist/core/wire/schema.js';

/** @typedef {import('../dist/core/wire/schema-language.js').MessageDefinition} MessageDefinition */
/** @typedef {import('../dist/core/wire/schema-language.js').Field} Field */

/** @type {Readonly<Record<string, MessageDefinition>>} */
const definitions = schema;

const introduction = `// The messages of the Holdfast protocol, version ${protocolVersion}. What they mean and when they are sent is in wire.md.
//
// Generated from src/core/wire/schema.ts by \`npm run spec\`; do not edit.
//
// A uint64 is never more than 2^53 - 1. A field of a message type is always there, unless it is marked optional.
// A field that may occur once and occurs again counts as sent last.

syntax = "proto3";

package holdfast.v${protocolVersion};
`;

/** The whole file. */
export function protoText() {
  return [introduction, ...publishedNames.map((name) => messageText(name))].join('\n');
}

/** Where a message is used, in words: its frame type and sender, or its kind of op. */
export function placeOf(/** @type {MessageDefinition} */ { type, from, op, ignorable }) {
  if (op !== undefined) return `Body of a record of kind ${op}.`;
  if (type === undefined) return 'Part of other messages.';
  const senders = {
    client: 'a client',
    server: 'a server',
    either: 'either side',
    peer: 'a server to a server',
    operator: 'an operator',
  };
  const flag = ignorable === true ? ', with bit 0 of the flags set' : '';
  return `Frame type ${hexOfType(type)}, sent by ${senders[from ?? 'either']}${flag}.`;
}

export function hexOfType(/** @type {number} */ type) {
  return `0x${type.toString(16).padStart(4, '0')}`;
}

/** @returns {[name: string, field: Field][]} the fields in the order of their numbers */
export function fieldsOf(/** @type {string} */ name) {
  return Object.entries(definitionOf(name).fields).toSorted(([, one], [, other]) => one.number - other.number);
}

export function definitionOf(/** @type {string} */ name) {
  const definition = definitions[name];
  if (definition === undefined) throw new Error(`The schema table has no message ${name}.`);
  return definition;
}

function messageText(/** @type {string} */ name) {
  const definition = definitionOf(name);
  const fields = fieldsOf(name).map(([field, entry]) => `  // ${entry.doc}\n  ${fieldText(field, entry)}`);
  const body = fields.length === 0 ? '{}' : `{\n${fields.join('\n')}\n}`;
  return `// ${definition.doc}\n// ${placeOf(definition)}\nmessage ${name} ${body}\n`;
}

function fieldText(/** @type {string} */ name, /** @type {Field} */ { number, type, rule }) {
  const label = { one: '', optional: 'optional ', many: 'repeated ' }[rule];
  return `${label}${type === 'uint' ? 'uint64' : type} ${snakeCase(name)} = ${number};`;
}

/** As protobuf's style asks; its libraries turn it back into the name in the table. */
function snakeCase(/** @type {string} */ name) {
  return name.replaceAll(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}
