/**
 * A world for tests of a client: a clock that moves when told, chance from a seed, and a group of scripted servers on a
 * network in memory. Nothing happens but in {@link FakeGroup.advance}.
 *
 * The servers share what is durable: accounts of one user, sessions, messages, what was sent under which counter. Each can
 * be down, frozen or starting, and a test may answer any request itself.
 */
import { ByteWriter } from '../lib/byte-writer.js';
import { errorDefinitions, type ErrorCode } from '../model/errors.js';
import type { Dot } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { Clock } from '../ports/clock.js';
import type { Address, ConnectionId, Network, NetworkEvents } from '../ports/network.js';
import type { Random } from '../ports/random.js';
import { decode } from '../wire/codec.js';
import { encodeFrame, messageNameOfType, PUSH } from '../wire/frame.js';
import type { FrameName, MessageOf } from '../wire/message-types.js';
import { SEARCH_CAPABILITY } from '../wire/version.js';
import { FakeServer, statusOf, FakeConnection, type ReceivedFrame } from './fake-server.testing.js';
import { SeededRandom } from '../../sim/seeded-random.js';

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

const ORIGIN = 77;

export class FakeGroup {
  readonly servers: readonly FakeServer[];
  /** What the servers tell of the group. */
  members: MessageOf<'Members'>['members'];
  groupName = 'holdfast';
  readonly random: Random;
  readonly clock: Clock = { wallMs: () => Math.floor(1_700_000_000_000 + this.nowMs), monotonicMs: () => this.nowMs };
  readonly network: Network;
  nowMs = 0;
  /** Every frame that any server got, in order. */
  readonly frames: ReceivedFrame[] = [];
  /** Whom was dialled when. */
  readonly dials: { readonly server: number; readonly atMs: number }[] = [];
  /** What was sent, once for each counter. */
  readonly stored: { readonly to: string; readonly text: string; readonly counter: number; readonly id: Dot }[] = [];
  /** The stream of the user. */
  readonly stream: MessageOf<'Deliver'>[] = [];
  mark: readonly Dot[] = [];
  /** The name of the user as shown. */
  name = 'alice';
  formerName = '';
  isSessionOpen = false;
  isAccountDeleted = false;
  logins = 0;
  client: NetworkEvents | undefined;
  readonly #connections = new Map<ConnectionId, FakeConnection>();
  #queue: (() => void)[] = [];
  #timers: Timer[] = [];
  #unsent = new Map<ConnectionId, Uint8Array[]>();
  #latestConnection = 0;
  #turn = 0;

  constructor(serverCount: number, seed = 1) {
    this.servers = Array.from({ length: serverCount }, (_, index) => new FakeServer(index + 1));
    this.members = this.membersWith(...this.servers.map(({ id }) => id));
    this.random = new SeededRandom(seed);
    this.network = {
      dial: (address) => this.#dial(address),
      send: (connection, bytes) => this.#send(connection, bytes),
      backlogBytes: () => 0,
      close: (connection) => this.#queue.push(() => this.end(connection)),
    };
  }

  /** These servers as members. */
  membersWith(...ids: readonly number[]): MessageOf<'Members'>['members'] {
    return ids.map((id) => ({ server: id, ...this.servers[id - 1]!.address }));
  }

  server(id: number): FakeServer {
    const server = this.servers[id - 1];
    if (server === undefined) throw new Error(`There is no server ${id}.`);
    return server;
  }

