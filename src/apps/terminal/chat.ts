/**
 * One person's chat: connects, runs the menu until the person leaves, and leaves the terminal as it was found.
 *
 * Leaving logs off, so that the next login is not refused. Where that takes too long it is left to the server, which ends
 * a session's claim on the account with its connection.
 */
import type { Config } from '../../core/model/config.js';
import { limits } from '../../core/model/limits.js';
import { connect, HoldfastError, type Client, type GroupStore } from '../../library/node.js';
import { interruptedExitCode, onEndingSignal } from '../input/ending-signals.js';
import { printableLines } from '../output/printable.js';
import { ConnectionNews } from './connection-news.js';
import { LineScreen } from './line-screen.js';
import { Menu } from './menu.js';
import { PlainScreen } from './plain-screen.js';
import type { Screen, ScreenEvents } from './screen.js';

export interface ChatStreams {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

/** Returns the exit code. Fails with a `HoldfastError` where no server can be reached, unless a person can wait. */
export async function runChat(
  config: Config,
  groupStore: GroupStore,
  { input, output }: ChatStreams,
  isPlain: boolean,
): Promise<number> {
  const leaving = new Leaving();
  const canEdit = input.isTTY && output.isTTY && process.env['TERM'] !== 'dumb';
  try {
    const client = await connectPatiently(config, groupStore, output, canEdit, leaving.signal);
    if (client === undefined) return await leaving.asked;
    output.write('Connected to Server\n');
    const events: ScreenEvents = {
      onInterrupt: () => leaving.leave(interruptedExitCode),
      onEnd: () => leaving.leave(0),
    };
    const screen = isPlain || !canEdit ? new PlainScreen(input, output, events) : new LineScreen(input, output, events);
    return await chat(client, screen, leaving);
  } finally {
    leaving.stop();
  }
}

async function chat(client: Client, screen: Screen, leaving: Leaving): Promise<number> {
  const menu = new Menu(client, screen);
  const news = new ConnectionNews(client, screen);
  client.on('nameChanged', (names) => menu.nameChanged(names));
  client.on('sessionEnded', ({ message }) => menu.sessionEnded(message));
  try {
    return await Promise.race([menu.run().then(() => 0), leaving.asked]);
  } finally {
    menu.leave();
    news.stop();
    screen.close();
    if (menu.isLoggedIn && client.server !== undefined) await logoffInTime(client);
    await client.close();
  }
}

async function logoffInTime(client: Client): Promise<void> {
  const tooLong = setTimeout(() => void client.close(), limits.leaveMs);
  try {
    await client.logoff();
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
  } finally {
    clearTimeout(tooLong);
  }
}

/** Undefined where the person leaves before there is a server. A script is told that there is none; a person may wait. */
async function connectPatiently(
  config: Config,
  groupStore: GroupStore,
  output: NodeJS.WritableStream,
  mayWait: boolean,
  signal: AbortSignal,
): Promise<Client | undefined> {
  const tell = () => {
    if (mayWait) output.write('Trying to reach a server. Press ctrl-C to leave.\n');
  };
  for (let isFirst = true; ; isFirst = false) {
    const timer = isFirst ? setTimeout(tell, limits.commandNoticeMs) : undefined;
    try {
      return await connect(config, { groupStore, signal });
    } catch (error) {
      if (signal.aborted) return undefined;
      const waits = error instanceof HoldfastError && error.code === 'NO_SERVER' && mayWait;
      if (!waits) throw error;
      const lines = [...printableLines(error.message), 'Still trying.'];
      if (isFirst) output.write(`${lines.join('\n')}\n`);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The wish to leave, by a key or a signal. A second one does not wait for anything any more. */
class Leaving {
  /** Gives the exit code. */
  readonly asked: Promise<number>;
  /** Listens to signals no more. */
  readonly stop: () => void;
  readonly #abort = new AbortController();
  #exitCode: number | undefined;
  #settle: (exitCode: number) => void = () => {};

  constructor() {
    this.asked = new Promise((settle) => {
      this.#settle = settle;
    });
    this.stop = onEndingSignal((exitCode) => this.leave(exitCode));
  }

  /** Aborted when the person leaves. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  leave(exitCode: number): void {
    if (this.#exitCode !== undefined) process.exit(this.#exitCode);
    this.#exitCode = exitCode;
    this.#settle(exitCode);
    this.#abort.abort();
  }
}
