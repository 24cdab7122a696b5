/** Failures as a client tells them: the registry's, with what is known of this one. */
import { errorCodeOf, errorDefinitions, type ErrorCode, type Failure, type Retry } from '../model/errors.js';
import type { MessageOf } from '../wire/message-types.js';

export interface ClientFailure extends Failure {
  /** The operation may have been carried out. */
  readonly mayHaveHappened: boolean;
  readonly retry: Retry;
}

/** A failure that the client found itself. */
export function clientFailure(code: ErrorCode, message: string = errorDefinitions[code].text): ClientFailure {
  const { mayHaveHappened, retry } = errorDefinitions[code];
  return { code, message, mayHaveHappened, retry };
}

/** No server knows the session any more. */
export const sessionForgotten = clientFailure(
  'SESSION_UNKNOWN',
  'The servers that can be reached have not heard of the session. Log in again.',
);

const retryByNumber: readonly Retry[] = ['never', 'later', 'elsewhere'];

/**
 * What a server told. Whether it may have happened and whether to retry are taken from the message, so that an error of
 * a later version, which is INTERNAL here, is still treated as its server means it.
 */
export function failureTold(failed: MessageOf<'Failed'>): ClientFailure {
  const code = errorCodeOf(failed.code);
  return {
    code: code ?? 'INTERNAL',
    message: code === undefined ? `Error ${failed.code}: ${failed.message}` : failed.message,
    mayHaveHappened: failed.mayHaveHappened,
    retry: retryByNumber[failed.retry] ?? 'never',
  };
}

/** The same failure of a request that was sent before without an answer, so that nobody knows how that went. */
export function uncertain(failure: ClientFailure): ClientFailure {
  return { ...failure, mayHaveHappened: true };
}

/** The same failure of a request that was never sent. */
export function certain(failure: ClientFailure): ClientFailure {
  return { ...failure, mayHaveHappened: false };
}

/** Codes that end a session wherever they are told. */
export function endsSession(code: ErrorCode): boolean {
  return code === 'SESSION_UNKNOWN' || code === 'SESSION_REPLACED' || code === 'ACCOUNT_DELETED';
}
