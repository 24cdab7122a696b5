/** ReadHistory: a page of the conversation with one account, be that account deleted since. */
import { Refused } from '../../model/errors.js';
import { limits } from '../../model/limits.js';
import type { MessageOf } from '../../wire/message-types.js';
import type { Caller, ServerContext } from '../context.js';
import { conversationKey, directConversation } from '../../model/conversation.js';
import { accountEverNamed, attachedOf } from '../rules.js';
import { wait, type Steps } from '../steps.js';
import { endOfPage, textsWithin } from '../text.js';

export function* readHistory(
  context: ServerContext,
  caller: Caller,
  request: MessageOf<'ReadHistory'>,
): Steps<MessageOf<'History'>> {
  const { account } = attachedOf(caller);
  const other = accountEverNamed(context.state.names, request.with);
  if (other === undefined) throw new Refused('ACCOUNT_NOT_FOUND');
  const conversation = conversationKey(directConversation(account.id, other.id));
  const limit = Math.min(request.limit === 0 ? Infinity : request.limit, limits.messagesPerPageMax);
  const answer = yield* wait(context.query({ kind: 'history', conversation, before: endOfPage(request), limit }));
  const { texts, cut } = textsWithin(context.state, answer.records, limits.frameBytesMax);
  return { messages: texts, more: answer.more || cut };
}
