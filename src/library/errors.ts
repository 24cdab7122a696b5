import type { ClientFailure } from '../core/client/failures.js';
import { errorDefinitions, type ErrorClass, type ErrorCode, type Retry } from '../core/model/errors.js';
import type { FailedTry } from './types.js';

/** How every operation of the library fails. Decide by `code`; the message is for people, and may change. */
export class HoldfastError extends Error {
  override readonly name = 'HoldfastError';
  readonly code: ErrorCode;
  readonly class: ErrorClass;
  /** Whether trying again can help: `later`, or on another server, which the library does by itself. */
  readonly retry: Retry;
  /** Whether the operation may have been carried out all the same. */
  readonly mayHaveHappened: boolean;
  /** Of NO_SERVER: what happened at each address, the last time it was tried. */
  readonly failedTries: readonly FailedTry[];

  constructor(failure: ClientFailure, failedTries: readonly FailedTry[] = []) {
    super(failure.message);
    this.failedTries = failedTries;
    this.code = failure.code;
    this.class = errorDefinitions[failure.code].class;
    this.retry = failure.retry;
    this.mayHaveHappened = failure.mayHaveHappened;
  }
}

/** One line for each: `127.0.0.1:6001: Connection refused.` */
export function failedTryLines(failedTries: readonly FailedTry[]): string[] {
  return failedTries.map(({ host, port, message }) => `${host.includes(':') ? `[${host}]` : host}:${port}: ${message}`);
}
