import { mayNameAccount } from '../../core/model/account-name.js';
import { errorDefinitions } from '../../core/model/errors.js';
import { printable } from '../output/printable.js';
import { CommandFailed } from './command-failed.js';

/** Fails with NAME_INVALID, before anything is asked for or sent, where no account can have the name. */
export function checkName(text: string): void {
  if (mayNameAccount(text)) return;
  throw new CommandFailed('NAME_INVALID', `"${printable(text)}" is no name. ${errorDefinitions.NAME_INVALID.text}`);
}
