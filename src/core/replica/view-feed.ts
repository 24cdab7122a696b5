/**
 * Feeds the view database with what was applied, off the write path: one batch is under way at a time, and what was
 * applied meanwhile is the next. A query goes behind everything applied before it.
 */
import type { ChatState, MessageChange } from '../chat/state.js';
import type { Account } from '../chat/account.js';
import type { RecordHeader } from '../model/record.js';
import { limits } from '../model/limits.js';
import type { Position } from '../model/position.js';
import type { MessagePlace, MessageRow, View, ViewAnswers, ViewBatch, ViewQuery } from '../ports/view.js';
import type { Turn } from './turn.js';

/** Messages do not stand where they should. Calls back whether any of them can be read now. */
export type Mend = (places: readonly MessagePlace[], done: (areFound: boolean) => void) => void;

export class ViewFeed {
  readonly #view: View;
  readonly #state: ChatState;
  readonly #turn: Turn;
  readonly #mend: Mend;
  #moved: MessagePlace[] = [];
  #appliedTo: Position;
  #messages: MessageRow[] = [];
  #removedStreams: string[] = [];
  #changedNames = new Set<string>();
  /** Ops applied since the batch under way was made, and in all batches under way. */
  #opsWaiting = 0;
  #opsUnderWay = 0;
  #batchesUnderWay = 0;
  #waitingForRoom: (() => void)[] = [];
  #hasEnded = false;

  constructor(view: View, state: ChatState, turn: Turn, appliedTo: Position, mend: Mend) {
    this.#view = view;
    this.#state = state;
    this.#turn = turn;
    this.#appliedTo = appliedTo;
    this.#mend = mend;
  }

  /** Ops that are applied and not yet in the view. */
  get lagOps(): number {
    return this.#opsWaiting + this.#opsUnderWay;
  }

  /** So much waits for the view database that whoever brings more has to wait for it. */
  get isFull(): boolean {
    return this.lagOps >= limits.viewLagOpsMax;
  }

  /** Calls back once there is room again; not before this call returns. */
  whenRoom(callback: () => void): void {
    this.#waitingForRoom.push(callback);
  }

  /** An op has been applied, and what it changed was told; the next one begins at `appliedTo`. */
  applied(appliedTo: Position): void {
    this.#appliedTo = appliedTo;
    this.#opsWaiting += 1;
    // While the log is replayed no turn ends, and no batch is confirmed.
    if (this.#opsWaiting >= limits.viewBatchOpsMax) this.#commit();
  }

  message(header: RecordHeader, position: Position, change: MessageChange): void {
    this.#messages.push({
      origin: header.origin,
      seq: header.seq,
      time: header.time,
      position,
      length: header.length,
      conversation: change.conversationKey,
      streams: change.recipients.filter((account) => !account.deleted).map((account) => account.key),
      secondCopy: change.secondCopy,
      client: change.client,
      counter: change.counter,
    });
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

  /** The same if there is enough to make it worth while: a batch has its price, and nobody waits but a query. */
  flushMany(): void {
    if (this.#opsWaiting >= limits.viewBatchOpsMin) this.flush();
  }

  /** Commits what there is, and from then on nothing: what is applied later is in the log for the next start. */
  end(): void {
    this.#commit();
    this.#hasEnded = true;
  }

  query<Q extends ViewQuery>(query: Q, done: (answer: ViewAnswers[Q['kind']]) => void): void {
    if (this.#hasEnded) return;
    this.#commit();
    this.#view.query(
      query,
      this.#turn.event((answer: ViewAnswers[Q['kind']]) => {
        const unreadable = 'unreadable' in answer ? answer.unreadable : [];
        if (unreadable.length === 0) done(answer);
        else this.#mendAndAskAgain(query, answer, unreadable, done);
      }),
    );
  }

  /** What is damaged is waited for as long as some server may have it, and left out only then. */
  #mendAndAskAgain<Q extends ViewQuery>(
    query: Q,
    answer: ViewAnswers[Q['kind']],
    unreadable: readonly MessagePlace[],
    done: (answer: ViewAnswers[Q['kind']]) => void,
  ): void {
    this.#mend(unreadable, (areFound) => {
      if (areFound) this.query(query, done);
      else done(answer);
    });
  }

  /** Records stand elsewhere in the log now. */
  moved(places: readonly MessagePlace[]): void {
    for (const { origin, seq, position } of places) this.#moved.push({ origin, seq, position });
  }

  #commit(): void {
    if ((this.#opsWaiting === 0 && this.#moved.length === 0) || this.#hasEnded) return;
    const ops = this.#opsWaiting;
    const batch: ViewBatch = {
      appliedTo: this.#appliedTo,
      entities: this.#state.book.takeUnsaved(),
      messages: this.#messages,
      removedStreams: this.#removedStreams,
      moved: this.#moved,
      names: [...this.#changedNames].flatMap((name) => this.#shownNames(name)),
    };
    this.#messages = [];
    this.#moved = [];
    this.#removedStreams = [];
    this.#changedNames = new Set();
    this.#opsWaiting = 0;
    this.#opsUnderWay += ops;
    this.#batchesUnderWay += 1;
    this.#view.commit(
      batch,
      this.#turn.event(() => {
        this.#opsUnderWay -= ops;
        this.#batchesUnderWay -= 1;
        if (this.lagOps <= limits.viewLagOpsMax / 2) this.#tellRoom();
      }),
    );
  }

  #tellRoom(): void {
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
