/**
 * Keeps the view database up with what was applied, off the write path. Of the state it gets what changed, in batches: one is
 * under way at a time, and what was applied meanwhile is the next. The messages it reads from the log itself, through a
 * follower that goes as far as the last batch. A query waits for everything applied before it.
 */
import type { ChatState } from '../chat/state.js';
import type { Account } from '../chat/account.js';
import { formatDot } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { Position } from '../model/position.js';
import type { IndexedTo, LogHead } from '../ports/log-sink.js';
import type { MessagePlace, View, ViewAnswers, ViewBatch, ViewQuery } from '../ports/view.js';
import type { Log } from '../store/log.js';
import { LogFollower, type LogFollowerOptions } from './log-follower.js';
import type { Rush } from './rush.js';
import type { Turn } from './turn.js';

/** Messages do not stand where they should. Calls back whether any of them can be read now. */
export type Mend = (places: readonly MessagePlace[], done: (areFound: boolean) => void) => void;

type Answered<Q extends ViewQuery> = (answer: ViewAnswers[Q['kind']]) => void;

export class ViewFeed {
  readonly #view: View;
  readonly #state: ChatState;
  readonly #turn: Turn;
  readonly #mend: Mend;
  #follower: LogFollower | undefined;
  #moved: MessagePlace[] = [];
  #appliedTo: Position;
  #removedStreams: string[] = [];
  #changedNames = new Set<string>();
  /** Ops applied since the last batch was made. */
  #opsWaiting = 0;
  #batchesUnderWay = 0;
  #lagOps = 0;
  #waitingForRoom: (() => void)[] = [];
  #hasEnded = false;

  constructor(view: View, state: ChatState, turn: Turn, appliedTo: Position, mend: Mend) {
    this.#view = view;
    this.#state = state;
    this.#turn = turn;
    this.#appliedTo = appliedTo;
    this.#mend = mend;
  }

  /** The view is empty, and everything will be applied. */
  beginAnew(): void {
    this.#appliedTo = 0;
  }

