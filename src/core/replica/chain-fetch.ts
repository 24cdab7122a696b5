/**
 * Brings records that this server lacks from whoever has them, and believes only what fits: each continues the chain
 * from the last record before the gap, and the last is the one that the record after the gap names.
 */
import { wait, type Steps } from '../chat/steps.js';
import { limits } from '../model/limits.js';
import type { Head } from '../store/heads.js';
import type { FoundRecord } from '../store/hole-filling.js';
import type { Gap } from '../store/segment-scan.js';
import type { MessageOf } from '../wire/message-types.js';

/** Calls back with what it has of the ranges, in the order of each origin; where that is cut short, asking again brings more. */
export type RecordSource = (
  ranges: readonly MessageOf<'SeqRange'>[],
  done: (records: readonly FoundRecord[]) => void,
) => void;

export type FetchedChains =
  /** The records of each gap, in order. */
  | { readonly state: 'whole'; readonly chains: readonly (readonly FoundRecord[])[] }
  /** They cannot all be had now. */
  | { readonly state: 'lacking' }
  /** What was had does not lead to the record that is to follow it: that was never part of the log there. */
  | { readonly state: 'misled'; readonly gap: Gap };

export function* fetchChains(sources: readonly RecordSource[], gaps: readonly Gap[]): Steps<FetchedChains> {
  const chains = gaps.map((gap) => new Chain(gap));
  for (const source of sources) {
    for (;;) {
      const lacking = chains.filter(({ isWhole, isTooLong }) => !isWhole && !isTooLong).slice(0, limits.fetchRangesMax);
      if (lacking.length === 0) break;
      const ranges = lacking.map(({ range }) => range);
      const records = yield* wait<readonly FoundRecord[]>((done) => source(ranges, done));
      let isProgress = false;
      for (const record of records) for (const chain of lacking) isProgress = chain.take(record) || isProgress;
      if (!isProgress) break;
    }
  }
  const misled = chains.find((chain) => chain.isTooLong || (chain.isWhole && !chain.fits));
  if (misled !== undefined) return { state: 'misled', gap: misled.gap };
  if (!chains.every(({ isWhole }) => isWhole)) return { state: 'lacking' };
  return { state: 'whole', chains: chains.map(({ records }) => records) };
}

class Chain {
  readonly records: FoundRecord[] = [];
  #bytes = 0;
  #head: Head | undefined;

  constructor(readonly gap: Gap) {
    this.#head = gap.after;
  }

  get isWhole(): boolean {
    return this.#seq === this.gap.last.seq;
  }

  /** No segment has room for it. */
  get isTooLong(): boolean {
    return this.#bytes > limits.segmentBytes + limits.batchBytesMax;
  }

  get fits(): boolean {
    return this.#head?.checksum === this.gap.last.checksum;
  }

  get range(): MessageOf<'SeqRange'> {
    return { origin: this.gap.origin, first: this.#seq + 1, last: this.gap.last.seq };
  }

  /** Whether the record was the next one. */
  take(record: FoundRecord): boolean {
    const { origin, seq, previous } = record.header;
    if (origin !== this.gap.origin || this.isWhole || this.isTooLong || seq !== this.#seq + 1) return false;
    if (previous !== (this.#head?.checksum ?? 0)) return false;
    this.records.push(record);
    this.#bytes += record.bytes.length;
    this.#head = record.header;
    return true;
  }

  get #seq(): number {
    return this.#head?.seq ?? 0;
  }
}
