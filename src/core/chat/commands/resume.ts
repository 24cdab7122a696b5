/** Resume: an open session goes on, on this connection, wherever it was attached before. No password, no new login. */
import { Refused } from '../../model/errors.js';
import type { MessageOf } from '../../wire/message-types.js';
import type { Account, Session } from '../account.js';
import type { Caller, ServerContext } from '../context.js';
import { sameBytes } from '../operation-id.js';
import type { Steps } from '../steps.js';
import { reserveSessions } from './login.js';

export function* resume(
  context: ServerContext,
  caller: Caller,
  request: MessageOf<'Resume'>,
): Steps<MessageOf<'Resumed'>> {
  if (caller.attached !== undefined) throw new Refused('ALREADY_LOGGED_IN');
  const { account } = find(context, request);
  context.observeTime(request.latestTime);
  const grant = yield* reserveSessions(context, account, { session: request.session });
  try {
    if (grant.sessions.length >= context.sessionsPerAccount) throw new Refused('SESSION_REPLACED');
    const { session } = find(context, request);
    caller.attach(account, session);
    return { name: account.displayName, formerName: account.formerName };
  } finally {
    grant.release();
  }
}

/** @throws Refused: BEHIND, ACCOUNT_DELETED, SESSION_UNKNOWN. */
function find(context: ServerContext, request: MessageOf<'Resume'>): { account: Account; session: Session } {
  const { state, crypto } = context;
  const account = state.account(request.account);
  if (account?.deleted === true) throw new Refused('ACCOUNT_DELETED');
  // The op that opened the session has not reached this server yet.
  if (!state.applied.covers(request.session)) throw new Refused('BEHIND');
  const session = account?.session(request.session);
  if (account === undefined || session === undefined) throw new Refused('SESSION_UNKNOWN');
  // Both sides are digests of what only the rightful owner has, so the time that comparing takes tells nothing.
  if (!sameBytes(crypto.sha256(request.token), session.tokenHash)) throw new Refused('SESSION_UNKNOWN');
  return { account, session };
}
