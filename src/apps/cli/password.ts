/**
 * The password of an account, from where a script or a person keeps it. Never an argument of the command line: those
 * can be read by every user of the machine.
 */
import { readFile } from 'node:fs/promises';

import { whyUnreadable } from '../config/config-file.js';
import { decodeText } from '../input/decode-text.js';
import { interruptedExitCode } from '../input/ending-signals.js';
import { LineInput, NotText } from '../input/line-input.js';
import { CommandFailed } from './command-failed.js';

export interface PasswordSource {
  /** First choice: a file whose first line it is. */
  readonly passwordFile?: string;
}

/** The variable of the environment that is the second choice. */
const variable = 'HOLDFAST_PASSWORD';

/** Third choice: asks for it on the terminal, `prompts.length` times; all answers must be the same. */
export async function readPassword(source: PasswordSource, ...prompts: readonly string[]): Promise<string> {
  if (source.passwordFile !== undefined) return readFirstLine(source.passwordFile);
  const fromEnvironment = process.env[variable];
  if (fromEnvironment !== undefined) return fromEnvironment;
  if (process.stdin.isTTY) return askForPassword(prompts);
  const ways = `set ${variable}, give --password-file FILE, or run the command in a terminal`;
  throw new CommandFailed('USAGE', `A password is needed: ${ways}.`);
}

async function readFirstLine(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new CommandFailed('USAGE', `The password file ${path} ${whyUnreadable(error)}.`);
  });
  const text = decodeText(bytes);
  if (text === undefined) throw new CommandFailed('USAGE', `The password file ${path} is not text in UTF-8.`);
  return text.split(/\r?\n/, 1)[0]!;
}

async function askForPassword(prompts: readonly string[]): Promise<string> {
  const input = new LineInput(process.stdin, () => {
    process.stderr.write('\n');
    process.exit(interruptedExitCode);
  });
  try {
    const answers = new Set<string>();
    for (const prompt of prompts) {
      process.stderr.write(prompt);
      const answer = await input.nextHidden();
      process.stderr.write('\n');
      if (answer === undefined) throw new CommandFailed('USAGE', 'A password is needed.');
      answers.add(answer);
    }
    if (answers.size > 1) throw new CommandFailed('USAGE', 'The two passwords differ.');
    return [...answers][0]!;
  } catch (error) {
    throw error instanceof NotText ? new CommandFailed('USAGE', error.message) : error;
  } finally {
    input.close();
  }
}
