/** The servers of a fake group and the connections to them. */
import { limits } from '../model/limits.js';
import type { Address, ConnectionId } from '../ports/network.js';
import { FrameDecoder } from '../wire/frame.js';
import type { FrameName, MessageOf } from '../wire/message-types.js';

/** A frame of the client, as a server got it. */
export interface ReceivedFrame {
  readonly name: FrameName;
  readonly message: Readonly<Record<string, unknown>>;
  readonly correlation: number;
  readonly server: number;
  readonly connection: ConnectionId;
  /** Frames of one turn of the client arrive together. */
  readonly turn: number;
}

export class FakeConnection {
  credit = 0;
  attached = false;
  /** Messages of the stream that were pushed here. */
  pushed = 0;
  isReceiving = false;
  hasGreeted = false;
  /** It was told why it ends, and nothing more that arrives on it is read. */
  isEnding = false;
  /** What arrived while the server was frozen. */
  readonly unread: Uint8Array[] = [];
  readonly decoder = new FrameDecoder({ bodyBytesMax: limits.frameBytesMax, expectsPreface: true });

  constructor(
    readonly id: ConnectionId,
    readonly server: FakeServer,
  ) {}
}

export type ServerState = 'up' | 'down' | 'frozen' | 'starting';

export class FakeServer {
  state: ServerState = 'up';
  /** Answers in place of the server; true where it did, or where nothing is to be answered. */
  intercept: (frame: ReceivedFrame, connection: FakeConnection) => boolean = () => false;
  readonly address: Address;

  constructor(readonly id: number) {
    this.address = { host: `server-${id}`, port: 6000 + id };
  }
}

/** What a server says of itself. */
export function statusOf({ id }: FakeServer): MessageOf<'Status'> {
  return {
    server: id,
    state: 'open',
    software: 'fake',
    uptimeMs: 1,
    ops: 0,
    stateHash: '',
    origin: 0,
    peers: [],
    clients: 1,
    sessions: 0,
    logBytes: 0,
    viewLagOps: 0,
    searchLagOps: 0,
    cannotSearch: false,
    vector: [],
    merges: [],
    minCopies: 1,
    members: [],
  };
}
