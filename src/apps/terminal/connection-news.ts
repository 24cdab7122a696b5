/**
 * Tells the person at the chat what becomes of its connection: that a server was lost or left, which one is next, and once,
 * after a while without any, what happened at each and that the chat goes on trying.
 */
import { errorDefinitions } from '../../core/model/errors.js';
import { limits } from '../../core/model/limits.js';
import { failedTryLines } from '../../library/errors.js';
import type { Client } from '../../library/node.js';
import { leftText } from '../output/left-text.js';
import { printable, printableLines } from '../output/printable.js';
import type { Screen } from './screen.js';

/** What of the library's client this listens to. */
export type WatchedClient = Pick<Client, 'on' | 'server' | 'failedTries'>;

export class ConnectionNews {
  readonly #client: WatchedClient;
  readonly #screen: Pick<Screen, 'print'>;
  readonly #stopListening: () => void;
  /** Runs out where there is no connection for a while. */
  #timer: NodeJS.Timeout | undefined;
  /** While writes wait, the client goes from server to server by itself; that would be told again and again. */
  #writesWait = false;
  /** It was told that there is no server, and not yet that there is one again. */
  #isWithout = false;

  constructor(client: WatchedClient, screen: Pick<Screen, 'print'>) {
    this.#client = client;
    this.#screen = screen;
    let { server } = client;
    const stops = [
      client.on('connected', (event) => {
        server = event.server;
        this.#connected(server.id);
      }),
      client.on('disconnected', ({ code }) => this.#disconnected(code, server?.id)),
      client.on('writesWait', ({ message }) => {
        this.#writesWait = true;
        screen.print(`${printable(message)} It is kept, and tried again until there are enough.`);
      }),
      client.on('writesGoOn', () => {
        this.#writesWait = false;
      }),
    ];
    this.#stopListening = () => stops.forEach((stop) => stop());
  }

  /** Nothing is told any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#stopListening();
  }

  #connected(server: number): void {
    clearTimeout(this.#timer);
    if (!this.#writesWait || this.#isWithout) this.#screen.print(`Connected to Server ${server}.`);
    this.#isWithout = false;
  }

  #disconnected(code: string, server: number | undefined): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tellOfNone(), limits.chatNoServerMs);
    if (this.#writesWait) return;
    this.#screen.print(leftText(code, server));
  }

  #tellOfNone(): void {
    this.#isWithout = true;
    const tries = failedTryLines(this.#client.failedTries);
    this.#screen.print(
      ...printableLines([errorDefinitions.NO_SERVER.text, ...tries].join('\n')),
      'Still trying. Press ctrl-C to leave.',
    );
  }
}
