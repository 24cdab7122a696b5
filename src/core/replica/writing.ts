/**
 * Writes ops of this server, and tells when an op is stored where it must be: on every server of the in-sync set, and on no
 * fewer servers than `minCopies`. What turns out to be on fewer stays, and its maker is told that it may have happened.
 */
import type { ServerContext, Stored, WrittenMessage } from '../chat/context.js';
import type { ChatState } from '../chat/state.js';
import type { Outcome } from '../chat/steps.js';
import { failure, type Failure } from '../model/errors.js';
import type { Dot, Origin } from '../model/ids.js';
import type { Clock } from '../ports/clock.js';
import type { PendingWrites } from '../replication/pending-writes.js';
import type { MessageSentInBytes } from '../wire/hot/message-sent.js';
import type { MessageOf, OpName } from '../wire/message-types.js';
import type { Journal } from './journal.js';
import type { Members } from './members.js';
import type { OwnOrigin } from './own-origin.js';
import type { Peers } from './peers.js';

export interface WritingOptions {
  readonly minCopies: number;
  readonly members: Members;
  readonly state: ChatState;
  readonly journal: Journal;
  readonly origin: OwnOrigin;
  readonly peers: Peers;
  readonly pending: PendingWrites;
  readonly clock: Clock;
  /** An op may be stored everywhere already, and then no event would tell. */
  readonly advance: () => void;
}

type WritingContext = Pick<
  ServerContext,
  'minCopies' | 'lackOfCopies' | 'write' | 'writeMessage' | 'outcomeOf' | 'writeAnyhow' | 'whenStored'
>;

export class Writing {
  readonly #options: WritingOptions;

  constructor(options: WritingOptions) {
    this.#options = options;
  }

  /** What the rules of chat are given. */
  get context(): WritingContext {
    return {
      minCopies: this.#options.minCopies,
      lackOfCopies: () => this.#lackOf(this.#options.peers.copies),
      write: (name, op) => (done) => this.#write(name, op, (stored) => done(this.#checked(stored, stored.storedOn))),
      writeMessage: (op, message) => this.#writeMessage(op, message),
      outcomeOf: (copies) => {
        const storedOn = this.#storedOn(copies);
        return this.#checked(storedOn, storedOn);
      },
      writeAnyhow: (name, op) => (done) => this.anyhow(name, op, done),
      whenStored: (dot) => (done) => {
        this.#whenStored(dot, (storedOn) => done(this.#checked(storedOn, storedOn)));
        this.#options.advance();
      },
    };
  }

  /** Writes what does no harm if it is lost, on whatever servers there are. */
  anyhow<N extends OpName>(name: N, op: MessageOf<N>, done: (stored: Stored) => void): void {
    this.#write(name, op, done);
  }

  #write<N extends OpName>(name: N, op: MessageOf<N>, stored: (stored: Stored) => void): void {
    const { journal, origin: ownOrigin } = this.#options;
    const before = ownOrigin.current;
    const { origin, seq, time } = journal.write(ownOrigin, name, op);
    this.#describeIfMoved(before);
    const dot = { origin, seq };
    this.#whenStored(dot, (storedOn) => stored({ dot, time, storedOn }));
  }

  #writeMessage(op: MessageSentInBytes, message: WrittenMessage): void {
    const { journal, origin, pending, clock } = this.#options;
    const before = origin.current;
    journal.writeMessage(origin, op, message);
    this.#describeIfMoved(before);
    message.sinceMs = clock.monotonicMs();
    pending.add(message);
  }

  #describeIfMoved(before: Origin): void {
    if (this.#options.origin.current !== before) this.#options.peers.describe();
  }

  #whenStored({ origin, seq }: Dot, done: (storedOn: MessageOf<'StoredOn'>) => void): void {
    const { pending, clock } = this.#options;
    const sinceMs = clock.monotonicMs();
    pending.add({ origin, seq, sinceMs, stored: (copies) => done(this.#storedOn(copies)) });
  }

  #storedOn(copies: number): MessageOf<'StoredOn'> {
    // The copy here does not count any more where the group has removed this server just now.
    const { length } = this.#options.members.list;
    return { copies: Math.min(copies, length), members: length };
  }

  /** The failure of what so many servers hold or would hold; undefined where they are enough. */
  #lackOf(copies: number): Failure | undefined {
    const { minCopies } = this.#options;
    if (copies >= minCopies) return undefined;
    const text = `Too few servers can be reached: ${minCopies} copies are required, and there can be ${copies} now.`;
    return failure('NOT_ENOUGH_COPIES', text);
  }

  #checked<T>(value: T, { copies }: MessageOf<'StoredOn'>): Outcome<T> {
    const lacking = this.#lackOf(copies);
    if (lacking === undefined) return { state: 'done', value };
    return { state: 'refused', failure: { ...lacking, mayHaveHappened: true } };
  }
}
