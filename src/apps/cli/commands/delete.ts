import { LineScreen } from '../../terminal/line-screen.js';
import { printable } from '../../output/printable.js';
import { interruptedExitCode } from '../../input/ending-signals.js';
import { checkName } from '../check-name.js';
import { withSession, type AccountOptions } from '../client.js';
import { CommandFailed } from '../command-failed.js';
import { writeData } from '../console.js';

/** `holdfast delete <config> --as <name> [--yes] [--take-over]` */
export async function deleteAccount(
  configPath: string,
  options: AccountOptions & { readonly yes?: true },
): Promise<number> {
  checkName(options.as);
  if (options.yes !== true) await confirm(options.as);
  await withSession(configPath, options, async (client) => {
    await client.deleteAccount();
    writeData(`Deleted account ${printable(options.as)}.`);
  });
  return 0;
}

/** Nothing brings an account back, so a person types its name, and a script says that it means it. */
async function confirm(name: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new CommandFailed('USAGE', 'This deletes the account for good. Without a terminal, say so with --yes.');
  }
  const screen = new LineScreen(process.stdin, process.stderr, {
    onInterrupt: () => process.exit(interruptedExitCode),
    onEnd: () => {},
  });
  const shown = printable(name);
  const answer = await screen.ask(`This deletes ${shown} and what waits for it, for good. Type the name to go on:`);
  screen.close();
  if (answer?.trim().toLowerCase() !== name.toLowerCase()) throw new CommandFailed('USAGE', 'Nothing was deleted.');
}
