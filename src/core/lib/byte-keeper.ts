/**
 * Keeps copies of short runs of bytes that are needed for a moment: many of them in one piece of memory, which is free when the
 * last of them is. A piece of memory for each would cost more than the copying.
 */
const PIECE_BYTES = 64 * 1024;

export class ByteKeeper {
  #piece = new Uint8Array(0);
  #used = 0;

  /** A copy of the bytes. */
  keep(bytes: Uint8Array): Uint8Array {
    const { length } = bytes;
    if (length > PIECE_BYTES / 4) return bytes.slice();
    if (this.#used + length > this.#piece.length) {
      this.#piece = new Uint8Array(PIECE_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += length;
    this.#piece.set(bytes, start);
    return this.#piece.subarray(start, this.#used);
  }
}
