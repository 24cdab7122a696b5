/** What ends a command before it is done: a registered error, shown on stderr, that gives the exit code. */
import { errorDefinitions, exitCodeByClass, type ErrorCode } from '../../core/model/errors.js';

export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string = errorDefinitions[code].text) {
    super(message);
    this.code = code;
  }
}

export function exitCodeOf(code: ErrorCode): number {
  return exitCodeByClass[errorDefinitions[code].class];
}
