/** The shapes that the library takes and gives. */
import type { MessageOf } from '../core/wire/message-types.js';

/** On how many servers' disks something was when it was acknowledged, and how many servers the group has. */
export interface StoredOn {
  readonly copies: number;
  readonly members: number;
}

export interface Message {
  /** The same on every server and for every reader. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** When a server took it, by that server's clock. */
  readonly sentAt: Date;
  /** Its place among others: by `time`, and by `id` where that is equal. Not a time for people. */
  readonly time: number;
  /** The sender has deleted the account since. */
  readonly fromDeleted: boolean;
  /** The recipient has deleted the account since: whoever has its name now did not get this. */
  readonly toDeleted: boolean;
  /**
   * Servers could not reach each other when it was sent, or its place among the sender's messages was passed by then: who
   * reads it may have seen newer messages before.
   */
  readonly late: boolean;
}

/** What came from one sender since the account was last served. */
export interface Waiting {
  readonly from: string;
  readonly count: number;
  readonly firstAt: Date;
  readonly latestAt: Date;
}

export interface SentMessage {
  readonly id: string;
  readonly sentAt: Date;
  readonly storedOn: StoredOn;
}

export interface CreatedAccount {
  readonly account: string;
  /** As it is kept: in small letters. */
  readonly name: string;
  readonly storedOn: StoredOn;
}

export interface OpenedSession {
  readonly account: string;
  /** As it is shown. */
  readonly name: string;
  /** The name that it was created with, where it lost that name: see the event `nameChanged`. */
  readonly formerName: string | undefined;
  readonly waiting: readonly Waiting[];
}

/** A message's place in the order of messages. */
export type MessagePlace = Pick<Message, 'id' | 'time'>;

/** What a search found, or a part of it, latest message first. */
export interface SearchPage {
  readonly messages: readonly Message[];
  /** There are earlier ones: ask again with the last of these as `before`. */
  readonly more: boolean;
}

/** A part of a conversation, latest message first. */
export interface HistoryPage {
  readonly messages: readonly Message[];
  /** There are earlier ones: ask again with the last of these as `before`. */
  readonly more: boolean;
}

/** Where a server is reached. */
export interface ServerAddress {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

/** How a server is and how it sees the others. */
export type ServerStatus = MessageOf<'Status'>;

/** All that goes on with a session elsewhere: plain data, to be stored as JSON and kept secret. */
export interface SavedSession {
  readonly account: string;
  readonly name: string;
  readonly session: string;
  readonly token: string;
  readonly client: string;
  /** The place in the stream of messages: see `MessageStream.cursor`. */
  readonly cursor: string;
  readonly latestTime: number;
}

/** A server that was tried in vain, and why it did not do. */
export interface FailedTry {
  readonly host: string;
  readonly port: number;
  readonly code: string;
  readonly message: string;
}

/** What is wrong, for an event. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
}

export interface ClientEvents {
  /** Requests are answered from here on; after a failover too. */
  readonly connected: { readonly server: ServerAddress };
  /**
   * The connection broke; with SEARCH_UNAVAILABLE it was left, since its server cannot search. The client goes on with another
   * server by itself, and keeps what is unanswered.
   */
  readonly disconnected: Trouble;
  /** A server was tried in vain. The client goes on with the next by itself. */
  readonly unreachable: FailedTry;
  /**
   * Something is to be stored, and too few servers can be reached to keep as many copies as the group requires. The client
   * keeps it and tries again by itself, on all servers in turn. Told once, until `writesGoOn`.
   */
  readonly writesWait: Trouble;
  /** Nothing waits for more servers any more. */
  readonly writesGoOn: Readonly<Record<never, never>>;
  /** The group has other servers than before, or they have other addresses. */
  readonly membersChanged: { readonly servers: readonly ServerAddress[] };
  /** The session ended though the client did not end it: SESSION_REPLACED, SESSION_UNKNOWN or ACCOUNT_DELETED. */
  readonly sessionEnded: Trouble;
  /**
   * The account of the session lost its name, for good: an account of the same name was made earlier while servers could
   * not reach each other. Password, messages and id stay, and login takes the former name too.
   */
  readonly nameChanged: { readonly name: string; readonly formerName: string };
}
