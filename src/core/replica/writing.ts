/**
 * Writes ops of this server, and tells when an op is stored where it must be: on every server of the in-sync set, and on no
 * fewer servers than `minCopies`. What turns out to be on fewer stays, and its maker is told that it may have happened.
 */
import type { ServerContext, Stored } from '../chat/context.js';
import type { ChatState } from '../chat/state.js';
import type { Outcome } from '../chat/steps.js';
import { failure, type Failure } from '../model/errors.js';
import type { Dot } from '../model/ids.js';
import type { Clock } from '../ports/clock.js';
import type { PendingWrites } from '../replication/pending-writes.js';
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
  'minCopies' | 'lackOfCopies' | 'write' | 'writeNow' | 'writeAnyhow' | 'whenStored'
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
      write: (name, op) => (done) => void this.#writeChecked(name, op, done),
      writeNow: (name, op, stored) => this.#writeChecked(name, op, stored),
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

  #writeChecked<N extends OpName>(
    name: N,
    op: MessageOf<N>,
    done: (outcome: Outcome<Stored>) => void,
  ): Dot & { readonly time: number } {
    return this.#write(name, op, (stored) => done(this.#checked(stored, stored.storedOn)));
  }

  #write<N extends OpName>(name: N, op: MessageOf<N>, stored: (stored: Stored) => void): Dot & { time: number } {
    const { journal, origin: ownOrigin, peers } = this.#options;
    const before = ownOrigin.current;
    const { origin, seq, time } = journal.write(ownOrigin, name, op);
    if (ownOrigin.current !== before) peers.describe();
    const dot = { origin, seq };
    this.#whenStored(dot, (storedOn) => stored({ dot, time, storedOn }));
    return { ...dot, time };
  }

  #whenStored(dot: Dot, done: (storedOn: MessageOf<'StoredOn'>) => void): void {
    const { pending, clock, members } = this.#options;
    pending.add(dot, clock.monotonicMs(), (copies) => {
      // The copy here does not count any more where the group has removed this server just now.
      const { length } = members.list;
      done({ copies: Math.min(copies, length), members: length });
    });
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
