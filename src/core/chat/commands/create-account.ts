/**
 * CreateAccount: the name is reserved everywhere, then the account is written, and confirmed where it has to be. Repeating it
 * changes nothing.
 */
import { canonicalName } from '../../model/account-name.js';
import { Refused } from '../../model/errors.js';
import { Vector } from '../../model/vector.js';
import type { MessageOf } from '../../wire/message-types.js';
import type { Account } from '../account.js';
import type { Caller, ServerContext } from '../context.js';
import type { Names } from '../names.js';
import { sameOperation } from '../operation-id.js';
import { checkCopies, checkGrant, checkOperation, checkPassword } from '../rules.js';
import { wait, waitForSuccess, type Steps } from '../steps.js';

export function* createAccount(
  context: ServerContext,
  caller: Caller,
  request: MessageOf<'CreateAccount'>,
): Steps<MessageOf<'AccountCreated'>> {
  if (caller.attached !== undefined) throw new Refused('ALREADY_LOGGED_IN');
  const name = canonicalName(request.name);
  if (name === undefined) throw new Refused('NAME_INVALID');
  checkPassword(request.password);
  const operation = checkOperation(request.operation);
  const { names } = context.state;

  const before = madeBy(names, name, operation);
  if (before !== undefined) return yield* answerAgain(context, before);
  checkFree(names, name);
  checkCopies(context);
  const passwordHash = yield* wait(context.hashPassword(request.password));
  if (passwordHash === undefined) throw new Refused('BUSY');

  const grant = yield* wait(context.reserve(`name:${name}`, {}));
  // While the others were asked, the op of an account of this name may have arrived: of this very request, which an
  // earlier server took, or of another.
  const meanwhile = madeBy(names, name, operation);
  if ('refusedBy' in grant || meanwhile !== undefined) {
    if ('release' in grant) grant.release();
    if (meanwhile !== undefined) return yield* answerAgain(context, meanwhile);
    checkFree(names, name);
    // A peer may hold an account that has not arrived here. When it arrives, it will tell whose it is.
    throw new Refused('CONTENDED');
  }
  try {
    checkFree(names, name);
    checkGrant(context, grant);
  } catch (error) {
    grant.release();
    throw error;
  }
  // The op frees the name wherever it is applied. Freeing it earlier could let another take it who has not seen the op.
  const seen = new Vector(names.claims(name).map((claim) => claim.id)).entries();
  const coordinator = context.coordinator();
  const op = { name, passwordHash, operation, seen, coordinator };
  const stored = yield* waitForSuccess(context.write('AccountCreatedOp', op));
  if (coordinator === 0) return { account: stored.dot, name, storedOn: stored.storedOn };
  return yield* answerAgain(context, context.state.namedAccount(stored.dot));
}

/** @throws Refused: NAME_TAKEN; CONTENDED, where that is not settled yet. */
function checkFree(names: Names, name: string): void {
  if (names.owner(name) !== undefined) throw new Refused('NAME_TAKEN');
  if (names.isHeld(name)) throw new Refused('CONTENDED');
}

/** What the request made before. Of more than one, which only different servers can have made, the one that is left. */
function madeBy(names: Names, name: string, operation: MessageOf<'OperationId'>): Account | undefined {
  const made = names.claims(name).filter((claim) => sameOperation(claim.creation!.operation, operation));
  return made.find((claim) => !claim.deleted && !claim.displaced) ?? made.find((claim) => claim.isFinal) ?? made[0];
}

function* answerAgain(context: ServerContext, account: Account): Steps<MessageOf<'AccountCreated'>> {
  const { name, coordinator, operation } = account.creation!;
  const settling = coordinator === 0 ? context.whenStored(account.id) : context.whenSettled(account);
  const outcome = yield* wait(settling);
  if (outcome.state === 'done') return { account: account.id, name, storedOn: outcome.value };
  // It may have been given up for another that the same request made on another server.
  const left = account.deleted ? madeBy(context.state.names, name, operation) : undefined;
  if (left === undefined || left.deleted) throw new Refused(outcome.failure);
  return yield* answerAgain(context, left);
}
