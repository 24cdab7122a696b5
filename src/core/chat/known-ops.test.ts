import assert from 'node:assert/strict';
import { test } from 'node:test';

import { encode } from '../wire/codec.js';
import { entityKinds } from './entities.js';
import { KnownOps, knewAllOps, latestKind } from './known-ops.js';

function savedBy(opKinds: number) {
  return [{ kind: entityKinds.program, key: 'ops', value: encode('SavedProgram', { opKinds }) }];
}

test('a state is taken up where its program knew every kind of op, and begun anew where it did not', () => {
  const own = new KnownOps();
  assert.equal(knewAllOps([{ kind: own.kind, key: own.key, value: own.encode() }]), true);
  assert.equal(knewAllOps(savedBy(latestKind + 1)), true);
  assert.equal(knewAllOps(savedBy(latestKind - 1)), false);
});

test('a state without a note was saved by a program that knew the first six kinds', () => {
  assert.equal(knewAllOps([]), latestKind <= 6);
});
