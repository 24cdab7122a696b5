/**
 * How two servers prove to each other that they hold the key of the group without sending it: each answers the other's
 * nonce with an HMAC. A proof is bound to one side, one group, one pair of servers and one pair of nonces, so that none
 * can be sent back to its maker or used a second time.
 *
 * ```
 * HMAC-SHA256(key, label, 0x00, group, 0x00, dialler u32, acceptor u32, dialler's nonce, acceptor's nonce)
 * ```
 *
 * The label is `holdfast peer dial v1` or `holdfast peer accept v1`; label and group are UTF-8, integers are big-endian.
 * What follows the group has one length only, so no two sets of facts have the same bytes.
 */
import { ByteWriter } from '../lib/byte-writer.js';
import { equalInConstantTime } from '../lib/constant-time.js';
import type { ServerId } from '../model/ids.js';
import type { Crypto } from '../ports/crypto.js';

/** The only length of a nonce. A PeerHello with another is malformed. */
export const PEER_NONCE_BYTES = 32;

/** Who makes the proof: the server that dialled, or the one that was dialled. */
export type PeerSide = 'dialler' | 'acceptor';

export interface PeerProofFacts {
  readonly group: string;
  readonly dialler: ServerId;
  readonly acceptor: ServerId;
  readonly diallerNonce: Uint8Array;
  readonly acceptorNonce: Uint8Array;
}

const labelBySide: Readonly<Record<PeerSide, string>> = {
  dialler: 'holdfast peer dial v1',
  acceptor: 'holdfast peer accept v1',
};

const textEncoder = new TextEncoder();

/** The 32 bytes that `side` sends as its proof. */
export function makePeerProof(crypto: Crypto, key: Uint8Array, side: PeerSide, facts: PeerProofFacts): Uint8Array {
  const writer = new ByteWriter();
  for (const text of [labelBySide[side], facts.group]) {
    writer.bytes(textEncoder.encode(text));
    writer.byte(0);
  }
  writer.fixed32(facts.dialler);
  writer.fixed32(facts.acceptor);
  writer.bytes(facts.diallerNonce);
  writer.bytes(facts.acceptorNonce);
  return crypto.hmacSha256(key, writer.take());
}

/** Whether `proof`, which came from the other side, is that of `side`. Nonces of a wrong length prove nothing. */
export function isPeerProof(
  crypto: Crypto,
  key: Uint8Array,
  side: PeerSide,
  facts: PeerProofFacts,
  proof: Uint8Array,
): boolean {
  const { diallerNonce, acceptorNonce } = facts;
  if (diallerNonce.length !== PEER_NONCE_BYTES || acceptorNonce.length !== PEER_NONCE_BYTES) return false;
  return equalInConstantTime(makePeerProof(crypto, key, side, facts), proof);
}
