/** Bytes that grow at their end, in a buffer that doubles: appending costs what is appended. */
export class GrowingBytes {
  #buffer: Uint8Array;
  #length: number;

  /** The bytes are copied. */
  constructor(bytes: Uint8Array) {
    this.#buffer = bytes.slice();
    this.#length = bytes.length;
  }

  get length(): number {
    return this.#length;
  }

  /** What they are now. Good until they change. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  slice(start: number, end: number): Uint8Array {
    return this.#buffer.slice(Math.min(start, this.#length), Math.min(end, this.#length));
  }

  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#buffer.length) {
      const buffer = new Uint8Array(Math.max(length, 2 * this.#buffer.length, 4096));
      buffer.set(this.view());
      this.#buffer = buffer;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
  }

  /** Over what stands there, or on from the end. */
  overwrite(offset: number, bytes: Uint8Array): void {
    const kept = this.slice(offset + bytes.length, this.#length);
    this.truncate(offset);
    this.append(bytes);
    this.append(kept);
  }

  /** To at most `length`. */
  truncate(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  flip(offset: number, mask: number): void {
    if (offset >= this.#length) throw new Error(`There is no byte ${offset}.`);
    this.#buffer[offset] = this.#buffer[offset]! ^ mask;
  }
}
