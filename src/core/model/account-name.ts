/**
 * Account names: 2 to 32 of `a-z 0-9 _ . -`, compared without case. The canonical form is lower case. They begin with a
 * letter or digit, so that no name looks like an option of a command or like a path.
 * A displaced account is shown as `name~suffix`; "~" is in no name, so the two cannot be confused.
 */
import { limits } from './limits.js';

/** Before it is made small: some letters from elsewhere have a small form within ASCII. */
const allowed = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/** The canonical form, or undefined where the text is no account name. */
export function canonicalName(text: string): string | undefined {
  if (text.length < limits.nameLengthMin || text.length > limits.nameLengthMax) return undefined;
  return allowed.test(text) ? text.toLowerCase() : undefined;
}

/** Whether an account can be shown under the text, in any case: a name, with a suffix where the account is displaced. */
export function mayNameAccount(text: string): boolean {
  const at = text.indexOf('~');
  return canonicalName(at < 0 ? text : text.slice(0, at)) !== undefined;
}
