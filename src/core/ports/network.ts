/** Numbers a connection for as long as the process runs; never used again. */
export type ConnectionId = number;

/** Where clients and servers find a server. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What carries a byte stream. A TCP connection begins with the preface of the protocol, a WebSocket does not. */
export type Transport = 'tcp' | 'websocket';

/** Why a dial came to nothing, for people; nothing is decided by it. */
export type DialFailure = 'refused' | 'unreachable' | 'timedOut' | 'unknownHost';

/**
 * Byte streams to others. What was sent in one turn leaves in one write. The owner of the port is told of arrivals
 * through {@link NetworkEvents}, never before the call that caused them has returned.
 */
export interface Network {
  /** Begins a connection; `opened` or `closed` follows. */
  dial(address: Address): ConnectionId;
  /** The bytes belong to the network from here on. Sending to a connection that has closed does nothing. */
  send(connection: ConnectionId, bytes: Uint8Array): void;
  /** Bytes sent and not yet taken by the operating system; 0 where the connection has closed. */
  backlogBytes(connection: ConnectionId): number;
  /** Writes what was sent, then closes. Nothing more is received. `closed` follows. */
  close(connection: ConnectionId): void;
}

export interface NetworkEvents {
  /** `accepted`: the other side dialled. `dialled`: the answer to {@link Network.dial}. */
  /** An accepted TCP connection may be told of only when its first byte has come. */
  opened(connection: ConnectionId, side: 'accepted' | 'dialled', transport: Transport): void;
  /** The bytes may be overwritten after the call returns: copy what is kept. */
  received(connection: ConnectionId, bytes: Uint8Array): void;
  /** The backlog has gone down to nothing after it was more than that. */
  drained(connection: ConnectionId): void;
  /**
   * Told once for each connection, whoever closed it, and also where it never opened: then with the reason, where it is
   * one of those above and the platform tells it.
   */
  closed(connection: ConnectionId, reason?: DialFailure): void;
}
