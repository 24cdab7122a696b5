/** LogOff: the session ends for good, on every server. */
import type { MessageOf } from '../../wire/message-types.js';
import type { Caller, ServerContext } from '../context.js';
import { attachedOf } from '../rules.js';
import { wait, type Steps } from '../steps.js';

export function* logOff(context: ServerContext, caller: Caller): Steps<MessageOf<'LoggedOff'>> {
  const { account, session } = attachedOf(caller);
  caller.detach();
  yield* wait(context.write('SessionClosedOp', { account: account.id, session: session.id }));
  return {};
}
