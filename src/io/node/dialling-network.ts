/**
 * The network of a client on Node: connections dialled over TCP. A server's {@link NodeNetwork} is this and a listener.
 *
 * A system call costs far more than the bytes in it, so what is sent to a connection is gathered until all input that
 * had arrived together was handled (`setImmediate` runs after it), and leaves as one write.
 */
import net from 'node:net';

import { limits } from '../../core/model/limits.js';
import type { Address, ConnectionId, DialFailure, Network, NetworkEvents } from '../../core/ports/network.js';
import { TcpCarrier, type Carrier, type CarrierEvents } from './carriers.js';

interface Connection {
  readonly id: ConnectionId;
  readonly carrier: Carrier;
  isClosing: boolean;
  /** Sent in this turn. */
  chunks: Uint8Array[];
  chunkBytes: number;
  lingerTimer: NodeJS.Timeout | undefined;
  /** Why it never opened. */
  dialFailure: DialFailure | undefined;
}

const dialFailureByCode = new Map<string | undefined, DialFailure>([
  ['ECONNREFUSED', 'refused'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['ETIMEDOUT', 'timedOut'],
  ['ENOTFOUND', 'unknownHost'],
  ['EAI_AGAIN', 'unknownHost'],
]);

export class DiallingNetwork implements Network {
  protected readonly events: NetworkEvents;
  readonly #connections = new Map<ConnectionId, Connection>();
  /** Those with something to write at the end of the turn. */
  readonly #unwritten = new Set<Connection>();
  readonly #flush = (): void => this.flush();
  #lastId: ConnectionId = 0;
  #whenAllClosed: (() => void) | undefined;

  constructor(events: NetworkEvents) {
    this.events = events;
  }

  /** Closes the connections that are there. Resolves when the last has closed. */
  stop(): Promise<void> {
    for (const id of this.#connections.keys()) this.close(id);
    return new Promise((resolve) => {
      this.#whenAllClosed = resolve;
      this.#noteIfAllClosed();
    });
  }

  dial({ host, port }: Address): ConnectionId {
    const socket = new net.Socket();
    const id = this.add((events) => new TcpCarrier(socket, events));
    const noteFailure = ({ code }: NodeJS.ErrnoException) => {
      const connection = this.#connections.get(id);
      if (connection !== undefined) connection.dialFailure = dialFailureByCode.get(code);
    };
    socket.once('error', noteFailure);
    socket.once('connect', () => {
      socket.off('error', noteFailure);
      if (!this.isClosing(id)) this.events.opened(id, 'dialled', 'tcp');
    });
    // What is no port at all would make the call throw; the address may come from another server.
    if (Number.isInteger(port) && port >= 0 && port <= 65_535) socket.connect({ host, port });
    else socket.destroy();
    return id;
  }

  send(id: ConnectionId, bytes: Uint8Array): void {
    const connection = this.#connections.get(id);
    if (connection === undefined || connection.isClosing || bytes.length === 0) return;
    connection.chunks.push(bytes);
    connection.chunkBytes += bytes.length;
    if (this.#unwritten.size === 0) setImmediate(this.#flush);
    this.#unwritten.add(connection);
  }

  backlogBytes(id: ConnectionId): number {
    const connection = this.#connections.get(id);
    return connection === undefined ? 0 : connection.chunkBytes + connection.carrier.backlogBytes;
  }

  close(id: ConnectionId): void {
    const connection = this.#connections.get(id);
    if (connection === undefined || connection.isClosing) return;
    write(connection);
    connection.isClosing = true;
    connection.carrier.end();
    connection.lingerTimer = setTimeout(() => connection.carrier.destroy(), limits.lingerMs);
  }

  /** Writes what was sent, where nothing more will be sent for now. */
  flush(): void {
    // What is sent from here on belongs to the next round.
    const connections = [...this.#unwritten];
    this.#unwritten.clear();
    for (const connection of connections) write(connection);
  }

  /** Takes a connection in, and returns its id. */
  protected add(makeCarrier: (events: CarrierEvents) => Carrier): ConnectionId {
    this.#lastId += 1;
    const id = this.#lastId;
    const carrier = makeCarrier({
      received: (bytes) => {
        if (!this.isClosing(id)) this.events.received(id, bytes);
      },
      emptied: () => {
        if (!this.isClosing(id) && this.backlogBytes(id) === 0) this.events.drained(id);
      },
      closed: () => this.#remove(id),
    });
    this.#connections.set(id, {
      id,
      carrier,
      isClosing: false,
      chunks: [],
      chunkBytes: 0,
      lingerTimer: undefined,
      dialFailure: undefined,
    });
    return id;
  }

  /** Nothing more of it is told to the owner. */
  protected isClosing(id: ConnectionId): boolean {
    return this.#connections.get(id)?.isClosing ?? true;
  }

  #remove(id: ConnectionId): void {
    const connection = this.#connections.get(id);
    if (connection === undefined) return;
    clearTimeout(connection.lingerTimer);
    this.#connections.delete(id);
    this.#unwritten.delete(connection);
    this.events.closed(id, connection.dialFailure);
    this.#noteIfAllClosed();
  }

  #noteIfAllClosed(): void {
    if (this.#connections.size === 0) this.#whenAllClosed?.();
  }
}

/** Hands over what was sent, as one piece. */
function write(connection: Connection): void {
  const { chunks, chunkBytes } = connection;
  const [first] = chunks;
  if (first === undefined) return;
  connection.chunks = [];
  connection.chunkBytes = 0;
  connection.carrier.write(chunks.length === 1 ? first : Buffer.concat(chunks, chunkBytes));
}
