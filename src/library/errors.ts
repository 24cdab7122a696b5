import type { ClientFailure } from '../core/client/failures.js';
import { errorDefinitions, type ErrorClass, type ErrorCode, type Retry } from '../core/model/errors.js';

/** How every operation of the library fails. Decide by `code`; the message is for people, and may change. */
export class HoldfastError extends Error {
  override readonly name = 'HoldfastError';
  readonly code: ErrorCode;
  readonly class: ErrorClass;
  /** Whether trying again can help: `later`, or on another server, which the library does by itself. */
  readonly retry: Retry;
  /** Whether the operation may have been carried out all the same. */
  readonly mayHaveHappened: boolean;

  constructor(failure: ClientFailure) {
    super(failure.message);
    this.code = failure.code;
    this.class = errorDefinitions[failure.code].class;
    this.retry = failure.retry;
    this.mayHaveHappened = failure.mayHaveHappened;
  }
}
