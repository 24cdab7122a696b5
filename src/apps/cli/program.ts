/**
 * The command line: which commands there are, what each takes, and their help. What a command does is in its own module,
 * which is loaded when it is the one asked for.
 */
import { Command, CommanderError, Option } from 'commander';

import { nearestWord } from '../../core/lib/nearest-word.js';
import { exitCodeByClass } from '../../core/model/errors.js';
import type { ReportLevel } from '../server/line-reporter.js';
import type { DrillCommandOptions } from './commands/drill.js';
import type { SimCommandOptions } from './commands/sim.js';
import { readVersion } from './version.js';

/** Gives the exit code. */
type Action = () => Promise<number>;

interface AsOptions {
  readonly as: string;
  readonly passwordFile?: string;
  readonly takeOver?: true;
}

interface ServerOptions {
  readonly data?: string;
  readonly logLevel: ReportLevel;
  readonly diskReserve?: string;
}

interface JsonOption {
  readonly json?: true;
}

const passwordHelp = `
The password comes from --password-file, else from the variable HOLDFAST_PASSWORD, else from a prompt.
`;

const overview = `
Exit codes: 0 done, 1 a defect of the program, 2 wrong use or config, 3 not allowed, 4 the state of accounts forbids it,
5 over a limit, 6 no server could do it, 7 a mistake of the server, 8 (status, verify) degraded, 130 stopped by ctrl-C.

Data goes to stdout, everything else to stderr.
"holdfast help COMMAND" says more of a command, with examples.`;

/**
 * Reads the command line and returns the action that it asks for; or an exit code, where help or an error was printed and
 * there is nothing left to do.
 */
