/**
 * Work that resembles what servers do with a message, and that nobody is going to make faster or slower: a checksum, copies,
 * look-ups, small objects. How long it takes says how fast the machine is at present.
 */
const BYTES = 300;
const KEYS = 1_000;

export class ReferenceWork {
  readonly #bytes = Uint8Array.from({ length: BYTES }, (_, index) => (index * 31) & 255);
  readonly #valueByKey = new Map<string, { count: number; last: Uint8Array }>();
  /** Uses what was computed, so that none of it is left out. */
  sum = 0;

  run(times: number): void {
    for (let time = 0; time < times; time += 1) {
      for (let part = 0; part < 3; part += 1) this.#one(time + part);
    }
  }

  #one(time: number): void {
    const copy = this.#bytes.slice();
    copy[time % BYTES] = time & 255;
    const key = `${time % KEYS}-${copy[0]!}`;
    const found = this.#valueByKey.get(key);
    if (found === undefined) this.#valueByKey.set(key, { count: 1, last: copy });
    else {
      found.count += 1;
      found.last = copy;
    }
    let sum = 0xffffffff;
    for (let round = 0; round < 8; round += 1) {
      for (let at = 0; at < BYTES; at += 1) sum = Math.imul(sum ^ copy[at]!, 0x01000193) + at;
    }
    this.sum = (this.sum + sum) | 0;
  }
}
