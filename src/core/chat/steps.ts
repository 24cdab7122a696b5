/**
 * Commands as steps. A command is a generator that yields what it waits for and reads like the rule it implements;
 * nothing in it runs but in answer to an event. {@link run} drives it.
 */
import { Refused, type Failure } from '../model/errors.js';

/** Begins something and calls back once, later. */
export type Wait<T> = (done: (value: T) => void) => void;

export type Steps<T> = Generator<Wait<unknown>, T, unknown>;

/** Waits for something in the middle of a command. */
export function* wait<T>(begin: Wait<T>): Steps<T> {
  return (yield begin) as T;
}

/** Waits for something that may be refused. @throws Refused */
export function* waitForSuccess<T>(begin: Wait<Outcome<T>>): Steps<T> {
  const outcome = yield* wait(begin);
  if (outcome.state === 'refused') throw new Refused(outcome.failure);
  return outcome.value;
}

export type Outcome<T> =
  | { readonly state: 'done'; readonly value: T }
  | { readonly state: 'refused'; readonly failure: Failure };

/** Runs the steps to their end and calls back with what came of them. Exceptions other than Refused pass through. */
export function run<T>(steps: Steps<T>, finished: (outcome: Outcome<T>) => void): void {
  const proceed = (value: unknown): void => {
    let next: IteratorResult<Wait<unknown>, T>;
    try {
      next = steps.next(value);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      finished({ state: 'refused', failure: error.failure });
      return;
    }
    if (next.done === true) finished({ state: 'done', value: next.value });
    else next.value(proceed);
  };
  proceed(undefined);
}
