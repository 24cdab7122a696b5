/**
 * DeleteAccount: the account, its sessions, that of the caller included, and what waits for it go for good. What it sent stays
 * with its readers.
 */
import type { MessageOf } from '../../wire/message-types.js';
import type { Caller, ServerContext } from '../context.js';
import { attachedOf, checkCopies } from '../rules.js';
import { waitForSuccess, type Steps } from '../steps.js';

export function* deleteAccount(context: ServerContext, caller: Caller): Steps<MessageOf<'AccountDeleted'>> {
  const { account } = attachedOf(caller);
  checkCopies(context);
  const { storedOn } = yield* waitForSuccess(context.write('AccountDeletedOp', { account: account.id }));
  return { storedOn };
}
