/** The requests that a client keeps until they are answered, whatever happens to the connection. */
import { byteLengthOf } from '../lib/utf8.js';
import type { ErrorCode } from '../model/errors.js';
import { encode } from '../wire/codec.js';
import type { MessageOf } from '../wire/message-types.js';
import { SEARCH_CAPABILITY } from '../wire/version.js';
import type { ClientFailure } from './failures.js';

interface RequestKind {
  readonly reply: string;
  readonly needsSession: boolean;
  /** Only for servers that name it in their Welcome; undefined where all know the request. */
  readonly capability?: string;
  /** How it fails where it is longer than any server takes. */
  readonly tooLong: ErrorCode;
}

export const requestKinds = {
  CreateAccount: { reply: 'AccountCreated', needsSession: false, tooLong: 'FRAME_TOO_LARGE' },
  Login: { reply: 'LoggedIn', needsSession: false, tooLong: 'FRAME_TOO_LARGE' },
  ListAccounts: { reply: 'AccountList', needsSession: false, tooLong: 'PATTERN_TOO_LONG' },
  AskStatus: { reply: 'Status', needsSession: false, tooLong: 'FRAME_TOO_LARGE' },
  LogOff: { reply: 'LoggedOff', needsSession: true, tooLong: 'FRAME_TOO_LARGE' },
  DeleteAccount: { reply: 'AccountDeleted', needsSession: true, tooLong: 'FRAME_TOO_LARGE' },
  Send: { reply: 'Sent', needsSession: true, tooLong: 'TEXT_TOO_LONG' },
  MarkDelivered: { reply: 'Marked', needsSession: true, tooLong: 'FRAME_TOO_LARGE' },
  Search: { reply: 'Found', needsSession: true, capability: SEARCH_CAPABILITY, tooLong: 'SEARCH_INVALID' },
  ReadHistory: { reply: 'History', needsSession: true, tooLong: 'FRAME_TOO_LARGE' },
} as const satisfies Record<string, RequestKind>;

export type RequestName = keyof typeof requestKinds;

/** What a server has to be capable of to take the request; undefined where any server takes it. */
export function capabilityFor(name: RequestName): string | undefined {
  const kind: RequestKind = requestKinds[name];
  return kind.capability;
}
export type ReplyName = (typeof requestKinds)[RequestName]['reply'];
export type ReplyTo<Name extends RequestName> = MessageOf<(typeof requestKinds)[Name]['reply']>;

export type Result<Value> =
  | { readonly state: 'done'; readonly value: Value }
  | { readonly state: 'failed'; readonly failure: ClientFailure };

export function failed(failure: ClientFailure): Result<never> {
  return { state: 'failed', failure };
}

/** Numbers a request for as long as the client lives, in the order in which requests were made. */
export type RequestId = number;

/** One request and who waits for it, whatever its kind. */
export interface Request {
  readonly name: RequestName;
  /** The body of its frame. */
  readonly body: Uint8Array;
  /** How long the message is that it sends; 0 where it is no Send. */
  readonly textBytes: number;
  /** Hands over the reply of the kind that {@link requestKinds} gives, or the failure. */
  settle(result: Result<object>): void;
}

/**
 * Encodes the message at once, so that one which cannot be encoded fails in the hands of its maker, and is never among
 * those that wait to be sent.
 */
export function makeRequest<Name extends RequestName>(
  name: Name,
  message: MessageOf<Name>,
  done: (result: Result<ReplyTo<Name>>) => void,
): Request {
  return {
    name,
    body: encode(name, message),
    textBytes: name === 'Send' ? byteLengthOf((message as MessageOf<'Send'>).text) : 0,
    // Whoever settles has compared the reply's name with that of the table, which is all that its type says.
    settle: (result) => done(result as Result<ReplyTo<Name>>),
  };
}
