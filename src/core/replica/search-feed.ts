/**
 * Has the search index read the log behind the state, at its own pace, and asks it. A search sees everything that was
 * applied when it was asked for: it waits until the index has that, for a bounded time, and then says how far behind it is.
 */
import type { ChatState } from '../chat/state.js';
import type { Outcome, Wait } from '../chat/steps.js';
import { assert } from '../lib/assert.js';
import { failure, type Failure } from '../model/errors.js';
import { limits } from '../model/limits.js';
import type { Position } from '../model/position.js';
import type { Clock } from '../ports/clock.js';
import { nothingIndexed, type IndexedTo } from '../ports/log-sink.js';
import type { Search, SearchAnswer, SearchQuery } from '../ports/search.js';
import type { Log } from '../store/log.js';
import { LogFollower, type LogFollowerOptions } from './log-follower.js';
import type { Rush } from './rush.js';
import type { Turn } from './turn.js';

/** The index as it was when it was opened. */
export interface OpenSearch {
  readonly index: Search;
  /** How far it is made, and from which log; undefined where it is empty. */
  readonly indexed: (IndexedTo & { readonly logId: number }) | undefined;
  /** Called before anything is taken in where the index is not of this log: it begins anew. */
  readonly reset: (logId: number) => void;
}

/** What an index is made of: the log, up to where it is applied. */
export interface SearchSource {
  readonly log: Log;
  readonly damaged: LogFollowerOptions['damaged'];
  readonly rush: Rush;
}

type Waiting = (outcome: Outcome<SearchAnswer>) => void;

/** A search that waits, since when, and how to give it up where the index was asked. */
interface Asked {
  readonly sinceMs: number;
  giveUp?: () => void;
}

export class SearchFeed {
  readonly #state: ChatState;
  readonly #turn: Turn;
  readonly #clock: Clock;
  /** Undefined before the log can be read, and once this server has ended. */
  #source: SearchSource | undefined;
  /** Undefined while this server cannot search. */
  #index: Search | undefined;
  #follower: LogFollower | undefined;
  #appliedTo: Position = 0;
  #isBehindState = false;
  readonly #waiting = new Map<Waiting, Asked>();

  constructor(state: ChatState, turn: Turn, clock: Clock) {
    this.#state = state;
    this.#turn = turn;
    this.#clock = clock;
  }

  /** From now on the log can be read, and is by this index. */
  begin(source: SearchSource, search: OpenSearch | undefined): void {
    this.#source = source;
    this.use(search);
  }

  /** The index was opened, maybe anew. Undefined: there is none, or it has failed; then what waits is refused. */
  use(search: OpenSearch | undefined): void {
    if (search === undefined) this.#leave();
    else if (this.#source !== undefined) this.#follow(search, this.#source);
  }

  #follow({ index, indexed, reset }: OpenSearch, { log, damaged, rush }: SearchSource): void {
    assert(this.#follower === undefined, 'an index is opened anew once the one before has failed');
    const isOfLog = indexed !== undefined && indexed.logId === log.id && indexed.position <= log.durableEnd;
    if (!isOfLog) reset(log.id);
    const from = isOfLog ? indexed : nothingIndexed;
    this.#index = index;
    const advanced = (): void => undefined;
    const rests = (): boolean => rush.holds(this.lagOps);
    this.#follower = new LogFollower({ log, turn: this.#turn, sink: index, from, damaged, advanced, rests });
    this.#appliedTo = log.durableEnd;
    this.#isBehindState = true;
  }

  /** Ops that are applied and not yet in the index. */
  get lagOps(): number {
    return this.#follower?.lagBehind(this.#state.applied) ?? 0;
  }

  /** Whether there is an index that follows the log. */
  get canSearch(): boolean {
    return this.#follower !== undefined;
  }

  /** An op has been applied; the next one begins at `appliedTo`. */
  applied(appliedTo: Position): void {
    this.#appliedTo = appliedTo;
    this.#isBehindState = true;
  }

  readonly query =
    (query: SearchQuery): Wait<Outcome<SearchAnswer>> =>
    (done) => {
      if (this.#follower === undefined) {
        // Later, as an answer would come.
        this.#waiting.set(done, { sinceMs: -Infinity });
        return;
      }
      const asked: Asked = { sinceMs: this.#clock.monotonicMs() };
      this.#waiting.set(done, asked);
      this.#readOn();
      this.#follower.whenCaughtUp(() => {
        if (this.#index === undefined || !this.#waiting.has(done)) return;
        asked.giveUp = this.#index.query(
          query,
          this.#turn.event((answer) => {
            if (this.#waiting.delete(done)) done({ state: 'done', value: answer });
          }),
        );
      });
    };

  /** Lets the index read what was applied, and ends searches that have waited for too long. */
  tick(nowMs: number): void {
    this.#readOn();
    for (const [done, { sinceMs, giveUp }] of this.#waiting) {
      const isSearching = giveUp !== undefined;
      if (nowMs - sinceMs <= (isSearching ? limits.searchMs : limits.searchWaitMs)) continue;
      this.#waiting.delete(done);
      giveUp?.();
      done({ state: 'refused', failure: isSearching ? failure('SEARCH_TOO_LONG') : this.#whyNot() });
    }
  }

  /** To be called when anything may have changed of what can be read. */
  pump(): void {
    this.#follower?.pump();
  }

  /** Something of the log was mended. */
  mended(): void {
    this.#follower?.mended();
  }

  /** Nothing is searched any more. */
  end(): void {
    this.#source = undefined;
    this.#leave();
  }

  #leave(): void {
    this.#follower?.end();
    this.#follower = undefined;
    this.#index = undefined;
    for (const done of this.#waiting.keys()) this.#waiting.set(done, { sinceMs: -Infinity });
  }

  #readOn(): void {
    if (!this.#isBehindState || this.#follower === undefined) return;
    this.#isBehindState = false;
    const heads = this.#state.applied
      .entries()
      .map(({ origin, seq }) => ({ origin, seq, checksum: this.#state.checksum(origin) }));
    this.#follower.readTo(this.#appliedTo, heads);
  }

  #whyNot(): Failure {
    if (this.#follower === undefined) return failure('SEARCH_UNAVAILABLE');
    const { lagOps } = this;
    if (lagOps === 0) return failure('BUSY');
    return failure('SEARCH_BEHIND', `The search index is ${lagOps} operations behind. Try again in a moment.`);
  }
}
