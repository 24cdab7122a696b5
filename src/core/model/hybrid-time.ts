/**
 * Hybrid logical time (Kulkarni et al. 2014): close to the wall clock, and later than everything its server had seen.
 * It orders messages for display and breaks ties. It is never a cursor.
 *
 * One safe integer: milliseconds since 1970 times 1,024, plus a counter. A full counter carries into the
 * milliseconds, which is exactly what is wanted. Good until the year 2248.
 */
import { compareDots, type Dot } from './ids.js';
import { limits } from './limits.js';

export type HybridTime = number;

/** The place of a message in the order in which messages are shown. */
export type TimedDot = Dot & { readonly time: HybridTime };

const TICKS_PER_MS = 1024;

/** So many milliseconds before the time, or 0 where there are not so many. */
export function earlierBy(time: HybridTime, ms: number): HybridTime {
  return Math.max(0, Math.floor(time - hybridTimeOf(ms)));
}

/** The first time of this millisecond. */
export function hybridTimeOf(wallMs: number): HybridTime {
  return wallMs * TICKS_PER_MS;
}

/** Milliseconds since 1970, for people to read. */
export function wallMsOf(time: HybridTime): number {
  return Math.floor(time / TICKS_PER_MS);
}

/** The order in which messages are shown, the same everywhere: by time, and by dot where that is equal. */
export function compareInTime(a: TimedDot, b: TimedDot): number {
  return a.time - b.time || compareDots(a, b);
}

/** One server's hybrid clock. Each reading is greater than every reading and every observed time before it. */
export class HybridClock {
  #latest: HybridTime;

  constructor(latest: HybridTime = 0) {
    this.#latest = latest;
  }

  get latest(): HybridTime {
    return this.#latest;
  }

  /** What the clock shows, without moving it: at least the latest time, and the wall clock's. */
  now(wallMs: number): HybridTime {
    return Math.max(this.#latest, hybridTimeOf(wallMs));
  }

  read(wallMs: number): HybridTime {
    this.#latest = Math.max(this.#latest + 1, hybridTimeOf(wallMs));
    return this.#latest;
  }

  /**
   * Moves past a time seen elsewhere. A time too far ahead of this server's wall clock is not followed: one machine
   * with a wrong clock must not drag the others into its future.
   * @returns whether every reading from now on is after it.
   */
  observe(time: HybridTime, wallMs: number): boolean {
    if (time <= this.#latest) return true;
    if (time > hybridTimeOf(wallMs + limits.clockSkewMs)) return false;
    this.#latest = time;
    return true;
  }
}
