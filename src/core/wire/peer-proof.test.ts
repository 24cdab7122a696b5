import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import type { Crypto } from '../ports/crypto.js';
import { isPeerProof, makePeerProof, type PeerProofFacts } from './peer-proof.js';

const crypto: Crypto = {
  randomBytes: () => assert.fail('a proof is a function of its facts'),
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  hmacSha256: (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
};

const key = new Uint8Array(32).fill(0x4b);
const facts: PeerProofFacts = {
  group: 'holdfast',
  dialler: 3,
  acceptor: 1,
  diallerNonce: new Uint8Array(32).fill(0xd1),
  acceptorNonce: new Uint8Array(32).fill(0xac),
};

test('[W90] a proof is the HMAC of label, group, both ids and both nonces', () => {
  const both = Buffer.from(`${'d1'.repeat(32)}${'ac'.repeat(32)}`, 'hex');
  const ids = Buffer.from([0, 0, 0, 3, 0, 0, 0, 1]);
  const expected = (label: string) =>
    createHmac('sha256', key).update(label).update('\0holdfast\0').update(ids).update(both).digest('hex');
  const made = (side: 'dialler' | 'acceptor') => Buffer.from(makePeerProof(crypto, key, side, facts)).toString('hex');
  assert.equal(made('dialler'), expected('holdfast peer dial v1'));
  assert.equal(made('acceptor'), expected('holdfast peer accept v1'));
});

test('[W90] a proof holds for its own side, key and facts, and for no others', () => {
  const proof = makePeerProof(crypto, key, 'dialler', facts);
  assert.ok(isPeerProof(crypto, key, 'dialler', facts, proof));
  assert.ok(!isPeerProof(crypto, key, 'acceptor', facts, proof));
  assert.ok(!isPeerProof(crypto, new Uint8Array(32), 'dialler', facts, proof));
  assert.ok(!isPeerProof(crypto, key, 'dialler', facts, proof.subarray(0, 31)));
  assert.ok(!isPeerProof(crypto, key, 'dialler', facts, new Uint8Array(0)));
  const others: Partial<PeerProofFacts>[] = [
    { group: 'other' },
    { dialler: 2 },
    { acceptor: 2 },
    { dialler: 1, acceptor: 3 },
    { diallerNonce: facts.acceptorNonce },
    { diallerNonce: facts.acceptorNonce, acceptorNonce: facts.diallerNonce },
  ];
  for (const other of others) assert.ok(!isPeerProof(crypto, key, 'dialler', { ...facts, ...other }, proof));
});

test('[W90] nonces of a wrong length prove nothing, even with the right key', () => {
  const moved = { ...facts, diallerNonce: new Uint8Array(31), acceptorNonce: new Uint8Array(33) };
  assert.ok(!isPeerProof(crypto, key, 'dialler', moved, makePeerProof(crypto, key, 'dialler', moved)));
});
