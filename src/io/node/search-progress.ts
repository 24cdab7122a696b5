/**
 * How far the search index has read the log, and which of what it passed over it has met since, so that each message is
 * taken in once.
 */
import { IntervalSet } from '../../core/lib/interval-set.js';
import type { Dot, Origin } from '../../core/model/ids.js';
import type { LogChunk } from '../../core/model/record.js';
import { nothingIndexed, type IndexedTo, type LogHead, type ReadTo } from '../../core/ports/log-sink.js';
import { MessagesInLog, type MessageInLog } from '../../core/wire/messages-in-log.js';

/** As JSON in the database. Sets are the bounds of their runs, by origin. */
export interface SavedProgress extends IndexedTo {
  readonly passed: readonly (readonly [Origin, readonly number[]])[];
  readonly met: readonly (readonly [Origin, readonly number[]])[];
}

export const nothingRead: SavedProgress = { ...nothingIndexed, passed: [], met: [] };

export class SearchProgress {
  readonly #messages: MessagesInLog;
  #to: ReadTo;
  /** Ops that count as read and were passed over, and those of them that were met since. */
  readonly #passed: Map<Origin, IntervalSet>;
  readonly #met: Map<Origin, IntervalSet>;

  constructor(saved: SavedProgress) {
    this.#messages = new MessagesInLog(saved.heads);
    this.#to = { position: saved.position, passedOver: saved.passedOver };
    this.#passed = restore(saved.passed);
    this.#met = restore(saved.met);
  }

  get heads(): LogHead[] {
    return this.#messages.heads;
  }

  get saved(): SavedProgress {
    return { ...this.#to, heads: this.heads, passed: save(this.#passed), met: save(this.#met) };
  }

  /** The messages of a chunk that were not taken in before. */
  read(chunk: LogChunk): MessageInLog[] {
    const found: MessageInLog[] = [];
    this.#messages.read(chunk, (message) => {
      if (!message.isMetAgain || this.#isMetFirst(message)) found.push(message);
    });
    return found;
  }

  /** Everything up to here is taken in. */
  moveTo(to: ReadTo): void {
    this.#to = to;
  }

  passOver(heads: readonly LogHead[], to: ReadTo): void {
    const seqByOrigin = new Map(this.heads.map(({ origin, seq }) => [origin, seq]));
    for (const { origin, seq } of heads) {
      const known = seqByOrigin.get(origin) ?? 0;
      if (seq > known) setOf(this.#passed, origin).addRun(known + 1, seq);
    }
    this.#messages.passOver(heads);
    this.#to = to;
  }

  #isMetFirst({ origin, seq }: Dot): boolean {
    return this.#passed.get(origin)?.has(seq) === true && setOf(this.#met, origin).add(seq);
  }
}

function setOf(sets: Map<Origin, IntervalSet>, origin: Origin): IntervalSet {
  let set = sets.get(origin);
  if (set === undefined) {
    set = new IntervalSet();
    sets.set(origin, set);
  }
  return set;
}

function restore(saved: SavedProgress['met']): Map<Origin, IntervalSet> {
  return new Map(saved.map(([origin, bounds]) => [origin, new IntervalSet(bounds)]));
}

function save(sets: ReadonlyMap<Origin, IntervalSet>): SavedProgress['met'] {
  return [...sets].map(([origin, set]) => [origin, set.bounds]);
}
