/** The earliest and the latest time of each block of messages, and which runs of blocks can have what is looked for. */
import { limits } from '../../core/model/limits.js';
import type { Database } from './database.js';
import { partOf } from './search-database.js';

const { searchBlockMessages } = limits;
const BLOCKS_PER_PART = limits.searchPartMessages / searchBlockMessages;

/** Blocks of one part that follow each other, to be searched from the last to the first. */
export interface BlockRun {
  readonly part: number;
  readonly firstId: number;
  readonly lastId: number;
  /** The latest time in it. */
  readonly latest: number;
}

export class SearchBlocks {
  readonly #save;
  /** By number of the block. */
  readonly #earliest: number[] = [];
  readonly #latest: number[] = [];
  readonly #unsaved = new Set<number>();

  constructor(database: Database) {
    this.#save = database.prepare('INSERT OR REPLACE INTO block VALUES (?, ?, ?)');
    const rows = database.prepare('SELECT earliest, latest FROM block ORDER BY number').raw().all();
    for (const [earliest, latest] of rows as [number, number][]) {
      this.#earliest.push(earliest);
      this.#latest.push(latest);
    }
  }

  /** A message of this number, which is one more than the last, has this time. */
  add(id: number, time: number): void {
    const block = Math.floor(id / searchBlockMessages);
    this.#earliest[block] = Math.min(this.#earliest[block] ?? Infinity, time);
    this.#latest[block] = Math.max(this.#latest[block] ?? 0, time);
    this.#unsaved.add(block);
  }

  save(): void {
    for (const block of this.#unsaved) this.#save.run([block, this.#earliest[block]!, this.#latest[block]!]);
    this.#unsaved.clear();
  }

  /** All runs that may have messages from `earliest` to `latest`, both included, the run with the latest message first. */
  runs(earliest: number, latest: number): BlockRun[] {
    const runs: BlockRun[] = [];
    let run: { first: number; latest: number } | undefined;
    const end = this.#latest.length;
    for (let block = 0; block <= end; block += 1) {
      const isIn = block < end && this.#earliest[block]! <= latest && this.#latest[block]! >= earliest;
      if (run !== undefined && (!isIn || block % BLOCKS_PER_PART === 0)) {
        const firstId = run.first * searchBlockMessages;
        runs.push({ part: partOf(firstId), firstId, lastId: block * searchBlockMessages - 1, latest: run.latest });
        run = undefined;
      }
      if (!isIn) continue;
      run ??= { first: block, latest: 0 };
      run.latest = Math.max(run.latest, this.#latest[block]!);
    }
    return runs.sort((one, other) => other.latest - one.latest);
  }

  /** The latest time of the run among the messages up to this number. */
  latestUpTo({ firstId }: BlockRun, lastId: number): number {
    let latest = 0;
    for (let block = firstId / searchBlockMessages; block * searchBlockMessages <= lastId; block += 1) {
      latest = Math.max(latest, this.#latest[block]!);
    }
    return latest;
  }
}
