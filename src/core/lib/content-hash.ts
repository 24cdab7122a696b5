/**
 * A hash of a changing set of values that can be kept up to date as members come and go, and that does not depend on
 * their order: the sum of the members' hashes (Bellare and Micciancio 1997, "AdHash"). It finds differences; it is no
 * defence against someone who makes them on purpose.
 */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

/** 64 bits over bytes: two lanes of multiply and rotate, mixed at the end as in MurmurHash3. */
export function hash64(bytes: Uint8Array, seed: number): Hash64 {
  let first = seed ^ 0xdeadbeef;
  let second = seed ^ 0x41c6ce57;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index]!;
    first = Math.imul(first ^ byte, 2654435761);
    second = Math.imul(second ^ byte, 1597334677);
    first = (first << 13) | (first >>> 19);
    second = (second << 17) | (second >>> 15);
  }
  return { high: mix(first ^ Math.imul(second, 0x85ebca6b)), low: mix(second ^ Math.imul(first, 0xc2b2ae35)) };
}

function mix(lane: number): number {
  let value = lane ^ (lane >>> 16);
  value = Math.imul(value, 2246822507);
  value ^= value >>> 13;
  value = Math.imul(value, 3266489909);
  return (value ^ (value >>> 16)) >>> 0;
}

export class ContentHash {
  #high = 0;
  #low = 0;

  add(member: Hash64): void {
    this.#high = (this.#high + member.high) >>> 0;
    this.#low = (this.#low + member.low) >>> 0;
  }

  remove(member: Hash64): void {
    this.#high = (this.#high - member.high) >>> 0;
    this.#low = (this.#low - member.low) >>> 0;
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    return this.#high.toString(16).padStart(8, '0') + this.#low.toString(16).padStart(8, '0');
  }
}
