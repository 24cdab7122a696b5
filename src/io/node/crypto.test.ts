import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nodeCrypto } from './crypto.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

test('sha256 gives the value of FIPS 180-2, appendix B.1', () => {
  assert.equal(
    hex(nodeCrypto.sha256(ascii('abc'))),
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

test('hmacSha256 gives the value of RFC 4231, test case 2', () => {
  assert.equal(
    hex(nodeCrypto.hmacSha256(ascii('Jefe'), ascii('what do ya want for nothing?'))),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
});

test('random bytes have the length asked for and differ', () => {
  assert.equal(nodeCrypto.randomBytes(16).length, 16);
  assert.notDeepEqual(nodeCrypto.randomBytes(16), nodeCrypto.randomBytes(16));
});