  /** The connections that are open. */
  get connections(): FakeConnection[] {
    return [...this.#connections.values()];
  }

  /** The one connection of the client. */
  get connection(): FakeConnection {
    const [connection, ...others] = this.connections;
    if (connection === undefined || others.length > 0)
      throw new Error(`${this.connections.length} connections are open.`);
    return connection;
  }

  /** The requests of this name that servers got. */
  received(name: FrameName): ReceivedFrame[] {
    return this.frames.filter((frame) => frame.name === name);
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.nowMs + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Lets everything happen that is under way, without time passing; then what is due within the time, in order. */
  advance(forMs = 0): void {
    const endMs = this.nowMs + forMs;
    for (;;) {
      this.#deliver();
      const next = this.#timers.sort((one, other) => one.atMs - other.atMs)[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#timers.shift();
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.callback();
    }
    this.nowMs = endMs;
  }

  /** Stops the server: its connections break, and nobody gets through to it. */
  kill(server: FakeServer): void {
    server.state = 'down';
    for (const connection of this.connections) if (connection.server === server) this.end(connection.id);
  }

  /** The server is up again; one that was frozen reads what has arrived meanwhile. */
  revive(server: FakeServer): void {
    server.state = 'up';
    for (const connection of this.connections) {
      if (connection.server === server) this.#read(connection, connection.unread.splice(0));
    }
  }

  /** Ends a connection; the client learns of it. */
  end(id: ConnectionId): void {
    if (this.#connections.delete(id)) this.#queue.push(() => this.client?.closed(id));
  }

  /** A message arrives for the user: at once where there is a connection that waits for it. */
  deliver(text: string, origin = ORIGIN): void {
    const previousSeq = this.stream.findLast(({ message }) => message.id.origin === origin)?.message.id.seq ?? 0;
    const time = this.stream.length + 1;
    const id = { origin, seq: previousSeq + 2 };
    const message = {
      id,
      from: 'bob',
      to: 'alice',
      text,
      sentAtMs: time,
      time,
      fromDeleted: false,
      late: false,
      toDeleted: false,
    };
    const operation = { client: new Uint8Array(16).fill(7), counter: time };
    this.stream.push({ message, previousSeq, sender: { origin: ORIGIN, seq: 1 }, operation });
    for (const connection of this.connections) this.#push(connection);
  }

  send<Name extends FrameName>(
    connection: FakeConnection,
    name: Name,
    message: MessageOf<Name>,
    correlation: number,
  ): void {
    const writer = new ByteWriter();
    encodeFrame(writer, name, message, correlation);
    const bytes = writer.take();
    this.#queue.push(() => {
      if (this.#connections.has(connection.id)) this.client?.received(connection.id, bytes);
    });
  }

  fail(connection: FakeConnection, code: ErrorCode, correlation: number): void {
    const { number, text, mayHaveHappened, retry } = errorDefinitions[code];
    if (correlation === PUSH) connection.isEnding = true;
    const message = {
      code: number,
      message: text,
      mayHaveHappened,
      retry: ['never', 'later', 'elsewhere'].indexOf(retry),
    };
    this.send(connection, 'Failed', message, correlation);
  }

  #deliver(): void {
    for (;;) {
      const action = this.#queue.shift();
      if (action !== undefined) action();
      else if (this.#unsent.size > 0) this.#arrive();
      else return;
    }
  }

  #dial(address: Address): ConnectionId {
    const id = ++this.#latestConnection;
    const server = this.servers.find(({ address: { host, port } }) => host === address.host && port === address.port);
    if (server === undefined) throw new Error(`Nobody listens on ${address.host}:${address.port}.`);
    this.dials.push({ server: server.id, atMs: this.nowMs });
    this.#queue.push(() => {
      if (server.state === 'down') {
        this.client?.closed(id, 'refused');
        return;
      }
      this.#connections.set(id, new FakeConnection(id, server));
      this.client?.opened(id, 'dialled', 'tcp');
    });
    return id;
  }

  #send(connection: ConnectionId, bytes: Uint8Array): void {
    this.#unsent.set(connection, [...(this.#unsent.get(connection) ?? []), bytes]);
  }

  #arrive(): void {
    const unsent = this.#unsent;
    this.#unsent = new Map();
    this.#turn++;
    for (const [id, chunks] of unsent) {
      const connection = this.#connections.get(id);
      if (connection?.server.state === 'frozen') connection.unread.push(...chunks);
      else if (connection !== undefined) this.#read(connection, chunks);
    }
  }

  #read(connection: FakeConnection, chunks: readonly Uint8Array[]): void {
    for (const { type, correlation, body } of chunks.flatMap((bytes) => [...connection.decoder.feed(bytes)])) {
      if (connection.isEnding || !this.#connections.has(connection.id)) return;
      const name = messageNameOfType(type);
      if (name === undefined) throw new Error(`The client sent a frame of type ${type}.`);
      const message = decode(name, body) as Readonly<Record<string, unknown>>;
      const { id, server } = connection;
      const frame = { name, message, correlation, server: server.id, connection: id, turn: this.#turn };
      this.frames.push(frame);
      if (!server.intercept(frame, connection)) this.#answer(frame, connection);
    }
  }

  #answer({ name, message, correlation }: ReceivedFrame, connection: FakeConnection): void {
    if (name === 'Hello') {
      if (connection.server.state === 'starting') {
        this.fail(connection, 'STARTING', PUSH);
        this.#queue.push(() => this.end(connection.id));
      } else {
        connection.hasGreeted = true;
        this.send(connection, 'Welcome', this.welcome(connection.server), correlation);
      }
      return;
    }
    if (!connection.hasGreeted) return;
    const refusal = this.#refusalOf(name, connection);
    if (refusal !== undefined) this.fail(connection, refusal, correlation);
    else this.#carryOut(name, message, correlation, connection);
  }

  /** Of servers that are as old as this test says, none. */
  capabilities: readonly string[] = [SEARCH_CAPABILITY];

  /** What a server says to Hello. */
  welcome({ id }: FakeServer): MessageOf<'Welcome'> {
    return {
      version: 1,
      capabilities: this.capabilities,
      limits: {
        frameBytesBeforeLogin: limits.frameBytesBeforeLoginMax,
        frameBytes: limits.frameBytesMax,
        textBytes: limits.textBytesMax,
        requestsInFlight: limits.requestsInFlightMax,
        credit: limits.creditMax,
      },
      group: this.groupName,
      server: id,
      members: this.members,
      heartbeatMs: limits.clientHeartbeatMs,
      silenceMs: limits.clientSilenceMs,
      serverTimeMs: this.clock.wallMs(),
    };
  }

  #refusalOf(name: FrameName, connection: FakeConnection): ErrorCode | undefined {
    if (name === 'Resume') {
      if (this.isAccountDeleted) return 'ACCOUNT_DELETED';
      return this.isSessionOpen ? undefined : 'SESSION_UNKNOWN';
    }
    const needsSession = [
      'Send',
      'Receive',
      'LogOff',
      'DeleteAccount',
      'MarkDelivered',
      'ReadHistory',
      'Search',
    ].includes(name);
    return needsSession && !connection.attached ? 'NOT_LOGGED_IN' : undefined;
  }

  #carryOut(name: FrameName, message: ReceivedFrame['message'], correlation: number, connection: FakeConnection): void {
    const storedOn = { copies: 3, members: 3 };
    const reply = <Name extends FrameName>(reply: Name, value: MessageOf<Name>) =>
      this.send(connection, reply, value, correlation);
    switch (name) {
      case 'Ping':
        reply('Pong', {});
        break;
      case 'CreateAccount':
        reply('AccountCreated', { account: account, name: String(message['name']).toLowerCase(), storedOn });
        break;
      case 'Login':
        this.logins++;
        this.isSessionOpen = true;
        connection.attached = true;
        reply('LoggedIn', this.loggedIn());
        break;
      case 'Resume':
        connection.attached = true;
        reply('Resumed', { name: this.name, formerName: this.formerName });
        break;
      case 'LogOff':
        this.isSessionOpen = false;
        connection.attached = false;
        reply('LoggedOff', {});
        break;
      case 'DeleteAccount':
        this.isSessionOpen = false;
        this.isAccountDeleted = true;
        connection.attached = false;
        reply('AccountDeleted', { storedOn });
        break;
      case 'Send': {
        const { id } = this.store(message as unknown as MessageOf<'Send'>);
        reply('Sent', { id, sentAtMs: 1, time: id.seq, storedOn });
        break;
      }
      case 'MarkDelivered':
        this.mark = (message as unknown as MessageOf<'MarkDelivered'>).cursor;
        reply('Marked', {});
        break;
      case 'ListAccounts':
        reply('AccountList', { names: ['alice', 'bob'], more: false });
        break;
      case 'ReadHistory':
        reply('History', { messages: this.stream.map((delivery) => delivery.message).toReversed(), more: false });
        break;
      case 'Search':
        reply('Found', { messages: [], more: false });
        break;
      case 'AskStatus':
        reply('Status', statusOf(connection.server));
        break;
      case 'Receive': {
        const { cursor, credit } = message as unknown as MessageOf<'Receive'>;
        const has = (id: Dot) => cursor.some(({ origin, seq }) => origin === id.origin && seq >= id.seq);
        connection.pushed = this.stream.findIndex((delivery) => !has(delivery.message.id));
        if (connection.pushed < 0) connection.pushed = this.stream.length;
        connection.credit = credit;
        connection.isReceiving = true;
        reply('Receiving', {});
        this.#push(connection);
        break;
      }
      case 'Credit':
        connection.credit += Number(message['credit']);
        this.#push(connection);
        break;
      default:
    }
  }

  loggedIn(): MessageOf<'LoggedIn'> {
    return {
      account,
      name: this.name,
      session: { origin: ORIGIN, seq: 1000 + this.logins },
      token: Uint8Array.of(1, 2, 3, this.logins),
      waiting: [],
      delivered: this.mark,
      storedOn: { copies: 3, members: 3 },
      formerName: this.formerName,
    };
  }

  /** Stores a send, once for each counter. */
  store({ to, text, counter }: MessageOf<'Send'>): { readonly id: Dot } {
    const known = this.stored.find((send) => send.counter === counter);
    if (known !== undefined) return known;
    const send = { to, text, counter, id: { origin: ORIGIN + 1, seq: this.stored.length + 1 } };
    this.stored.push(send);
    return send;
  }

  #push(connection: FakeConnection): void {
    if (!connection.isReceiving || connection.server.state !== 'up') return;
    const before = connection.pushed;
    while (connection.credit > 0 && connection.pushed < this.stream.length) {
      this.send(connection, 'Deliver', this.stream[connection.pushed]!, PUSH);
      connection.credit--;
      connection.pushed++;
    }
    const isLive = connection.pushed === this.stream.length;
    if (isLive && (before < connection.pushed || before === this.stream.length))
      this.send(connection, 'Live', {}, PUSH);
  }
}

const account: Dot = { origin: ORIGIN, seq: 999 };
