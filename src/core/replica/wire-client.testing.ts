/**
 * A client of a made world that speaks the protocol frame by frame, and does nothing by itself: no reconnecting, no
 * resending, and no answer to Ping unless told to. A test says what it sends, and sees all that it gets.
 */
import { ByteWriter } from '../lib/byte-writer.js';
import { errorCodeOf, type ErrorCode } from '../model/errors.js';
import { limits } from '../model/limits.js';
import type { Address, ConnectionId } from '../ports/network.js';
import type { MemoryHost } from '../../sim/network.js';
import { decode } from '../wire/codec.js';
import { encodeFrame, FrameDecoder, messageNameOfType, preface, PUSH, type Frame } from '../wire/frame.js';
import type { FrameName, MessageOf } from '../wire/message-types.js';
import { spokenVersions } from '../wire/version.js';

const replyNames = {
  Hello: 'Welcome',
  CreateAccount: 'AccountCreated',
  Login: 'LoggedIn',
  Resume: 'Resumed',
  LogOff: 'LoggedOff',
  DeleteAccount: 'AccountDeleted',
  ListAccounts: 'AccountList',
  Send: 'Sent',
  Receive: 'Receiving',
  MarkDelivered: 'Marked',
  ReadHistory: 'History',
  Search: 'Found',
  AskStatus: 'Status',
  Ping: 'Pong',
} as const;

export type AskName = keyof typeof replyNames;
export type ReplyTo<N extends AskName> = MessageOf<(typeof replyNames)[N]>;

/** What became of one request. */
export class Reply<N extends AskName> {
  message: ReplyTo<N> | undefined;
  failed: ErrorCode | undefined;
  /** Of a failure that the server told. */
  mayHaveHappened: boolean | undefined;

  get isThere(): boolean {
    return this.message !== undefined || this.failed !== undefined;
  }

  /** `waiting`, `done`, or the code of the failure. */
  get outcome(): string {
    return this.failed ?? (this.message === undefined ? 'waiting' : 'done');
  }
}

export class WireClient {
  readonly host: MemoryHost;
  readonly delivered: MessageOf<'Deliver'>[] = [];
  /** `Live` was pushed so many times. */
  lives = 0;
  sessionEnded: ErrorCode | undefined;
  sessionEndedText = '';
  readonly nameChanges: MessageOf<'NameChanged'>[] = [];
  /** The server has asked to go on with another. */
  isToMoveOn = false;
  /** The lists of members that were pushed. */
  readonly members: MessageOf<'Members'>['members'][] = [];
  /** Why the server closed the connection, where it said so. */
  closedWith: ErrorCode | undefined;
  isConnected = false;
  answersPings = true;
  #connection: ConnectionId = 0;
  #decoder!: FrameDecoder;
  #latestCorrelation: number = PUSH;
  readonly #waiting = new Map<number, { readonly name: AskName; readonly reply: Reply<AskName> }>();

  constructor(host: MemoryHost) {
    this.host = host;
    host.events = {
      opened: () => undefined,
      received: (id, bytes) => {
        if (id !== this.#connection) return;
        for (const frame of this.#decoder.feed(bytes)) this.#take(frame);
      },
      drained: () => undefined,
      closed: (id) => {
        if (id !== this.#connection) return;
        this.isConnected = false;
        for (const { reply } of this.#waiting.values()) reply.failed = 'CONNECTION_LOST';
        this.#waiting.clear();
      },
    };
  }

  /** Dials, and says Hello. */
  connect(address: Address, versions: { versionMin: number; versionMax: number } = spokenVersions): Reply<'Hello'> {
    this.dial(address);
    return this.request('Hello', { ...versions, capabilities: [], software: 'test' });
  }

  /** Dials, and sends what a connection begins with. */
  dial(address: Address): void {
    if (this.isConnected) this.close();
    this.isConnected = true;
    this.closedWith = undefined;
    this.sessionEnded = undefined;
    this.isToMoveOn = false;
    this.#decoder = new FrameDecoder({ bodyBytesMax: limits.clientFrameBytesMax, expectsPreface: false });
    this.#connection = this.host.dial(address);
    this.host.send(this.#connection, preface.slice());
  }

  close(): void {
    this.host.close(this.#connection);
    this.isConnected = false;
  }

  request<N extends AskName>(name: N, message: MessageOf<N>): Reply<N> {
    const reply = new Reply<N>();
    this.#latestCorrelation += 1;
    this.#waiting.set(this.#latestCorrelation, { name, reply: reply });
    this.send(name, message, this.#latestCorrelation);
    return reply;
  }

  send<N extends FrameName>(name: N, message: MessageOf<N>, correlation: number = PUSH): void {
    const writer = new ByteWriter();
    encodeFrame(writer, name, message, correlation);
    this.sendBytes(writer.take());
  }

  sendBytes(bytes: Uint8Array): void {
    this.host.send(this.#connection, bytes);
  }

  #take(frame: Frame): void {
    const name = messageNameOfType(frame.type);
    // Messages are kept, and the bytes are overwritten.
    const body = frame.body.slice();
    const waiting = frame.correlation === PUSH ? undefined : this.#waiting.get(frame.correlation);
    if (waiting !== undefined) {
      this.#waiting.delete(frame.correlation);
      if (name === 'Failed') {
        const { code, mayHaveHappened } = decode('Failed', body);
        waiting.reply.failed = errorCodeOf(code)!;
        waiting.reply.mayHaveHappened = mayHaveHappened;
      } else if (name === replyNames[waiting.name]) waiting.reply.message = decode(name, body);
      else throw new Error(`${waiting.name} was answered with ${name}.`);
      return;
    }
    if (name === 'Deliver') this.delivered.push(decode(name, body));
    else if (name === 'Live') this.lives += 1;
    else if (name === 'SessionEnded') {
      const { code, message } = decode(name, body);
      this.sessionEnded = errorCodeOf(code)!;
      this.sessionEndedText = message;
    } else if (name === 'MoveOn') this.isToMoveOn = true;
    else if (name === 'NameChanged') this.nameChanges.push(decode(name, body));
    else if (name === 'Members') this.members.push(decode(name, body).members);
    else if (name === 'Failed') this.closedWith = errorCodeOf(decode(name, body).code)!;
    else if (name === 'Ping' && this.answersPings) this.send('Pong', {}, frame.correlation);
  }
}
