import type { Clock } from '../core/ports/clock.js';
import type { Network, NetworkEvents } from '../core/ports/network.js';
import type { Random } from '../core/ports/random.js';

/** What the library asks of Node or a browser. */
export interface Platform {
  readonly clock: Clock;
  readonly random: Random;
  network(events: NetworkEvents): Network;
  /** Calls back once, after so many milliseconds, unless what is returned is called before. */
  after(delayMs: number, callback: () => void): () => void;
}

/** What the library needs of an `AbortSignal`. */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
