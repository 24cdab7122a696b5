/** The search index of one server of a made world, with what may befall it. */
import type { OpenSearch } from '../core/replica/search-feed.js';
import { MemorySearch } from './search.js';

export class MadeSearch {
  readonly #schedule: (task: () => void) => void;
  #index!: MemorySearch;
  #logId: number | undefined;
  /** Whether the next run of the server can open it; without it, nothing can be searched. */
  isUsable = true;
  #isHanging = false;
  #held: (() => void)[] = [];

  constructor(schedule: (task: () => void) => void) {
    this.#schedule = schedule;
    this.empty();
  }

  /** It is gone; the server is down, or says that it is to begin anew. */
  empty(): void {
    this.#logId = undefined;
    this.#index = new MemorySearch((task) => {
      if (this.#isHanging) this.#held.push(task);
      else this.#schedule(task);
    });
  }

  /** What it is given waits until {@link resume}. */
  hang(): void {
    this.#isHanging = true;
  }

  resume(): void {
    this.#isHanging = false;
    for (const task of this.#held.splice(0)) this.#schedule(task);
  }

  /** The process ends, and the last of what it was given is lost. */
  crash(lost: number): void {
    this.#index = this.#index.crash(lost);
    this.#isHanging = false;
    this.#held = [];
  }

  /** As it is now, to go back to. */
  backUp(): () => void {
    const index = this.#index.crash(0);
    const logId = this.#logId;
    return () => {
      this.#index = index.crash(0);
      this.#logId = logId;
    };
  }

  /** The port of one run of the server, which does nothing once that has ended. */
  open(isAlive: () => boolean): OpenSearch | undefined {
    if (!this.isUsable) return undefined;
    const { indexed } = this.#index;
    return {
      index: {
        index: (...given) => {
          if (isAlive()) this.#index.index(...given);
        },
        passOver: (...given) => {
          if (isAlive()) this.#index.passOver(...given);
        },
        query: (...asked) => (isAlive() ? this.#index.query(...asked) : () => undefined),
      },
      indexed: this.#logId === undefined ? undefined : { ...indexed, logId: this.#logId },
      reset: (logId) => {
        this.empty();
        this.#logId = logId;
      },
    };
  }
}
