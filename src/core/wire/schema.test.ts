import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { MessageDefinition } from './schema-language.js';
import { publishedNames } from './published.js';
import { protocolVersion, schema } from './schema.js';

/** What other software relies on: numbers, types and rules, not the words of the documentation. */
const pinned = {
  protocolVersion: 2,
  schemaHash: 'af5a9530e2f1ab0a',
};

const howToGoOn = `The published part of the schema table has changed, and other software depends on it.
- If only messages, optional fields, or fields whose absence means zero were added: set schemaHash here to the actual
  value, and run \`npm run spec\`, which adds golden vectors for new messages.
- If a number, a type or a rule changed, or something is gone: take it back. Give the new thing a new number, and
  leave the old one where it is for as long as it may be met.
- If that cannot be: raise protocolVersion, and make both versions work.`;

const definitions: Readonly<Record<string, MessageDefinition>> = schema;

function hashOfSchema(): string {
  const facts = publishedNames.map((name) => {
    const { type, from, op, fields } = definitions[name]!;
    const entries = Object.entries(fields).map(([field, { number, type, rule }]) => [number, field, type, rule]);
    return [name, type ?? null, from ?? null, op ?? null, entries];
  });
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
}

test('[W16] the protocol does not change by accident', () => {
  assert.deepEqual({ protocolVersion, schemaHash: hashOfSchema() }, pinned, howToGoOn);
});

test('what others may see is published, what a server keeps for itself is not', () => {
  for (const name of ['Hello', 'Dot', 'Deliver', 'PeerState', 'MessageSentOp', 'Conversation'] as const) {
    assert.ok(publishedNames.includes(name), name);
  }
  assert.ok(!publishedNames.includes('SavedAccount'));
});

/** What version 1 has: to its clients a server sends nothing else without the flag. */
const serverTypesOfVersion1 = [
  2, 3, 4, 5, 0x11, 0x13, 0x15, 0x17, 0x19, 0x1b, 0x1c, 0x21, 0x23, 0x24, 0x25, 0x28, 0x2a, 0x31,
];

test('[W130] what version 1 lacks and a server sends unasked can be skipped', () => {
  for (const [name, { type, from, ignorable }] of Object.entries(definitions)) {
    if (type === undefined || from !== 'server' || serverTypesOfVersion1.includes(type)) continue;
    const answersAnOperator = type >= 0x0120;
    // It goes to those who asked with a request that version 1 lacks.
    const answersLaterRequest = name === 'Found';
    assert.ok(
      answersAnOperator || answersLaterRequest || ignorable === true,
      `${name} is sent to clients that do not know it`,
    );
  }
});
