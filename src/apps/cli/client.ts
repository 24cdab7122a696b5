/** The client of a one-shot command: it connects, does its work, and is gone. */
import type { Config } from '../../core/model/config.js';
import { errorDefinitions, type ErrorCode } from '../../core/model/errors.js';
import { limits } from '../../core/model/limits.js';
import { failedTryLines } from '../../library/errors.js';
import { connect, HoldfastError, type Client } from '../../library/node.js';
import { onEndingSignal } from '../input/ending-signals.js';
import { leftText } from '../output/left-text.js';
import { nameChangedLines } from '../output/message-text.js';
import { printable } from '../output/printable.js';
import { checkName } from './check-name.js';
import { CommandFailed } from './command-failed.js';
import { writeNote } from './console.js';
import { keptGroup } from './kept-group.js';
import { loadConfig } from './load-config.js';
import { readPassword, type PasswordSource } from './password.js';

/** Whose session a command works in, and where its password is. */
export interface AccountOptions extends PasswordSource {
  readonly as: string;
  /** End the account's oldest session elsewhere where there is one too many. */
  readonly takeOver?: true;
}

interface Patience {
  /**
   * Whether to go on for as long as it takes where no server can be reached. Others give up after a while: what runs a
   * script wants an answer.
   */
  readonly isEndless?: boolean;
}

/** Connects, does the work, and closes, whatever happens. */
export async function withClient(
  config: Config,
  work: (client: Client) => Promise<void>,
  { isEndless = false }: Patience = {},
): Promise<void> {
  const client = await connectAloud(config);
  try {
    const patience = new ReconnectPatience(client, isEndless ? Infinity : limits.commandReconnectMs);
    // Closed first, so that the server learns what was received.
    const stopListening = onEndingSignal((exitCode) => void client.close().finally(() => process.exit(exitCode)));
    try {
      await work(client);
    } catch (error) {
      throw patience.failure ?? error;
    } finally {
      patience.stop();
      await client.close();
      stopListening();
    }
  } catch (error) {
    throw error instanceof HoldfastError ? commandFailed(error) : error;
  }
}

/** Connects. A person at a terminal is told if it takes a while. */
async function connectAloud(config: Config): Promise<Client> {
  const tell = () => {
    if (process.stderr.isTTY) writeNote('Trying to reach a server.');
  };
  const timer = setTimeout(tell, limits.commandNoticeMs);
  try {
    return await connect(config, { groupStore: keptGroup(config) });
  } catch (error) {
    throw error instanceof HoldfastError ? new CommandFailed(whyNotConnected(error), error.message) : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Where every server answers and none is of this group, waiting for a server does not help. */
function whyNotConnected({ code, failedTries }: HoldfastError): ErrorCode {
  const isGroupWrong = failedTries.length > 0 && failedTries.every((failed) => failed.code === 'GROUP_MISMATCH');
  return isGroupWrong ? 'GROUP_MISMATCH' : code;
}

/** Does the work in a session that is opened for it and ended after it. */
export async function withSession(
  configPath: string,
  options: AccountOptions,
  work: (client: Client) => Promise<void>,
  patience?: Patience,
): Promise<void> {
  checkName(options.as);
  const { config } = await loadConfig(configPath);
  const password = await readPassword(options, `Password for ${printable(options.as)}: `);
  const inSession = async (client: Client) => {
    await login(client, options, password);
    try {
      await work(client);
    } finally {
      await endSession(client);
    }
  };
  await withClient(config, inSession, patience);
}

async function login(client: Client, options: AccountOptions, password: string): Promise<void> {
  try {
    const { name, formerName } = await client.login(options.as, password, { takeOver: options.takeOver === true });
    if (formerName !== undefined) noteNameChange({ name, formerName });
    client.on('nameChanged', noteNameChange);
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== 'LOGGED_IN_ELSEWHERE') throw error;
    throw new CommandFailed(error.code, `${error.message} With --take-over, this command ends that session.`);
  }
}

function noteNameChange(names: { readonly name: string; readonly formerName: string }): void {
  for (const line of nameChangedLines(names)) writeNote(line);
}

/** A session that cannot be ended now does no harm: without its connection it does not count. */
async function endSession(client: Client): Promise<void> {
  if (client.session === undefined) return;
  await client.logoff().catch((error: unknown) => {
    if (!(error instanceof HoldfastError)) throw error;
  });
}

function commandFailed({ code, message, mayHaveHappened }: HoldfastError): CommandFailed {
  return new CommandFailed(code, mayHaveHappened ? `${message} It may have been carried out all the same.` : message);
}

/**
 * Tells of lost connections, and closes the client where none is regained in time, or where too few servers are reached to
 * store what is to be stored. The client then goes from one to the other, and of that nothing is told.
 */
class ReconnectPatience {
  readonly #client: Client;
  readonly #limitMs: number;
  readonly #stopListening: () => void;
  #timer: NodeJS.Timeout | undefined;
  /** Why too few servers hold what is to be stored; undefined where there are enough. */
  #lackOfCopies: string | undefined;
  /** Why the client was closed; undefined where it was not. */
  failure: CommandFailed | undefined;

  constructor(client: Client, limitMs: number) {
    this.#client = client;
    this.#limitMs = limitMs;
    let id = client.server?.id;
    const stops = [
      client.on('disconnected', ({ code }) => {
        if (this.#lackOfCopies !== undefined) return;
        writeNote(leftText(code, id));
        // Also of a server that cannot search: until there is another, there is none.
        this.#startTimer();
      }),
      client.on('connected', ({ server }) => {
        id = server.id;
        if (this.#lackOfCopies !== undefined) return;
        clearTimeout(this.#timer);
        writeNote(`Connected to server ${server.id}.`);
      }),
      client.on('writesWait', ({ message }) => {
        this.#lackOfCopies = message;
        writeNote(`${printable(message)} Trying again.`);
        this.#startTimer();
      }),
      client.on('writesGoOn', () => {
        this.#lackOfCopies = undefined;
        clearTimeout(this.#timer);
      }),
    ];
    this.#stopListening = () => stops.forEach((stop) => stop());
  }

  #failureNow(): CommandFailed {
    const gaveUp = `Gave up after ${this.#limitMs / 1000} seconds. It may have been carried out all the same.`;
    if (this.#lackOfCopies !== undefined) {
      return new CommandFailed('NOT_ENOUGH_COPIES', `${this.#lackOfCopies} ${gaveUp}`);
    }
    const tries = failedTryLines(this.#client.failedTries);
    return new CommandFailed('NO_SERVER', [`${errorDefinitions.NO_SERVER.text} ${gaveUp}`, ...tries].join('\n'));
  }

  #startTimer(): void {
    clearTimeout(this.#timer);
    if (this.#limitMs === Infinity) return;
    this.#timer = setTimeout(() => {
      this.failure = this.#failureNow();
      void this.#client.close();
    }, this.#limitMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stopListening();
  }
}
