/**
 * Assertions for programmer errors, on in production.
 *
 * A failed assertion means that this code is wrong, never that a peer, a user or the world misbehaved, so nothing
 * catches it to go on: the process that fails one stops before it can act on a state nobody foresaw.
 */

export class AssertionFailed extends Error {
  override readonly name = 'AssertionFailed';
}

/** Throws `AssertionFailed` with `message` unless `condition` holds. The message says what was expected to be true. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFailed(message);
}