  /** From now on the messages are read, of the log up to where it is applied. To be called before any query. */
  follow(log: Log, from: IndexedTo, damaged: LogFollowerOptions['damaged'], rush: Rush): void {
    const advanced = (): void => this.#advanced();
    const rests = (): boolean => rush.holds(this.#lagOps);
    this.#follower = new LogFollower({ log, turn: this.#turn, sink: this.#view, from, damaged, advanced, rests });
    this.#commit();
    this.#follower.readTo(this.#appliedTo, this.#heads());
    this.#advanced();
  }

  /** Ops that are applied and not yet in the view. */
  get lagOps(): number {
    return this.#lagOps;
  }

  /** The view database is so far behind that whoever brings more has to wait for it. */
  get isFull(): boolean {
    return this.#lagOps >= limits.viewLagOpsMax;
  }

  /** Calls back once there is room again; not before this call returns. */
  whenRoom(callback: () => void): void {
    this.#waitingForRoom.push(callback);
  }

  /** An op has been applied, and what it changed was told; the next one begins at `appliedTo`. */
  applied(appliedTo: Position): void {
    this.#appliedTo = appliedTo;
    this.#opsWaiting += 1;
    this.#lagOps += 1;
    // While the log is replayed no turn ends, and no batch is confirmed.
    if (this.#opsWaiting >= limits.viewBatchOpsMax) this.#commit();
  }

  /** The account's names and, where it is deleted, its stream are to be brought up to date. */
  accountChanged(account: Account): void {
    if (account.deleted) this.#removedStreams.push(account.key);
    if (account.creation !== undefined) this.#changedNames.add(account.creation.name);
  }

  /** Starts a batch if there is something and none is under way. */
  flush(): void {
    if (this.#batchesUnderWay === 0) this.#commit();
  }

  /** Starts a batch where there is enough to make it worth while, or of `everything`, and lets the messages be read on. */
  endTurn(everything: boolean): void {
    // A batch has its price, and nobody waits but a query.
    if (everything || this.#opsWaiting >= limits.viewBatchOpsMin) this.flush();
    this.#follower?.pump();
  }

  /** Commits what there is, and from then on nothing: what is applied later is in the log for the next start. */
  end(): void {
    this.#commit();
    this.#hasEnded = true;
    this.#follower?.end();
  }

  query<Q extends ViewQuery>(query: Q, done: Answered<Q>): void {
    this.#queryWith(query, new Set(), done);
  }

  /** `tried`: records that this query had looked for before. */
  #queryWith<Q extends ViewQuery>(query: Q, tried: ReadonlySet<string>, done: Answered<Q>): void {
    if (this.#hasEnded) return;
    this.#commit();
    if (query.kind === 'names') this.#ask(query, tried, done);
    else this.#askBehindLog(query, tried, done);
  }

  /** The view does everything in turn, so what is on its way to it comes before the query. */
  #askBehindLog<Q extends ViewQuery>(query: Q, tried: ReadonlySet<string>, done: Answered<Q>): void {
    const follower = this.#follower;
    follower?.whenOnItsWay((isThere) =>
      this.#ask(query, tried, (answer) => {
        if (isThere()) done(answer);
        else follower.whenCaughtUp(() => this.#ask(query, tried, done));
      }),
    );
  }

  #ask<Q extends ViewQuery>(query: Q, tried: ReadonlySet<string>, done: Answered<Q>): void {
    this.#view.query(
      query,
      this.#turn.event((answer: ViewAnswers[Q['kind']]) => {
        // One that cannot be read though it was mended would be mended for ever.
        const unreadable =
          'unreadable' in answer ? answer.unreadable.filter((place) => !tried.has(formatDot(place))) : [];
        if (unreadable.length === 0) done(answer);
        else this.#mendAndAskAgain(query, new Set([...tried, ...unreadable.map(formatDot)]), answer, unreadable, done);
      }),
    );
  }

  /** What is damaged is waited for as long as some server may have it, and left out only then. */
  #mendAndAskAgain<Q extends ViewQuery>(
    query: Q,
    tried: ReadonlySet<string>,
    answer: ViewAnswers[Q['kind']],
    unreadable: readonly MessagePlace[],
    done: Answered<Q>,
  ): void {
    this.#mend(unreadable, (areFound) => {
      if (areFound) this.#queryWith(query, tried, done);
      else done(answer);
    });
  }

  /** Records stand elsewhere in the log now. */
  moved(places: readonly MessagePlace[]): void {
    for (const { origin, seq, position } of places) this.#moved.push({ origin, seq, position });
  }

  /** Something of the log was mended. */
  mended(): void {
    this.#follower?.mended();
  }

  #commit(): void {
    if ((this.#opsWaiting === 0 && this.#moved.length === 0) || this.#hasEnded) return;
    const batch: ViewBatch = {
      appliedTo: this.#appliedTo,
      entities: this.#state.book.takeUnsaved(),
      removedStreams: this.#removedStreams,
      moved: this.#moved,
      names: [...this.#changedNames].flatMap((name) => this.#shownNames(name)),
    };
    this.#moved = [];
    this.#removedStreams = [];
    this.#changedNames = new Set();
    this.#opsWaiting = 0;
    this.#batchesUnderWay += 1;
    this.#view.commit(
      batch,
      this.#turn.event(() => {
        this.#batchesUnderWay -= 1;
      }),
    );
    this.#follower?.readTo(this.#appliedTo, this.#heads());
  }

  #heads(): LogHead[] {
    const { applied } = this.#state;
    return applied.entries().map(({ origin, seq }) => ({ origin, seq, checksum: this.#state.checksum(origin) }));
  }

  #advanced(): void {
    this.#lagOps = this.#follower!.lagBehind(this.#state.applied);
    if (this.#lagOps > limits.viewLagOpsMax / 2) return;
    const waiting = this.#waitingForRoom;
    this.#waitingForRoom = [];
    for (const callback of waiting) callback();
  }

  /** Every name that the claims of this one are or were shown under. */
  #shownNames(name: string): { name: string; visible: boolean }[] {
    const { names } = this.#state;
    const shown = [{ name, visible: names.owner(name) !== undefined }];
    for (const account of names.claims(name)) {
      if (!account.wasDisplaced) continue;
      shown.push({ name: account.suffixedName, visible: account.alive && account.displaced });
    }
    return shown;
  }
}
