/**
 * Login: checks the password, reserves the account's sessions everywhere for the moment, and opens a session if there
 * is room for one more among those attached. Sessions that are open but attached nowhere make room by themselves.
 */
import { canonicalName } from '../../model/account-name.js';
import { Refused } from '../../model/errors.js';
import { formatDot, type Dot } from '../../model/ids.js';
import { limits } from '../../model/limits.js';
import { wallMsOf } from '../../model/hybrid-time.js';
import type { MessageOf } from '../../wire/message-types.js';
import type { Account } from '../account.js';
import type { Caller, Grant, ServerContext } from '../context.js';
import { conversationOfKey, otherSide } from '../../model/conversation.js';
import type { Names } from '../names.js';
import { accountNamed, checkCopies, checkGrant, checkOperation } from '../rules.js';
import { wait, waitForSuccess, type Steps } from '../steps.js';

const TOKEN_BYTES = 32;

export function* login(
  context: ServerContext,
  caller: Caller,
  request: MessageOf<'Login'>,
): Steps<MessageOf<'LoggedIn'>> {
  if (caller.attached !== undefined) throw new Refused('ALREADY_LOGGED_IN');
  const operation = checkOperation(request.operation);
  checkCopies(context);
  const account = yield* authenticate(context, request);
  const grant = yield* reserveSessions(context, account, { login: operation });
  try {
    const replaces = sessionsToReplace(account, grant.sessions, context.sessionsPerAccount, request.takeOver);
    checkGrant(context, grant);
    const token = context.crypto.randomBytes(TOKEN_BYTES);
    const tokenHash = context.crypto.sha256(token);
    const stored = yield* waitForSuccess(
      context.write('SessionOpenedOp', { account: account.id, tokenHash, operation, replaces }),
    );
    const session = account.session(stored.dot);
    // A split or a deletion may have ended it before it began.
    if (session === undefined) throw new Refused('ACCOUNT_NOT_FOUND');
    caller.attach(account, session);
    const waiting = yield* waitingFor(context, account);
    return {
      account: account.id,
      name: account.displayName,
      session: session.id,
      token,
      waiting,
      delivered: account.mark.vector.entries(),
      storedOn: stored.storedOn,
      formerName: account.formerName,
    };
  } finally {
    grant.release();
  }
}

/** @throws Refused: CONTENDED. */
export function* reserveSessions(
  context: ServerContext,
  account: Account,
  options: { readonly session?: Dot; readonly login?: MessageOf<'OperationId'> },
): Steps<Grant> {
  const grant = yield* wait(context.reserve(`session:${account.key}`, options));
  if ('refusedBy' in grant) throw new Refused('CONTENDED');
  return grant;
}

/**
 * The account of this name and password. Someone displaced by a split may go on using the plain name: their password
 * tells them apart from the owner.
 */
function* authenticate(context: ServerContext, request: MessageOf<'Login'>): Steps<Account> {
  const candidates = candidatesFor(context.state.names, request.name);
  if (candidates.length === 0) throw new Refused('ACCOUNT_NOT_FOUND');
  for (const account of candidates) {
    const right = yield* wait(context.verifyPassword(account.creation!.passwordHash, request.password));
    if (right === undefined) throw new Refused('BUSY');
    if (!right) continue;
    if (!account.alive) throw new Refused('ACCOUNT_NOT_FOUND');
    return account;
  }
  throw new Refused('WRONG_PASSWORD');
}

function candidatesFor(names: Names, text: string): Account[] {
  const named = accountNamed(names, text);
  const name = canonicalName(text);
  const displaced = name === undefined ? [] : names.displaced(name).slice(0, limits.namesakesTriedMax);
  return named === undefined ? displaced : [named, ...displaced];
}

/**
 * What has to go, and what is open and attached nowhere. The op of a session that was found attached elsewhere may not have
 * arrived here.
 * @throws Refused: LOGGED_IN_ELSEWHERE.
 */
function sessionsToReplace(account: Account, attached: readonly Dot[], allowed: number, takeOver: boolean): Dot[] {
  const tooMany = Math.max(attached.length + 1 - allowed, 0);
  if (tooMany > 0 && !takeOver) throw new Refused('LOGGED_IN_ELSEWHERE');
  const goneByKey = new Map(attached.slice(0, tooMany).map((id) => [formatDot(id), id]));
  const staying = new Set(attached.slice(tooMany).map(formatDot));
  for (const { id, key } of account.sessions) if (!staying.has(key)) goneByKey.set(key, id);
  return [...goneByKey.values()];
}

function* waitingFor(context: ServerContext, account: Account): Steps<MessageOf<'Waiting'>[]> {
  const after = account.mark.vector;
  const answer = yield* wait(context.query({ kind: 'waiting', stream: account.key, after }));
  const bySender = [...answer.conversations].sort((a, b) => b.latest - a.latest).slice(0, limits.waitingSendersMax);
  return bySender.map(({ conversation, count, first, latest }) => {
    const sender = context.state.account(otherSide(conversationOfKey(conversation), account.id));
    return {
      from: sender?.displayName ?? '?',
      count,
      firstAtMs: wallMsOf(first),
      latestAtMs: wallMsOf(latest),
    };
  });
}
