import type { Clock } from '../../core/ports/clock.js';

export const browserClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
