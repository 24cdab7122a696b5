import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { encode } from '../wire/codec.js';
import type { MessageDefinition } from '../wire/schema-language.js';
import { savedMessages } from '../wire/schema/saved.js';
import { entityKinds } from './entities.js';
import { canBeTakenUp, KnownOps, latestKind, SAVED_FORMAT } from './known-ops.js';

function savedBy(opKinds: number, format: number) {
  return [{ kind: entityKinds.program, key: 'ops', value: encode('SavedProgram', { opKinds, format }) }];
}

test('a state is taken up where its program knew every kind of op, and begun anew where it did not', () => {
  const own = new KnownOps();
  assert.equal(canBeTakenUp([{ kind: own.kind, key: own.key, value: own.encode() }]), true);
  assert.equal(canBeTakenUp(savedBy(latestKind + 1, SAVED_FORMAT)), true);
  assert.equal(canBeTakenUp(savedBy(latestKind - 1, SAVED_FORMAT)), false);
  assert.equal(canBeTakenUp([]), false, 'as it was before there was a note');
});

test('a state that was saved in another format is begun anew', () => {
  assert.equal(canBeTakenUp(savedBy(latestKind, SAVED_FORMAT + 1)), false);
  assert.equal(canBeTakenUp(savedBy(latestKind, SAVED_FORMAT - 1)), false);
});

test('what is saved does not change without its format', () => {
  const definitions: Readonly<Record<string, MessageDefinition>> = savedMessages;
  const facts = Object.entries(definitions).map(([name, { fields }]) => [
    name,
    Object.entries(fields).map(([field, { number, type, rule }]) => [number, field, type, rule]),
  ]);
  const hash = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
  assert.deepEqual(
    { SAVED_FORMAT, hash },
    { SAVED_FORMAT: 1, hash: 'fa7d5fbae7ae9d44' },
    'What servers save has changed: raise SAVED_FORMAT, so that no server takes up what it would misread, and set both here.',
  );
});
