/** The search index of one server of a made world, with what may befall it. */
import type { OpenSearch } from '../core/replica/search-feed.js';
import { MemorySearch } from './search.js';

export class MadeSearch {
  readonly #schedule: (task: () => void) => void;
  #index!: MemorySearch;
  #logId: number | undefined;
  /** Whether the next run of the server can open it; without it, nothing can be searched. */
  isUsable = true;
  /** Tells the running server that its index has failed, or was opened anew. */
  changed: (search: OpenSearch | undefined) => void = () => undefined;
  #failures = 0;
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

  /** It fails while the server runs, and with it the last of what it was given. */
  fail(lost: number): void {
    this.#failures += 1;
    this.crash(lost);
    this.changed(undefined);
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

  /** The port of one run of the server, which does nothing once that has ended or the index has failed. */
  open(isServerAlive: () => boolean): OpenSearch | undefined {
    if (!this.isUsable) return undefined;
    const failures = this.#failures;
    const isAlive = (): boolean => isServerAlive() && this.#failures === failures;
    const { indexed } = this.#index;
    return {
      index: {
        index: (chunk, to, done) => {
          if (isAlive()) this.#index.index(chunk, to, (heads) => (isAlive() ? done(heads) : undefined));
        },
        passOver: (...given) => {
          if (isAlive()) this.#index.passOver(...given);
        },
        query: (query, done) =>
          isAlive() ? this.#index.query(query, (answer) => (isAlive() ? done(answer) : undefined)) : () => undefined,
      },
      indexed: this.#logId === undefined ? undefined : { ...indexed, logId: this.#logId },
      reset: (logId) => {
        this.empty();
        this.#logId = logId;
      },
    };
  }
}
