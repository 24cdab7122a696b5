/**
 * LogOff: the session ends for good, on every server. Nobody is kept from leaving for want of copies: a session whose end
 * is lost is attached to nothing, and makes room by itself.
 */
import type { MessageOf } from '../../wire/message-types.js';
import type { Caller, ServerContext } from '../context.js';
import { attachedOf } from '../rules.js';
import { wait, type Steps } from '../steps.js';

export function* logOff(context: ServerContext, caller: Caller): Steps<MessageOf<'LoggedOff'>> {
  const { account, session } = attachedOf(caller);
  caller.detach();
  yield* wait(context.writeAnyhow('SessionClosedOp', { account: account.id, session: session.id }));
  return {};
}
