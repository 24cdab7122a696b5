/**
 * The cheapest client that keeps to the protocol: frames on a socket and the codec, no promise for a message and no memory
 * of it. It takes as little as possible of the machine that it shares with the servers. It sends delivery marks and
 * credit as the library does; it does not fail over.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';

import { ByteWriter } from '#src/core/lib/byte-writer.js';
import { errorDefinitions } from '#src/core/model/errors.js';
import { limits } from '#src/core/model/limits.js';
import { Vector } from '#src/core/model/vector.js';
import { decode } from '#src/core/wire/codec.js';
import { encodeFrame, FrameDecoder, messageNameOfType, preface, type Frame } from '#src/core/wire/frame.js';
import type { FrameName, MessageOf } from '#src/core/wire/message-types.js';
import { spokenVersions } from '#src/core/wire/version.js';
import { PASSWORD, type Person, type PersonEvents, type Place } from './person.js';

/** Correlation ids from here on are of requests that are not sends; a send has its number. */
const FIRST_OTHER_CORRELATION = 2 ** 31;
const CREDIT_STEP = limits.clientWindow / 2;

/** What outlives a connection, so that the next one of the same person need not wait for the hash of the password. */
interface Session {
  readonly credentials: Pick<MessageOf<'Resume'>, 'account' | 'session' | 'token'>;
  /** Names the sends, with a counter. */
  readonly client: Uint8Array;
  lastCounter: number;
  readonly received: Vector;
}

/** Sessions by name of the account. */
export type Sessions = Map<string, Session>;

/** Resumes the session that is known by this name; else makes an account and logs in. */
export async function makeFramePerson(
  server: Place,
  name: string,
  events: PersonEvents,
  sessions: Sessions,
): Promise<Person> {
  const socket = connectSocket(server);
  socket.setNoDelay(true);
  await once(socket, 'connect');
  const person = new FramePerson(socket, events);
  sessions.set(name, await person.open(name, sessions.get(name)));
  return person;
}

class FramePerson implements Person {
  readonly #socket: Socket;
  readonly #events: PersonEvents;
  readonly #writer = new ByteWriter();
  readonly #decoder = new FrameDecoder({ bodyBytesMax: limits.clientFrameBytesMax, expectsPreface: false });
  #session: Session | undefined;
  /** The counter of a send is its number and this. */
  #countersBefore = 0;
  readonly #waiting = new Map<number, (frame: Frame) => void>();
  #lastCorrelation = FIRST_OTHER_CORRELATION;
  #isScheduled = false;
  #isClosing = false;
  #unreportedCredit = 0;
  #hasUnmarked = false;
  readonly #marking: NodeJS.Timeout;

  constructor(socket: Socket, events: PersonEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#writer.bytes(preface);
    socket.on('data', (bytes) => {
      for (const frame of this.#decoder.feed(bytes)) this.#take(frame);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(this.#marking);
      if (!this.#isClosing) events.failed('a connection broke');
    });
    this.#marking = setInterval(() => this.#mark(), limits.clientMarkEveryMs);
  }

  async open(name: string, known: Session | undefined): Promise<Session> {
    await this.#ask('Hello', { ...spokenVersions, capabilities: [], software: 'bench' });
    const session = known ?? (await this.#logIn(name));
    if (known !== undefined) await this.#ask('Resume', { ...known.credentials, latestTime: 0 });
    this.#session = session;
    this.#countersBefore = session.lastCounter;
    await this.#ask('Receive', { cursor: session.received.entries(), credit: limits.clientWindow });
    return session;
  }

  send(to: string, text: string, number: number): void {
    const counter = this.#countersBefore + number;
    this.#session!.lastCounter = counter;
    encodeFrame(this.#writer, 'Send', { to, text, counter }, number);
    this.#schedule();
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    const closed = once(this.#socket, 'close');
    this.#socket.destroy();
    await closed;
  }

  async #logIn(name: string): Promise<Session> {
    const account = { name, password: PASSWORD };
    const client = randomBytes(16);
    await this.#ask('CreateAccount', { ...account, operation: { client, counter: 1 } }, ['NAME_TAKEN']);
    const { body } = await this.#ask('Login', { ...account, operation: { client, counter: 2 }, takeOver: true });
    const { delivered, account: dot, session, token } = decode('LoggedIn', body);
    const received = new Vector();
    for (const { origin, seq } of delivered) received.raise(origin, seq);
    return { credentials: { account: dot, session, token }, client, lastCounter: 2, received };
  }

  async #ask<N extends FrameName>(name: N, request: MessageOf<N>, allowed: readonly string[] = []): Promise<Frame> {
    this.#lastCorrelation += 1;
    const correlation = this.#lastCorrelation;
    encodeFrame(this.#writer, name, request, correlation);
    this.#schedule();
    const frame = await new Promise<Frame>((resolve) => this.#waiting.set(correlation, resolve));
    if (messageNameOfType(frame.type) !== 'Failed') return frame;
    const { code, message } = decode('Failed', frame.body);
    if (allowed.every((each) => errorDefinitions[each as keyof typeof errorDefinitions].number !== code)) {
      throw new Error(`${name} failed: ${message}`);
    }
    return frame;
  }

  #take(frame: Frame): void {
    const name = messageNameOfType(frame.type);
    if (frame.correlation >= FIRST_OTHER_CORRELATION) {
      this.#waiting.get(frame.correlation)?.({ ...frame, body: frame.body.slice() });
      this.#waiting.delete(frame.correlation);
    } else if (name === 'Sent') {
      this.#events.acked(frame.correlation);
    } else if (name === 'Deliver') {
      const { message } = decode('Deliver', frame.body);
      this.#session!.received.raise(message.id.origin, message.id.seq);
      this.#hasUnmarked = true;
      this.#grant();
      this.#events.received(message.from, message.text);
    } else if (name === 'Failed') {
      this.#events.failed(decode('Failed', frame.body).message);
    }
  }

  #grant(): void {
    this.#unreportedCredit += 1;
    if (this.#unreportedCredit < CREDIT_STEP) return;
    encodeFrame(this.#writer, 'Credit', { credit: this.#unreportedCredit }, 0);
    this.#unreportedCredit = 0;
    this.#schedule();
  }

  #mark(): void {
    this.#lastCorrelation += 1;
    if (this.#hasUnmarked) {
      encodeFrame(this.#writer, 'MarkDelivered', { cursor: this.#session!.received.entries() }, this.#lastCorrelation);
    } else encodeFrame(this.#writer, 'Ping', {}, this.#lastCorrelation);
    this.#hasUnmarked = false;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (!this.#socket.destroyed) this.#socket.write(this.#writer.take());
    });
  }
}
