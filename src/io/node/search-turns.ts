/**
 * The searches under way in the thread of the index. Each turn goes to the account that had the least of the thread's time
 * so far ("least attained service"; Rai, Urvoy-Keller and Biersack 2003), so that somebody's quick search waits for no more
 * than a piece of what others keep it busy with. What an account had is forgotten once nobody searches.
 */
import type { SearchAnswer } from '../../core/ports/search.js';

export interface SearchUnderWay {
  readonly id: number;
  /** Who asked. */
  readonly account: string;
  readonly pieces: Generator<undefined, SearchAnswer>;
}

export class SearchTurns {
  readonly #searches: SearchUnderWay[] = [];
  /** By account, how long its searches have taken. */
  readonly #spentMs = new Map<string, number>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#searches.length;
  }

  add(search: SearchUnderWay): void {
    this.#searches.push(search);
  }

  /** Nobody waits for it any more. */
  giveUp(id: number): void {
    const at = this.#searches.findIndex((search) => search.id === id);
    if (at >= 0) this.#remove(at);
  }

  giveUpAll(): void {
    this.#searches.length = 0;
    this.#spentMs.clear();
  }

  /** Does a piece of one search. Returns its answer where that was the last. */
  step(): { readonly id: number; readonly answer: SearchAnswer } | undefined {
    const at = this.#next();
    const search = this.#searches[at];
    if (search === undefined) return undefined;
    const { id, account, pieces } = search;
    const startedMs = this.#nowMs();
    const piece = pieces.next();
    this.#spentMs.set(account, this.#spent(account) + this.#nowMs() - startedMs);
    if (piece.done !== true) return undefined;
    this.#remove(at);
    return { id, answer: piece.value };
  }

  /** Of searches of one account the earliest. */
  #next(): number {
    let next = 0;
    for (const [at, { account }] of this.#searches.entries()) {
      if (this.#spent(account) < this.#spent(this.#searches[next]!.account)) next = at;
    }
    return next;
  }

  #spent(account: string): number {
    return this.#spentMs.get(account) ?? 0;
  }

  #remove(at: number): void {
    this.#searches.splice(at, 1);
    if (this.#searches.length === 0) this.#spentMs.clear();
  }
}