export function readCommandLine(parameters: readonly string[]): Action | number {
  let action: Action | undefined;
  const program = describeProgram((chosen) => {
    action = chosen;
  });
  try {
    program.parse(parameters, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : exitCodeByClass.usage;
  }
  return action ?? exitCodeByClass.usage;
}

function describeProgram(choose: (action: Action) => void): Command {
  const program = new Command('holdfast')
    .description('A chat service that stays fully usable as long as any one of its servers runs.')
    .version(readVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .showHelpAfterError('See "holdfast help".')
    .exitOverride();
  program.addHelpText('after', overview);
  describeServer(program, choose);
  describeChat(program, choose);
  describeAccounts(program, choose);
  describeMessages(program, choose);
  describeSearch(program, choose);
  describeStatus(program, choose);
  describeVerify(program, choose);
  describeDrain(program, choose);
  describeDrill(program, choose);
  describeSim(program, choose);
  for (const command of program.commands) command.showHelpAfterError(`See "holdfast help ${command.name()}".`);
  describeHelp(program);
  return program;
}

/** In place of the parser's own, which says nothing of a command that does not exist. */
function describeHelp(program: Command): void {
  program
    .command('help')
    .summary('print the help of a command')
    .argument('[command]', 'the command')
    .argument('[part]', 'a command below it')
    .action((name: string | undefined, part: string | undefined) => {
      let named = program;
      for (const word of [name, part]) {
        if (word === undefined) break;
        named = named.commands.find((command) => command.name() === word) ?? failUnknown(named, word);
      }
      named.help();
    });
}

function failUnknown(command: Command, word: string): never {
  const meant = nearestWord(
    word,
    command.commands.map((each) => each.name()),
  );
  command.error(`error: unknown command '${word}'${meant === undefined ? '' : `\n(Did you mean ${meant}?)`}`);
}

function describeServer(program: Command, choose: (action: Action) => void): void {
  const server = program
    .command('server')
    .summary('run one server of the group; add, move or remove one')
    .description(
      'Runs one server of the group until it is stopped by ctrl-C or SIGTERM, and prints "Server started" when it serves clients. ' +
        'The commands below change who is a member, while the group runs. (A config file called "add", "move" or "remove" is given as ./add.)',
    )
    .usage('[options] <config> <id>\n       holdfast server add | move | remove ...')
    .argument('<config>', 'config file')
    .argument('<id>', 'which of the servers in the config to run')
    .option('--data <dir>', 'where its data is kept (default: ./data/<id>)')
    .option(
      '--disk-reserve <MiB>',
      'with less room on its disk it stores nothing (default: 256, or 1/16 of a small disk)',
    )
    .addOption(
      new Option('--log-level <level>', 'what to report on stderr')
        .choices(['info', 'warning', 'error'])
        .default('info'),
    )
    .addHelpText(
      'after',
      examples('holdfast server config.json 1', 'holdfast server config.json 2 --data /var/lib/holdfast'),
    )
    .action((config: string, id: string, { data, logLevel, diskReserve }: ServerOptions) => {
      choose(async () =>
        (await import('./commands/server.js')).server(config, id, {
          dataDirectory: data ?? `data/${id}`,
          logLevel,
          diskReserve,
        }),
      );
    });
  describeMemberChanges(server, choose);
  for (const command of server.commands) {
    command.showHelpAfterError(`See "holdfast help server ${command.name()}".`);
  }
}

function describeMemberChanges(server: Command, choose: (action: Action) => void): void {
  const withAddress = (command: Command): Command =>
    command
      .argument('<config>', 'config file that has at least one server of the group')
      .argument('<id>', 'its id')
      .argument('<host:port>', 'where clients and servers reach it; an IPv6 address in brackets')
      .option('--peer <host:port>', 'where other servers reach it, where that is elsewhere, as in a VPN');
  const change =
    (move: boolean) =>
    (config: string, id: string, address: string, { peer }: { peer?: string }) => {
      choose(async () => (await import('./commands/members.js')).addServer(config, id, address, { peer, move }));
    };
  withAddress(server.command('add'))
    .summary('make a server a member of the group')
    .description(
      'Makes a server a member of the group while it runs, and prints the config to start that server with. ' +
        'Other servers and clients learn of it by themselves. Needs the key file of the group.',
    )
    .addHelpText('after', examples('holdfast server add config.json 4 chat-4.example.org:6000'))
    .action(change(false));
  withAddress(server.command('move'))
    .summary('give a member another address')
    .description('Tells the group that a server has another address. Needs the key file of the group.')
    .addHelpText('after', examples('holdfast server move config.json 2 chat-5.example.org:6000'))
    .action(change(true));
  server
    .command('remove')
    .summary('make a server a member no more')
    .description(
      'Removes a server from the group, be it up, down or gone: nobody waits for it any more. One that is up moves its ' +
        'clients to others, hands over what only it holds, and stops. Needs the key file of the group.',
    )
    .argument('<config>', 'config file that has at least one server of the group')
    .argument('<id>', 'its id')
    .addHelpText('after', examples('holdfast server remove config.json 1'))
    .action((config: string, id: string) => {
      choose(async () => (await import('./commands/members.js')).removeServer(config, id));
    });
}

function describeChat(program: Command, choose: (action: Action) => void): void {
  program
    .command('chat')
    .summary('chat in this terminal')
    .description(
      'Chats in this terminal by a numbered menu. In a pipe, or with --menu, it reads and prints plain lines.',
    )
    .argument('<config>', 'config file')
    .option('--menu', 'plain lines, without escape codes, also in a terminal')
    .addHelpText('after', examples('holdfast chat config.json', "printf '3\\n\\n' | holdfast chat config.json"))
    .action((config: string, { menu }: { menu?: true }) => {
      choose(async () => (await import('./commands/chat.js')).chat(config, menu === true));
    });
}

function describeAccounts(program: Command, choose: (action: Action) => void): void {
  program
    .command('create')
    .summary('create an account')
    .description('Creates an account.')
    .argument('<config>', 'config file')
    .argument('<name>', 'its name: 2 to 32 of a-z, 0-9, "_", "." and "-", beginning with a letter or digit')
    .option('--password-file <file>', 'take the password from the first line of a file')
    .addHelpText('after', passwordHelp + examples('holdfast create config.json alice'))
    .action((config: string, name: string, options: { passwordFile?: string }) => {
      choose(async () => (await import('./commands/create.js')).create(config, name, options));
    });
  program
    .command('accounts')
    .summary('list accounts')
    .description(
      'Lists the names of accounts, one on a line. A regular expression (RE2 syntax) is looked for anywhere in a name, unless it begins with ^ or ends with $. Case matters, and names are in lower case.',
    )
    .argument('<config>', 'config file')
    .argument('[regex]', 'only names in which this regular expression finds something')
    .option('--json', 'print {"name"} for each')
    .addHelpText('after', examples('holdfast accounts config.json', "holdfast accounts config.json '^a' --json"))
    .action((config: string, pattern: string | undefined, { json }: JsonOption) => {
      choose(async () => (await import('./commands/accounts.js')).accounts(config, pattern ?? '', json === true));
    });
  withAccount(program.command('delete'))
    .summary('delete an account')
    .description(
      'Deletes an account and what waits for it, for good. Messages that it sent stay with those who got them.',
    )
    .option('--yes', 'do not ask; needed where there is no terminal to ask on')
    .addHelpText(
      'after',
      passwordHelp +
        examples(
          'holdfast delete config.json --as alice',
          'holdfast delete config.json --as alice --yes --password-file ~/.alice',
        ),
    )
    .action((config: string, options: AsOptions & { yes?: true }) => {
      choose(async () => (await import('./commands/delete.js')).deleteAccount(config, options));
    });
}

function describeMessages(program: Command, choose: (action: Action) => void): void {
  withAccount(program.command('send'))
    .summary('send a message')
    .description(
      'Sends a message and says on how many servers it is stored. Quote the text for your shell. One that begins with "-" goes ' +
        'last, behind "--".',
    )
    .argument('<to>', 'account to send to')
    .argument('<text|->', 'the message; - reads it from stdin, without the last line end')
    .option('--json', 'print {"id","copies","members"}')
    .addHelpText(
      'after',
      passwordHelp +
        examples(
          "holdfast send config.json bob 'See you at six.' --as alice",
          "holdfast send config.json bob --as alice -- '-3 degrees here'",
          'df -h | holdfast send config.json bob - --as alice --password-file ~/.alice --json',
        ),
    )
    .action((config: string, to: string, text: string, options: AsOptions & JsonOption) => {
      choose(async () => (await import('./commands/send.js')).send(config, to, text, options));
    });
  withAccount(program.command('tail'))
    .summary('print messages as they come')
    .description('Prints what waits for the account, then what comes, until ctrl-C. What was printed waits no longer.')
    .option('--once', 'print what waits, then exit')
    .option('--json', 'print {"id","from","to","text","sentAt","late","fromDeleted","toDeleted"} for each message')
    .addHelpText(
      'after',
      passwordHelp + examples('holdfast tail config.json --as bob', 'holdfast tail config.json --as bob --once --json'),
    )
    .action((config: string, options: AsOptions & JsonOption & { once?: true }) => {
      choose(async () => (await import('./commands/tail.js')).tail(config, options));
    });
  withAccount(program.command('history'))
    .summary('print a conversation')
    .description('Prints all messages between the account and another, oldest first.')
    .argument('<with>', 'the other account')
    .option('--json', 'print {"id","from","to","text","sentAt","late","fromDeleted","toDeleted"} for each message')
    .addHelpText('after', passwordHelp + examples('holdfast history config.json alice --as bob'))
    .action((config: string, other: string, options: AsOptions & JsonOption) => {
      choose(async () => (await import('./commands/history.js')).history(config, other, options));
    });
}

function describeSearch(program: Command, choose: (action: Action) => void): void {
  withAccount(program.command('search'))
    .summary('find messages')
    .description(
      'Finds messages that the account sent or got, the latest first. All words have to occur, in any order; case and diacritics do not matter. ' +
        'Also: "a phrase", begin*, -without, from:name, with:name, before:2026-11-01, after:"2026-11-01 18:30" (local time). ' +
        'Quote the query for your shell. One that begins with "-" goes last, behind "--".',
    )
    .argument('<query...>', 'what to look for')
    .option('--limit <n>', 'at most so many messages', '20')
    .option('--before <place>', 'go on where an earlier page ended, which said how')
    .option('--json', 'print {"id","from","to","text","sentAt","late","fromDeleted","toDeleted"} for each message')
    .addHelpText(
      'after',
      passwordHelp +
        examples(
          "holdfast search config.json 'lunch from:bob' --as alice",
          `holdfast search config.json '"see you" after:2026-11-01 -monday' --as alice --json`,
        ),
    )
    .action((config: string, query: string[], options: AsOptions & { limit: string; before?: string } & JsonOption) => {
      choose(async () => (await import('./commands/search.js')).search(config, query, options));
    });
}

function describeStatus(program: Command, choose: (action: Action) => void): void {
  program
    .command('status')
    .summary('say how the servers are')
    .description('Asks every server how it is and says how many may be lost. Exits with 0 healthy, 8 degraded, 6 down.')
    .argument('<config>', 'config file')
    .option('--json', 'print {"servers":[{"id","state","stateHash",...}],"verdict",...}')
    .addHelpText('after', examples('holdfast status config.json', 'holdfast status config.json --json'))
    .action((config: string, { json }: JsonOption) => {
      choose(async () => (await import('./commands/status.js')).status(config, json === true));
    });
}

function describeVerify(program: Command, choose: (action: Action) => void): void {
  program
    .command('verify')
    .summary("check every server's disk, and mend what is damaged from the others")
    .description(
      'Has every server read all of its log through while it serves, mend what is damaged from the others, and compares what they hold. Needs the key file of the group. Exits with 0 if all is well now, 8 if not, 6 if no server could be asked.',
    )
    .argument('<config>', 'config file')
    .option('--json', 'print {"servers":[{"id","records","damaged",...}],"verdict",...}')
    .addHelpText('after', examples('holdfast verify config.json', 'holdfast verify config.json --json'))
    .action((config: string, { json }: JsonOption) => {
      choose(async () => (await import('./commands/verify.js')).verify(config, json === true));
    });
}

function describeDrain(program: Command, choose: (action: Action) => void): void {
  program
    .command('drain')
    .summary('move the clients of a server to others, and stop it')
    .description(
      'Asks a server to let its clients go on with other servers, which they do without an error, and to stop. ' +
        'Needs the key file of the group. Stopping a server by ctrl-C or SIGTERM does the same.',
    )
    .argument('<config>', 'config file')
    .argument('<id>', 'which of the servers in the config')
    .addHelpText('after', examples('holdfast drain config.json 2'))
    .action((config: string, id: string) => {
      choose(async () => (await import('./commands/drain.js')).drain(config, id));
    });
}

function describeDrill(program: Command, choose: (action: Action) => void): void {
  program
    .command('drill')
    .summary('break servers of its own under load and check that nothing is lost')
    .description(
      'Starts servers of its own in a temporary folder, lets clients write to each other, and every few seconds kills or freezes servers or splits their network. In the end it compares what was acknowledged and seen with what each server holds. It touches no server that runs elsewhere. Exits with 0 if all is well and 1 if not.',
    )
    .option('--servers <n>', 'how many servers', '3')
    .option('--clients <n>', 'how many clients', '6')
    .option('--minutes <n>', 'how long', '1')
    .option('--every <seconds>', 'time from one fault to the next', '3')
    .option('--seed <n>', 'what the faults are drawn from (default: a random one)')
    .option('--faults <kinds>', 'which kinds of faults', 'crash,freeze,split')
    .option('--data <dir>', 'begin with a copy of the logs in this data directory, or in those in this folder')
    .option('--json', 'print {"acked","lost","duplicated","outOfOrder",...}')
    .addHelpText(
      'after',
      examples('holdfast drill', 'holdfast drill --minutes 10 --seed 7', 'holdfast drill --data data'),
    )
    .action((options: DrillCommandOptions) => {
      choose(async () => (await import('./commands/drill.js')).drill(options));
    });
}

function describeSim(program: Command, choose: (action: Action) => void): void {
  program
    .command('sim')
    .summary('run the servers in a made world, with every fault, and check that nothing is lost')
    .description(
      'Runs servers and clients in one process on a made clock, network and disk. Each seed is a run of its own: it decides what happens, and what breaks when. Where a run breaks what the servers promise, its story is printed, as short as it can be made. Exits with 0 if no seed failed and 1 if one did.',
    )
    .option('--seeds <n>', 'how many', '100')
    .option('--start <n>', 'the first of them', '1')
    .option('--servers <n>', 'how many servers, or a range to draw from', '3..5')
    .option('--json', 'print {"seeds","acked","failures",...}')
    .addHelpText(
      'after',
      examples('holdfast sim', 'holdfast sim --seeds 10000 --start 1', 'holdfast sim --seeds 1 --start 412'),
    )
    .action((options: SimCommandOptions) => {
      choose(async () => (await import('./commands/sim.js')).sim(options));
    });
}

function withAccount(command: Command): Command {
  return command
    .argument('<config>', 'config file')
    .requiredOption('--as <name>', 'account to log in to')
    .option('--password-file <file>', 'take its password from the first line of a file')
    .option('--take-over', 'if the account is logged in elsewhere, end that session');
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
