/**
 * One connection of a client to one server, from dialling to its end: the frames of the protocol on a byte stream, the
 * time a server has for its Welcome, and heartbeats. It knows nothing of sessions and requests.
 *
 * Hello goes out as soon as the stream is open, and anything may follow it without waiting. It names one capability that
 * does not exist, so that servers stay used to ignoring those that they do not know.
 */
import { ByteWriter } from '../lib/byte-writer.js';
import { limits } from '../model/limits.js';
import type { Clock } from '../ports/clock.js';
import type { Address, ConnectionId, Network, Transport } from '../ports/network.js';
import type { Random } from '../ports/random.js';
import { decode } from '../wire/codec.js';
import {
  beginFrame,
  encodeFrame,
  endFrame,
  FLAG_IGNORABLE,
  FrameDecoder,
  messageNameOfType,
  preface,
  PUSH,
  typeOf,
  type Frame,
} from '../wire/frame.js';
import type { FrameName, MessageOf } from '../wire/message-types.js';
import { spokenVersions } from '../wire/version.js';
import { WireFault } from '../wire/wire-fault.js';
import { clientFailure, type ClientFailure } from './failures.js';
import { Heartbeat } from './heartbeat.js';
import { requestKinds, type ReplyName } from './requests.js';

export interface ClientWorld {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
}

const pushes = [
  'Welcome',
  'Ping',
  'Pong',
  'Failed',
  'Resumed',
  'Receiving',
  'Deliver',
  'Live',
  'SessionEnded',
  'MoveOn',
  'NameChanged',
  'Members',
] as const;
const expectedNames: ReadonlySet<FrameName> = new Set<FrameName>([
  ...pushes,
  ...Object.values(requestKinds).map(({ reply }) => reply),
]);
type IncomingName = (typeof pushes)[number] | ReplyName;

/** A frame from the server: one member for each kind that a client expects. */
export type Incoming = {
  readonly [Name in IncomingName]: {
    readonly name: Name;
    readonly message: MessageOf<Name>;
    readonly correlation: number;
  };
}[IncomingName];

const CORRELATION_MAX = 2 ** 32 - 1;

export class Connection {
  readonly id: ConnectionId;
  readonly address: Address;
  readonly #world: ClientWorld;
  readonly #decoder = new FrameDecoder({ bodyBytesMax: limits.clientFrameBytesMax, expectsPreface: false });
  readonly #writer = new ByteWriter();
  /** When the server is given up unless it has sent Welcome. */
  readonly #welcomeByMs: number;
  #latestCorrelation = 0;
  #helloCorrelation = 0;
  #isOpen = false;
  #hasEnded = false;
  #heartbeat: Heartbeat | undefined;

  /** Dials. The server has so long to its Welcome. */
  constructor(world: ClientWorld, address: Address, patienceMs: number) {
    this.#world = world;
    this.address = address;
    this.#welcomeByMs = world.clock.monotonicMs() + patienceMs;
    this.id = world.network.dial(address);
  }

  /** Frames may be sent: the stream is open. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The server has answered Hello. */
  get isWelcomed(): boolean {
    return this.#heartbeat !== undefined;
  }

  opened(transport: Transport, software: string): void {
    this.#isOpen = true;
    if (transport === 'tcp') this.#world.network.send(this.id, preface.slice());
    const unknown = [...this.#world.random.randomBytes(4)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const capabilities = [`x-${unknown}`];
    const hello = { ...spokenVersions, capabilities, software };
    this.#helloCorrelation = this.request('Hello', hello);
  }

  welcomed(heartbeatMs: number): void {
    this.#heartbeat = new Heartbeat(this.#world.clock.monotonicMs(), heartbeatMs);
  }

  /** Sends what is to be answered, and returns the correlation id of the answer. */
  request<Name extends FrameName>(name: Name, message: MessageOf<Name>): number {
    const correlation = this.#nextCorrelation();
    this.send(name, message, correlation);
    return correlation;
  }

  send<Name extends FrameName>(name: Name, message: MessageOf<Name>, correlation: number): void {
    encodeFrame(this.#writer, name, message, correlation);
    this.#send(this.#writer.take());
  }

  /** A failure under this correlation id is one of the connection itself. */
  isOwn(correlation: number): boolean {
    return correlation === PUSH || correlation === this.#helloCorrelation;
  }

  /** Sends a body that was encoded before, and returns the correlation id of the answer. */
  requestEncoded(name: FrameName, body: Uint8Array): number {
    const correlation = this.#nextCorrelation();
    const start = beginFrame(this.#writer, { type: typeOf(name), correlation });
    this.#writer.bytes(body);
    endFrame(this.#writer, start);
    this.#send(this.#writer.take());
    return correlation;
  }

  /**
   * Takes the frames out of the bytes, one after the other. Returns why the connection cannot go on where the server
   * broke the protocol.
   */
  received(bytes: Uint8Array, handle: (incoming: Incoming) => void): ClientFailure | undefined {
    this.#heartbeat?.heard(this.#world.clock.monotonicMs());
    try {
      for (const frame of this.#decoder.feed(bytes)) {
        const incoming = readFrame(frame);
        if (incoming === 'unexpected') return clientFailure('OUT_OF_ORDER', 'The server sent what no client expects.');
        if (incoming !== 'unknown') handle(incoming);
        if (this.#hasEnded) return undefined;
      }
    } catch (error) {
      if (!(error instanceof WireFault)) throw error;
      return clientFailure(error.code, `The server broke the protocol: ${error.message}`);
    }
    return undefined;
  }

  /** Whether an answer is waited for; a server that says nothing meanwhile is suspected. */
  waits(isWaiting: boolean): void {
    this.#heartbeat?.waits(this.#world.clock.monotonicMs(), isWaiting);
  }

  /** Sends Ping if it is time; returns why the connection is given up, where it is. */
  tick(): ClientFailure | undefined {
    const nowMs = this.#world.clock.monotonicMs();
    if (this.#heartbeat === undefined) {
      return nowMs < this.wakeAtMs ? undefined : clientFailure('CONNECTION_LOST', 'The server did not answer.');
    }
    const verdict = this.#heartbeat.check(nowMs);
    if (verdict === 'lost') return clientFailure('CONNECTION_LOST', 'The server has gone silent.');
    if (verdict === 'ping') this.request('Ping', {});
    return undefined;
  }

  get wakeAtMs(): number {
    return this.#heartbeat?.wakeAtMs ?? this.#welcomeByMs;
  }

  /** Nothing that arrives after this is read. */
  close(): void {
    this.#hasEnded = true;
    this.#world.network.close(this.id);
  }

  #nextCorrelation(): number {
    this.#latestCorrelation = this.#latestCorrelation === CORRELATION_MAX ? 1 : this.#latestCorrelation + 1;
    return this.#latestCorrelation;
  }

  #send(bytes: Uint8Array): void {
    this.#heartbeat?.sent(this.#world.clock.monotonicMs());
    this.#world.network.send(this.id, bytes);
  }
}

/** `unknown`: of a later version, to be skipped. `unexpected`: nothing that a client can go on after. */
function readFrame({ type, flags, correlation, body }: Frame): Incoming | 'unknown' | 'unexpected' {
  const name = messageNameOfType(type);
  if (name === undefined) return (flags & FLAG_IGNORABLE) === 0 ? 'unexpected' : 'unknown';
  if (!expectedNames.has(name)) return 'unexpected';
  return { name, message: decode(name, body), correlation } as Incoming;
}
