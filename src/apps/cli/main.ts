/**
 * The program: reads the command line, carries the command out, and exits with the code that the error registry gives.
 * Anything thrown that is not a registered error is a mistake of the program: it stops with a stack and exit code 1.
 */
import { CommandFailed, exitCodeOf } from './command-failed.js';
import { endWithReader, writeNote } from './console.js';
import { readCommandLine } from './program.js';

async function main(): Promise<number> {
  const action = readCommandLine(process.argv.slice(2));
  if (typeof action === 'number') return action;
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    writeNote(error.message);
    return exitCodeOf(error.code);
  }
}

endWithReader();
process.exitCode = await main();
