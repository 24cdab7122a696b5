/** Checks that several commands share. */
import { byteLengthOf } from '../lib/utf8.js';
import { canonicalName } from '../model/account-name.js';
import { Refused } from '../model/errors.js';
import { limits } from '../model/limits.js';
import type { MessageOf } from '../wire/message-types.js';
import { WireFault } from '../wire/wire-fault.js';
import type { Account } from './account.js';
import type { Attached, Caller, Grant, ServerContext } from './context.js';
import { copyOperation } from './operation-id.js';
import type { Names } from './names.js';

const CLIENT_BYTES = 16;

export function checkPassword(password: string): void {
  const bytes = byteLengthOf(password);
  if (bytes < limits.passwordBytesMin || bytes > limits.passwordBytesMax) throw new Refused('PASSWORD_INVALID');
}

/** A copy of the id, safe to keep. @throws WireFault where it is none. */
export function checkOperation(operation: MessageOf<'OperationId'>): MessageOf<'OperationId'> {
  if (operation.client.length !== CLIENT_BYTES || operation.counter < 1) {
    throw new WireFault('MALFORMED', 'An operation id has a client of 16 bytes and a counter from 1.');
  }
  return copyOperation(operation);
}

/** @throws Refused: NOT_ENOUGH_COPIES, where nothing may be written now. */
export function checkCopies(context: ServerContext): void {
  const lacking = context.lackOfCopies();
  if (lacking !== undefined) throw new Refused(lacking);
}

/**
 * Whether what was reserved may be written now: by enough servers granted, and to enough servers.
 * @throws Refused: NOT_ENOUGH_COPIES.
 */
export function checkGrant(context: ServerContext, grant: Grant): void {
  checkCopies(context);
  if (grant.servers < context.minCopies) throw new Refused('NOT_ENOUGH_COPIES');
}

/** @throws Refused: NOT_LOGGED_IN. */
export function attachedOf(caller: Caller): Attached {
  if (caller.attached === undefined) throw new Refused('NOT_LOGGED_IN');
  return caller.attached;
}

/** The living account that people mean by this text: a name in any case, with its suffix where it has one. */
export function accountNamed(names: Names, text: string): Account | undefined {
  // Programs write a name as it is, nearly always.
  const owner = names.owner(text);
  if (owner !== undefined) return owner;
  const at = text.indexOf('~');
  return names.shownAs(at < 0 ? plainName(text) : plainName(text) + text.slice(at).toLowerCase());
}

/** The same; where none lives, of the deleted accounts of that name the one that was made last. */
export function accountEverNamed(names: Names, text: string): Account | undefined {
  const living = accountNamed(names, text);
  const name = living === undefined ? canonicalName(text) : undefined;
  if (name === undefined) return living;
  const deleted = names.claims(name).filter((account) => account.deleted);
  return deleted.sort((a, b) => a.creation!.time - b.creation!.time).at(-1);
}

/** The canonical name in the text, without a suffix; empty where there is none. */
export function plainName(text: string): string {
  const at = text.indexOf('~');
  return canonicalName(at < 0 ? text : text.slice(0, at)) ?? '';
}
