import type { Random } from '../../core/ports/random.js';

export const browserRandom: Random = {
  randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
};
