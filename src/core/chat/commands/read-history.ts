/** ReadHistory: a page of the conversation with one account, be that account deleted since. */
import { canonicalName } from '../../model/account-name.js';
import { Refused } from '../../model/errors.js';
import { limits } from '../../model/limits.js';
import type { MessageOf } from '../../wire/message-types.js';
import type { Account } from '../account.js';
import type { Caller, ServerContext } from '../context.js';
import { conversationKey, directConversation } from '../../model/conversation.js';
import { accountNamed, attachedOf } from '../rules.js';
import { wait, type Steps } from '../steps.js';
import { textsWithin } from '../text.js';

export function* readHistory(
  context: ServerContext,
  caller: Caller,
  request: MessageOf<'ReadHistory'>,
): Steps<MessageOf<'History'>> {
  const { account } = attachedOf(caller);
  const other = accountNamed(context.state.names, request.with) ?? lastDeleted(context, request.with);
  if (other === undefined) throw new Refused('ACCOUNT_NOT_FOUND');
  const conversation = conversationKey(directConversation(account.id, other.id));
  const limit = Math.min(request.limit === 0 ? Infinity : request.limit, limits.messagesPerPageMax);
  const before =
    request.beforeTime === 0 || request.beforeId === undefined
      ? undefined
      : { ...request.beforeId, time: request.beforeTime };
  const answer = yield* wait(context.query({ kind: 'history', conversation, before, limit }));
  const { texts, cut } = textsWithin(context.state, answer.records, limits.frameBytesMax);
  return { messages: texts, more: answer.more || cut };
}

/** Of the deleted accounts of this name, the one that was made last. */
function lastDeleted(context: ServerContext, text: string): Account | undefined {
  const name = canonicalName(text);
  if (name === undefined) return undefined;
  const deleted = context.state.names.claims(name).filter((account) => account.deleted);
  return deleted.sort((a, b) => a.creation!.time - b.creation!.time).at(-1);
}
