/**
 * Account names: 2 to 32 of `a-z 0-9 _ . -`, compared without case. The canonical form is lower case.
 * A displaced account is shown as `name~suffix`; "~" is in no name, so the two cannot be confused.
 */
import { limits } from './limits.js';

/** Before it is made small: some letters from elsewhere have a small form within ASCII. */
const allowed = /^[A-Za-z0-9_.-]+$/;

/** The canonical form, or undefined where the text is no account name. */
export function canonicalName(text: string): string | undefined {
  if (text.length < limits.nameLengthMin || text.length > limits.nameLengthMax) return undefined;
  return allowed.test(text) ? text.toLowerCase() : undefined;
}
