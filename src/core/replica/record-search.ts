/**
 * Finds ops in this server's own log, by their dots: for a peer that has lost them, or where this server has a second copy
 * of what it lost. What is found is whole; that it continues its chain is for the one who asked to check.
 */
import { run, wait, type Steps } from '../chat/steps.js';
import type { Origin } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { RecordCursor, type LogChunk } from '../model/record.js';
import type { FoundRecord } from '../store/hole-filling.js';
import type { Log, LogReadResult } from '../store/log.js';
import type { MessageOf } from '../wire/message-types.js';
import type { Turn } from './turn.js';

type Range = MessageOf<'SeqRange'>;

/** What is read, and what is found, at once. */
const READ_BYTES = limits.peerFrameBytesMax / 2;

/** Calls back with the records found, whole and one after the other, at most a frame of them. */
export function searchRecords(
  log: Log,
  turn: Turn,
  ranges: readonly Range[],
  done: (records: readonly FoundRecord[]) => void,
): void {
  run(search(log, turn, ranges), (outcome) => done(outcome.state === 'done' ? outcome.value : []));
}

function* search(log: Log, turn: Turn, ranges: readonly Range[]): Steps<readonly FoundRecord[]> {
  const held = ranges
    .map((range) => ({ ...range, last: Math.min(range.last, log.durable.get(range.origin)) }))
    .filter(({ first, last }) => first <= last);
  const found = new Found(held);
  let position = log.locate(held.map(({ origin, first }) => ({ origin, seq: first })));
  const end = Math.min(log.durableEnd, log.startAfterAll(held.map(({ origin, last }) => ({ origin, seq: last }))));
  while (held.length > 0 && position < end && !found.isEnough) {
    const from = position;
    const recent = log.readRecent(from, READ_BYTES);
    const read = recent ?? (yield* wait<LogReadResult>((done) => log.read(from, READ_BYTES, turn.event(done))));
    // What the disk does not give may be found by another server.
    if (!('next' in read)) break;
    if ('chunk' in read) found.addAll(read.chunk);
    position = read.next;
  }
  return found.records;
}

class Found {
  readonly records: FoundRecord[] = [];
  readonly #rangesByOrigin = new Map<Origin, Range[]>();
  readonly #seqsByOrigin = new Map<Origin, Set<number>>();
  #lacking = 0;
  #bytes = 0;

  constructor(ranges: readonly Range[]) {
    for (const range of ranges) {
      this.#lacking += range.last - range.first + 1;
      const others = this.#rangesByOrigin.get(range.origin);
      if (others === undefined) this.#rangesByOrigin.set(range.origin, [range]);
      else others.push(range);
      this.#seqsByOrigin.set(range.origin, new Set());
    }
  }

  get isEnough(): boolean {
    return this.#lacking === 0 || this.#bytes + limits.recordBytesMax > READ_BYTES;
  }

  addAll({ bytes }: LogChunk): void {
    const cursor = new RecordCursor(bytes);
    while (cursor.next() && !this.isEnough) this.#add(cursor);
  }

  /** A record may stand twice; one copy is enough. */
  #add(cursor: RecordCursor): void {
    const { origin, seq } = cursor;
    const isWanted = this.#rangesByOrigin.get(origin)?.some(({ first, last }) => seq >= first && seq <= last) === true;
    if (!isWanted || this.#seqsByOrigin.get(origin)!.has(seq)) return;
    this.#seqsByOrigin.get(origin)!.add(seq);
    this.records.push({ bytes: cursor.record(), header: cursor.header() });
    this.#lacking -= 1;
    this.#bytes += cursor.length;
  }
}
