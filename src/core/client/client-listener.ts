/** What a client machine tells whoever runs it. */
import type { Address } from '../ports/network.js';
import type { MessageOf } from '../wire/message-types.js';
import type { ClientFailure } from './failures.js';

export interface ClientListener {
  /** Requests are served from here on, in the session if there is one. */
  connected(welcome: MessageOf<'Welcome'>, address: Address): void;
  /** A server of the group says who the servers of it are. */
  membersTold(group: string, members: MessageOf<'Members'>['members']): void;
  /** A connection ended, or was tried in vain; the client goes on with another server by itself. */
  disconnected(failure: ClientFailure, wasConnected: boolean, address: Address): void;
  /** The session is over without the client having asked for it. */
  sessionEnded(failure: ClientFailure): void;
  /** The session's account is shown under another name, since the account of another side of a split has the former one. */
  nameChanged(names: MessageOf<'NameChanged'>): void;
  /**
   * What is to be stored waits for more servers to be reached, and is tried again until there are enough. Told once, until
   * it waits no longer.
   */
  writesWait(failure: ClientFailure): void;
  /** Nothing waits for more servers any more. */
  writesGoOn(): void;
  /** There are messages to take, or the stream has caught up. */
  streamMoved(): void;
}
