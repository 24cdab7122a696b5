/** What the rules of chat ask of the server that they run on. */
import type { Failure } from '../model/errors.js';
import type { HybridTime } from '../model/hybrid-time.js';
import type { Dot, Origin, ServerId } from '../model/ids.js';
import type { Crypto } from '../ports/crypto.js';
import type { SearchAnswer, SearchQuery } from '../ports/search.js';
import type { ViewAnswers, ViewQuery } from '../ports/view.js';
import type { MessageSentInBytes } from '../wire/hot/message-sent.js';
import type { MessageOf, OpName } from '../wire/message-types.js';
import type { Account, Session } from './account.js';
import type { ChatState } from './state.js';
import type { Outcome, Wait } from './steps.js';

export interface Stored {
  readonly dot: Dot;
  readonly time: number;
  readonly storedOn: MessageOf<'StoredOn'>;
}

/** A key reserved on every server that can be reached. */
export interface Grant {
  /** Of a session key: the account's sessions attached anywhere, oldest first. */
  readonly sessions: readonly Dot[];
  /** How many servers granted it. */
  readonly servers: number;
  release(): void;
}

export interface ReserveOptions {
  readonly session?: Dot | undefined;
  readonly login?: MessageOf<'OperationId'> | undefined;
}

/** A message that is being written. Its first four fields are filled in when it is. */
export interface WrittenMessage {
  origin: Origin;
  seq: number;
  time: HybridTime;
  /** When it began to wait, on the monotonic clock. */
  sinceMs: number;
  /** Told once, when the op is stored where it must be, or on too few servers. */
  stored(copies: number): void;
}

export interface ServerContext {
  readonly state: ChatState;
  readonly crypto: Crypto;
  readonly sessionsPerAccount: number;
  /** Undefined: too many are waiting. */
  hashPassword(password: string): Wait<string | undefined>;
  /** Undefined: too many are waiting. */
  verifyPassword(hash: string, password: string): Wait<boolean | undefined>;
  /** A grant, or the code of the refusal. */
  reserve(key: string, options: ReserveOptions): Wait<Grant | { readonly refusedBy: 'holder' | 'name' }>;
  /** Why no op is written here now; undefined where one can be. */
  whyNotWritable(): Failure | undefined;
  /** On how many servers what is written has to be before anyone is told so. */
  readonly minCopies: number;
  /** The same because too few servers would hold it. */
  lackOfCopies(): Failure | undefined;
  /**
   * Writes an op, which must be allowed at this moment; calls back when it is stored where it must be, or when that has
   * become fewer servers than there have to be, and then the op stays all the same.
   */
  write<N extends OpName>(name: N, op: MessageOf<N>): Wait<Outcome<Stored>>;
  /** The same for the op of a message, of which there are many: one object for each, in place of callbacks. */
  writeMessage(op: MessageSentInBytes, message: WrittenMessage): void;
  /** What came of an op that so many servers hold. */
  outcomeOf(copies: number): Outcome<MessageOf<'StoredOn'>>;
  /** Writes what does no harm if it is lost, on whatever servers there are. */
  writeAnyhow<N extends OpName>(name: N, op: MessageOf<N>): Wait<Stored>;
  /** Calls back when an op that is held here is stored where it must be, or on too few servers. */
  whenStored(dot: Dot): Wait<Outcome<MessageOf<'StoredOn'>>>;
  /**
   * The server that has to confirm accounts that are created here before they count: this one, where names are to stay
   * unique through any split; else 0.
   */
  coordinator(): ServerId;
  /** Calls back when an account that has to be confirmed was, and that is stored; or when it was given up, or cannot be told. */
  whenSettled(account: Account): Wait<Outcome<MessageOf<'StoredOn'>>>;
  /** Everything durable before the query is in its answer. */
  query<Q extends ViewQuery>(query: Q): Wait<ViewAnswers[Q['kind']]>;
  /** The same for a search, which is refused where the index is too far behind for that. */
  search(query: SearchQuery): Wait<Outcome<SearchAnswer>>;
  /** Sees to it that later ops are ordered after this time. */
  observeTime(time: number): void;
}

/** The connection that a request came on. */
export interface Caller {
  readonly attached: Attached | undefined;
  /** Does nothing where the connection has closed since. */
  attach(account: Account, session: Session): void;
  detach(): void;
}

export interface Attached {
  readonly account: Account;
  readonly session: Session;
}
