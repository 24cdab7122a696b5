/** Random choices out of random bytes. */
import type { Random } from '../ports/random.js';

const UINT32 = 2 ** 32;

/** From 0, inclusive, to 1, exclusive. */
export function fraction(random: Random): number {
  const bytes = random.randomBytes(4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) / UINT32;
}

/** A copy in random order (Fisher and Yates). */
export function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(fraction(random) * (last + 1));
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}
