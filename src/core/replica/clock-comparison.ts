/** Whether the clocks of two linked servers are close enough for their times to mean something to each other. */
import { wallMsOf, type HybridTime } from '../model/hybrid-time.js';
import { limits } from '../model/limits.js';

export const clocksDifferText = 'The clocks of a server and of this one differ by more than a minute. Set them.';

/** A difference that is found while servers are linked may be that of what waited to be read. It is told when it lasts. */
const LASTS_MS = 2 * limits.suspectAfterMs;

export class ClockComparison {
  #differSinceMs: number | undefined;
  #isTold = false;
  /** By how much the other's clock was ahead. */
  aheadMs = 0;

  /** They differ by so much that neither follows the other. */
  get differ(): boolean {
    return this.#differSinceMs !== undefined;
  }

  /**
   * The other has told its hybrid time: a moment ago if it is the first it tells on a link, 0 where it does not tell.
   * Returns whether an operator ought to know of what was found.
   */
  compare(theirs: HybridTime, ours: HybridTime, nowMs: number, isFirst: boolean): boolean {
    this.aheadMs = wallMsOf(theirs) - wallMsOf(ours);
    if (theirs === 0 || Math.abs(this.aheadMs) <= limits.clockSkewMs) {
      this.#differSinceMs = undefined;
      this.#isTold = false;
      return false;
    }
    this.#differSinceMs ??= nowMs;
    const isNews = !this.#isTold && (isFirst || nowMs - this.#differSinceMs > LASTS_MS);
    this.#isTold ||= isNews;
    return isNews;
  }
}
