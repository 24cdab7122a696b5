/** Whom a message is for. Today a pair of accounts, or one account that writes to itself. */
import { compareDots, formatDot, parseDot, sameDot, type Dot } from './ids.js';

export interface Conversation {
  /** Its accounts, smaller id first. */
  readonly direct: readonly Dot[];
}

/** The conversation of two accounts, the same whichever is named first. */
export function directConversation(a: Dot, b: Dot): Conversation {
  if (sameDot(a, b)) return { direct: [a] };
  return { direct: compareDots(a, b) < 0 ? [a, b] : [b, a] };
}

/** Under which the view database files it. */
export function conversationKey(conversation: Conversation): string {
  return `d:${conversation.direct.map(formatDot).join(':')}`;
}

export function conversationOfKey(key: string): Conversation {
  const direct = key
    .split(':')
    .slice(1)
    .map(parseDot)
    .filter((dot) => dot !== undefined);
  return { direct };
}

/** The accounts that get what `sender` writes there. */
export function recipientsOf(conversation: Conversation, sender: Dot): Dot[] {
  if (conversation.direct.length === 1) return [...conversation.direct];
  return conversation.direct.filter((account) => !sameDot(account, sender));
}

/** The other side of a direct conversation as `reader` sees it. */
export function otherSide(conversation: Conversation, reader: Dot): Dot {
  return conversation.direct.find((account) => !sameDot(account, reader)) ?? reader;
}
