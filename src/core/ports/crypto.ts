/** Chance and digests, as the core sees them. */
export interface Crypto {
  /** Bytes that nobody can guess. */
  randomBytes(length: number): Uint8Array;
  sha256(bytes: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array;
}
