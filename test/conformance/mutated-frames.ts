/** Frames as a client sends them, most with something wrong: the same ones again for the same seed. */
import { encode } from '#src/core/wire/codec.js';
import { typeOf } from '#src/core/wire/frame.js';
import type { FrameName, MessageOf } from '#src/core/wire/message-types.js';

import { frameOf } from './raw-client.js';

const SAFE_MAX = Number.MAX_SAFE_INTEGER;

export class MutatedFrames {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Mulberry32: a number from 0 up to 1. */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  next(): Uint8Array {
    const frame = this.#whole();
    // Most stay as they are, so that the connection lives to see the next.
    if (this.chance(0.7)) return frame;
    const changes = 1 + this.#below(4);
    for (let change = 0; change < changes; change += 1) frame[this.#below(frame.length)] = this.#below(256);
    return this.chance(0.2) ? frame.subarray(0, this.#below(frame.length)) : frame;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)]!;
  }

  #number(): number {
    return this.#pick([0, 1, 2, this.#below(1000), 2 ** 32, SAFE_MAX]);
  }

  #text(): string {
    const length = this.#pick([0, 1, 5, 40, 3000]);
    return this.#pick(['a', '\u0000', '~', 'é', '\u{1F600}', '(a+)+$', '..%2f', "'"]).repeat(length);
  }

  #bytes(): Uint8Array {
    return Uint8Array.from({ length: this.#pick([0, 16, 32, 33]) }, () => this.#below(256));
  }

  #dot(): MessageOf<'Dot'> {
    return { origin: this.#number(), seq: this.#number() };
  }

  #vector(): MessageOf<'Dot'>[] {
    return Array.from({ length: this.#pick([0, 1, 30, 700]) }, () => this.#dot());
  }

  #whole(): Uint8Array {
    const operation = { client: new Uint8Array(16), counter: 1 + this.#below(1000) };
    return this.#pick([
      () => this.#frame('Ping', {}),
      () => this.#frame('Credit', { credit: this.#number() }),
      () => this.#frame('CreateAccount', { name: this.#text(), password: this.#text(), operation }),
      () => this.#frame('Login', { name: this.#text(), password: this.#text(), operation, takeOver: this.chance(0.5) }),
      () =>
        this.#frame('Resume', {
          account: this.#dot(),
          session: this.#dot(),
          token: this.#bytes(),
          latestTime: this.#number(),
        }),
      () => this.#frame('ListAccounts', { pattern: this.#text(), after: this.#text(), limit: this.#number() }),
      () => this.#frame('Send', { to: this.#text(), text: this.#text(), counter: 1 + this.#below(SAFE_MAX) }),
      () => this.#frame('Receive', { cursor: this.#vector(), credit: this.#number() }),
      () => this.#frame('MarkDelivered', { cursor: this.#vector() }),
      () =>
        this.#frame('ReadHistory', {
          with: this.#text(),
          beforeTime: this.#number(),
          beforeId: this.#dot(),
          limit: this.#number(),
        }),
      () => this.#frame('AskStatus', {}),
      () => frameOf(0x7f00 + this.#below(16), this.#bytes(), { flags: 1 }),
    ])();
  }

  #frame<N extends FrameName>(name: N, value: MessageOf<N>): Uint8Array {
    return frameOf(typeOf(name), encode(name, value), { correlation: 1 + this.#below(2 ** 32 - 1) });
  }
}
