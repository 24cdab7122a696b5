/**
 * Slow password hashing, off the event loop, with a bounded queue. `done` is never called before the call returns.
 * An empty queue place is not guaranteed: `busy` asks the person to try again.
 */
export interface Passwords {
  hash(password: string, done: (result: { state: 'hashed'; hash: string } | { state: 'busy' }) => void): void;
  verify(hash: string, password: string, done: (result: 'right' | 'wrong' | 'busy') => void): void;
}
