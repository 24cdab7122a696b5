/** ListAccounts: names in order, by a regular expression that runs in linear time away from the event loop. */
import { failure, Refused } from '../../model/errors.js';
import { limits } from '../../model/limits.js';
import { isPatternTooLong } from '../../model/pattern.js';
import type { MessageOf } from '../../wire/message-types.js';
import type { ServerContext } from '../context.js';
import { wait, type Steps } from '../steps.js';

export function* listAccounts(
  context: ServerContext,
  request: MessageOf<'ListAccounts'>,
): Steps<MessageOf<'AccountList'>> {
  const limit = Math.min(request.limit === 0 ? Infinity : request.limit, limits.accountsPerPageMax);
  const { pattern, after } = request;
  if (isPatternTooLong(pattern)) throw new Refused('PATTERN_TOO_LONG');
  const answer = yield* wait(context.query({ kind: 'names', pattern, after, limit }));
  if ('fault' in answer) {
    const where = answer.at === undefined ? '' : ` at character ${answer.at + 1}`;
    throw new Refused(failure('PATTERN_INVALID', `The regular expression is malformed${where}: ${answer.fault}.`));
  }
  return { names: answer.names, more: answer.more };
}
