import type { Random } from './random.js';

/** Chance and digests, as the core sees them. A client needs only the first. */
export interface Crypto extends Random {
  sha256(bytes: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array;
}
