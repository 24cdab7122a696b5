/** Holds back the timers of one length, so that a test says when they fire. All others go on as they are. */
import type { TestContext } from 'node:test';

/** Until the test has ended, timeouts of this length fire when `fire` is called, and no sooner. */
export function holdTimers(t: TestContext, heldMs: number): { fire(): void } {
  const { setTimeout: realSetTimeout, clearTimeout: realClearTimeout } = globalThis;
  const callbackByTimer = new Map<unknown, () => void>();
  t.mock.method(globalThis, 'setTimeout', (callback: () => void, delayMs?: number) => {
    if (delayMs !== heldMs) return realSetTimeout(callback, delayMs);
    // A timer of Node's own to give to the caller; it fires long after the test has.
    const timer = realSetTimeout(() => undefined, 2 ** 31 - 1).unref();
    callbackByTimer.set(timer, callback);
    return timer;
  });
  t.mock.method(globalThis, 'clearTimeout', (timer: NodeJS.Timeout | undefined) => {
    callbackByTimer.delete(timer);
    realClearTimeout(timer);
  });
  return {
    fire: () => {
      const callbacks = [...callbackByTimer.values()];
      callbackByTimer.clear();
      for (const callback of callbacks) callback();
    },
  };
}
