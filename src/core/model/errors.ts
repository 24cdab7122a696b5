/**
 * The error registry: every error that crosses the wire, leaves the library or ends a command. The documentation's
 * table and the exit codes of the command line come from here.
 *
 * `mayHaveHappened` says whether the operation may have been carried out, unless the failure itself says more; `retry`
 * whether trying again can help: `never`, `later` (same server), `elsewhere` (another server, at once).
 */
export type ErrorClass = 'usage' | 'auth' | 'state' | 'limit' | 'unavailable' | 'internal';
export type Retry = 'never' | 'later' | 'elsewhere';

export interface ErrorDefinition {
  readonly number: number;
  readonly class: ErrorClass;
  readonly mayHaveHappened: boolean;
  readonly retry: Retry;
  /** Ends the connection that it is told on. */
  readonly closes: boolean;
  readonly text: string;
}

function define(
  number: number,
  errorClass: ErrorClass,
  text: string,
  rest: { mayHaveHappened?: boolean; retry?: Retry; closes?: boolean } = {},
): ErrorDefinition {
  const { mayHaveHappened = false, retry = 'never', closes = false } = rest;
  return { number, class: errorClass, mayHaveHappened, retry, closes, text };
}

export const errorDefinitions = {
  // The bytes on the wire.
  MALFORMED: define(100, 'usage', 'The bytes are not a valid frame or message.', { closes: true }),
  UNKNOWN_TYPE: define(101, 'usage', 'This server does not know that message type.', { closes: true }),
  FRAME_TOO_LARGE: define(102, 'limit', 'The frame is larger than allowed here.', { closes: true }),
  VERSION_UNSUPPORTED: define(103, 'usage', 'No protocol version is known to both sides.', { closes: true }),
  OUT_OF_ORDER: define(104, 'usage', 'That message is not allowed at this point.', { closes: true }),
  SILENT: define(105, 'limit', 'Nothing was heard for too long.', { retry: 'elsewhere', closes: true }),
  TOO_MANY_IN_FLIGHT: define(106, 'limit', 'Too many requests are waiting for their answers.', { closes: true }),
  TOO_SLOW: define(107, 'limit', 'Too much is waiting to be read.', { retry: 'elsewhere', closes: true }),

  // What people ask for.
  NAME_INVALID: define(
    200,
    'usage',
    'A name has 2 to 32 of a-z, 0-9, "_", "." and "-", and begins with a letter or digit.',
  ),
  PATTERN_INVALID: define(201, 'usage', 'The regular expression is malformed.'),
  TEXT_EMPTY: define(202, 'usage', 'The message is empty.'),
  TEXT_TOO_LONG: define(203, 'limit', 'The message is longer than 16 KiB.'),
  PASSWORD_INVALID: define(204, 'usage', 'A password has 1 to 1,024 bytes.'),
  OPERATION_REUSED: define(205, 'usage', 'This operation id was already used for something else.'),
  CONFIG_INVALID: define(206, 'usage', 'The config file is not valid.'),
  USAGE: define(207, 'usage', 'The command line is not valid.'),
  COUNTERS_SKIPPED: define(208, 'limit', 'The client has left out too many counters. Log in under a new client id.'),
  PATTERN_TOO_LONG: define(209, 'limit', 'The regular expression is longer than 256 characters.'),
  SEARCH_INVALID: define(210, 'usage', 'The search is not valid.'),

  // Who may.
  WRONG_PASSWORD: define(300, 'auth', 'The password is wrong.'),
  SESSION_UNKNOWN: define(301, 'auth', 'The session is not known or has ended. Log in again.'),
  SESSION_REPLACED: define(302, 'auth', 'The session ended because the account logged in elsewhere.'),
  GROUP_MISMATCH: define(303, 'auth', 'The other side belongs to another group.', { closes: true }),
  GROUP_KEY_WRONG: define(304, 'auth', 'The two servers do not hold the same key: compare their key files.', {
    closes: true,
  }),
  MEMBER_REMOVED: define(305, 'auth', 'The server was removed from the group.', { closes: true }),

  // What stands in the way.
  NAME_TAKEN: define(400, 'state', 'An account of that name exists.'),
  ALREADY_LOGGED_IN: define(401, 'state', 'You are already logged in. Log off first.'),
  LOGGED_IN_ELSEWHERE: define(402, 'state', 'The account is logged in elsewhere.'),
  ACCOUNT_NOT_FOUND: define(403, 'state', 'There is no account of that name.'),
  NOT_LOGGED_IN: define(404, 'state', 'You are not logged in.'),
  RECIPIENT_NOT_FOUND: define(405, 'state', 'There is no account of that name to send to.'),
  ACCOUNT_DELETED: define(406, 'state', 'The account was deleted.'),
  MEMBER_EXISTS: define(407, 'state', 'A server of that id or address is a member of the group.'),
  MEMBER_NOT_FOUND: define(408, 'state', 'No server of that id is a member of the group.'),

  // Not now, or not here.
  BUSY: define(500, 'unavailable', 'The server has too much to do.', { retry: 'later' }),
  CONTENDED: define(501, 'unavailable', 'Someone else is asking for the same name or session.', { retry: 'later' }),
  STARTING: define(502, 'unavailable', 'The server is starting.', { retry: 'elsewhere', closes: true }),
  STOPPING: define(503, 'unavailable', 'The server is stopping.', {
    retry: 'elsewhere',
    mayHaveHappened: true,
    closes: true,
  }),
  BEHIND: define(504, 'unavailable', 'The server has not caught up to where you are.', { retry: 'elsewhere' }),
  CONNECTION_LOST: define(505, 'unavailable', 'The connection broke before the answer came.', {
    retry: 'elsewhere',
    mayHaveHappened: true,
  }),
  NO_SERVER: define(506, 'unavailable', 'No server can be reached.', { retry: 'later', mayHaveHappened: true }),
  DISK_FULL: define(509, 'unavailable', 'The disk of this server is full, so it stores nothing now.', {
    retry: 'elsewhere',
  }),
  NOWHERE_TO_MOVE: define(510, 'unavailable', 'No other server is open, so there is nowhere to move the clients.'),
  DISK_STALLED: define(511, 'unavailable', "The server's disk does not answer.", {
    retry: 'elsewhere',
    mayHaveHappened: true,
    closes: true,
  }),
  CLOSED: define(507, 'unavailable', 'The client was closed.', { mayHaveHappened: true }),
  NOT_ENOUGH_COPIES: define(
    508,
    'unavailable',
    'Too few servers can be reached to keep as many copies as are required.',
    {
      retry: 'elsewhere',
    },
  ),
  SEARCH_BEHIND: define(512, 'unavailable', 'The search index has not taken in all messages yet.', { retry: 'later' }),
  SEARCH_TOO_LONG: define(
    514,
    'unavailable',
    'The search took too long. Ask for longer words, or for less time by after: and before:.',
  ),
  SEARCH_UNAVAILABLE: define(513, 'unavailable', 'This server cannot search.', { retry: 'elsewhere' }),

  INTERNAL: define(900, 'internal', 'The server made a mistake. Its log says more.', { mayHaveHappened: true }),
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof errorDefinitions;

const codeByNumber = new Map<number, ErrorCode>(
  Object.entries(errorDefinitions).map(([code, definition]) => [definition.number, code as ErrorCode]),
);

/** The code of a number from the wire; a number of a later version is undefined. */
export function errorCodeOf(number: number): ErrorCode | undefined {
  return codeByNumber.get(number);
}

/** The exit codes of the command line: 0 is success, 1 is left to the runtime. */
export const exitCodeByClass: Readonly<Record<ErrorClass, number>> = {
  usage: 2,
  auth: 3,
  state: 4,
  limit: 5,
  unavailable: 6,
  internal: 7,
};

/** What a server answers, and what the core hands to its callers, in place of a result. */
export interface Failure {
  readonly code: ErrorCode;
  /** What was wrong this time, and what to do: a sentence or two for people. */
  readonly message: string;
  /** Where it is known better than by the code. */
  readonly retry?: Retry;
  /** Whether this operation may have been carried out, where more is known of it than of failures of its code. */
  readonly mayHaveHappened?: boolean;
}

export function failure(code: ErrorCode, message: string = errorDefinitions[code].text): Failure {
  return { code, message };
}

/** Ends a request with a failure that its maker is told. Thrown by the rules of chat, caught where requests are run. */
export class Refused extends Error {
  readonly failure: Failure;

  constructor(wrong: ErrorCode | Failure) {
    const told = typeof wrong === 'string' ? failure(wrong) : wrong;
    super(told.message);
    this.failure = told;
  }
}
