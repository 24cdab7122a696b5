import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { MessageDefinition } from './schema-language.js';
import { publishedNames } from './published.js';
import { protocolVersion, schema } from './schema.js';

/** What other software relies on: numbers, types and rules, not the words of the documentation. */
const pinned = {
  protocolVersion: 1,
  schemaHash: 'a980447af3d52655',
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
