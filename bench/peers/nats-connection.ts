/** A connection to NATS: its text protocol, as much of it as a load generator needs. */
import type { Place } from '../support/person.js';
import { TurnSocket } from './turn-socket.js';

const LF = 10;
const ASK_PATIENCE_MS = 20_000;

/** Is given the body of each message of a subscription. */
type Take = (body: string) => void;

export class NatsConnection {
  readonly #inbox: string;
  readonly #failed: (reason: string) => void;
  readonly #takes: Take[] = [];
  #socket: TurnSocket | undefined;
  #answered: Take = () => undefined;

  /** @param name distinguishes it from all other connections; subjects of its own begin with it. */
  constructor(name: string, failed: (reason: string) => void) {
    this.#inbox = `answers.${name}`;
    this.#failed = failed;
  }

  async open(place: Place): Promise<void> {
    this.#socket = await TurnSocket.open(place, { data: (bytes) => this.#read(bytes), failed: this.#failed });
    this.#socket.write('CONNECT {"verbose":false,"pedantic":false}\r\n');
    this.subscribe(this.#inbox, (body) => this.#answered(body));
  }

  subscribe(subject: string, take: Take): void {
    const id = this.#takes.push(take) - 1;
    this.#socket!.write(`SUB ${subject} ${id}\r\n`);
  }

  /** @param answerTo the subject that gets the answer */
  publish(subject: string, answerTo: string, body: string): void {
    this.#socket!.write(`PUB ${subject} ${answerTo} ${body.length}\r\n${body}\r\n`);
  }

  /**
   * A request of JetStream's API, one at a time.
   *
   * @throws Error where it is refused, or not answered in time
   */
  async ask(subject: string, request: object, patienceMs = ASK_PATIENCE_MS): Promise<void> {
    const answer = await new Promise<string>((resolve, reject) => {
      const impatient = setTimeout(() => reject(new Error(`NATS does not answer ${subject}.`)), patienceMs);
      this.#answered = (body) => {
        clearTimeout(impatient);
        resolve(body);
      };
      this.publish(`$JS.API.${subject}`, this.#inbox, JSON.stringify(request));
    });
    const { error } = JSON.parse(answer) as { error?: { description: string } };
    if (error !== undefined) throw new Error(`NATS refuses ${subject}: ${error.description}`);
  }

  async close(): Promise<void> {
    await this.#socket?.close();
  }

  #read(bytes: Buffer): number {
    let used = 0;
    for (;;) {
      const lineEnd = bytes.indexOf(LF, used);
      if (lineEnd === -1) return used;
      const line = bytes.toString('latin1', used, lineEnd - 1);
      if (line.startsWith('MSG ')) {
        const end = lineEnd + 1 + Number(line.slice(line.lastIndexOf(' ') + 1));
        if (bytes.length < end + 2) return used;
        const idStart = line.indexOf(' ', 4) + 1;
        this.#takes[Number(line.slice(idStart, line.indexOf(' ', idStart)))]!(
          bytes.toString('latin1', lineEnd + 1, end),
        );
        used = end + 2;
      } else {
        this.#control(line);
        used = lineEnd + 1;
      }
    }
  }

  #control(line: string): void {
    if (line === 'PING') this.#socket!.write('PONG\r\n');
    else if (line.startsWith('-ERR')) this.#failed(line);
  }
}
