/** Chance, as the core sees it. */
export interface Random {
  /** Bytes that nobody can guess. */
  randomBytes(length: number): Uint8Array;
}
