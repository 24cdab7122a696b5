/**
 * What of the stream the consumer is done with, told to the server at most once a `clientMarkEveryMs`, so that it does not
 * wait for the next login.
 */
import { limits } from '../model/limits.js';
import type { Dot } from '../model/ids.js';
import { Vector } from '../model/vector.js';

export class DeliveryMark {
  readonly #mark = new Vector();
  #isBehind = false;
  #isUnderWay = false;
  #nextAtMs = 0;

  /** The consumer is done with this message. */
  handled(dot: Dot): void {
    if (this.#mark.raise(dot.origin, dot.seq)) this.#isBehind = true;
  }

  /** The server has the mark as it was when it was taken. */
  arrived(): void {
    this.#isUnderWay = false;
  }

  /** The mark did not get there. */
  failed(): void {
    this.#isUnderWay = false;
    this.#isBehind = true;
  }

  /** The mark to send if it is time; undefined where it is not, or nothing is new. */
  due(nowMs: number): Dot[] | undefined {
    return nowMs >= this.wakeAtMs ? this.take(nowMs) : undefined;
  }

  /** The mark to send, whatever the time; undefined where nothing is new. */
  take(nowMs: number): Dot[] | undefined {
    if (!this.#isBehind) return undefined;
    this.#isBehind = false;
    this.#isUnderWay = true;
    this.#nextAtMs = nowMs + limits.clientMarkEveryMs;
    return this.#mark.entries();
  }

  /** The mark, where the server may not have all of it; undefined where it has. */
  takeUnconfirmed(): Dot[] | undefined {
    return this.#isBehind || this.#isUnderWay ? this.#mark.entries() : undefined;
  }

  get wakeAtMs(): number {
    return this.#isBehind && !this.#isUnderWay ? this.#nextAtMs : Infinity;
  }
}
