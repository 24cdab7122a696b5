import { performance } from 'node:perf_hooks';

import type { Clock } from '../../core/ports/clock.js';

export const nodeClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
