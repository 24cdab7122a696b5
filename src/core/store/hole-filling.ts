/**
 * Puts the records that are lacking back where they stood. What is known: which records of each origin they are, in which
 * of the damaged places they can have stood, and what the damaged bytes still look like. Records of one origin stand in
 * the order of their seqs, and all records of a place are together as long as the place.
 */
import { compareDots } from '../model/ids.js';
import type { RecordHeader } from '../model/record.js';

export interface FoundRecord {
  readonly bytes: Uint8Array;
  readonly header: RecordHeader;
}

/** Records of one origin that follow each other, and the places, by index, that they may have stood in. */
export interface LackingChain {
  readonly records: readonly FoundRecord[];
  readonly firstHole: number;
  readonly lastHole: number;
}

export interface HoleToFill {
  /** What stands there now. */
  readonly remains: Uint8Array;
  /** It is at the end of a file that may have been cut, so that more may have stood there. */
  readonly isOpen: boolean;
}

/** Tries for each hole, beyond one for each record. Only records of many lengths without a trace of them take many. */
const DETOURS_MAX = 20_000;

/** The records of each hole in order, or the index of the first hole that none of the records fit into. */
export function fillHoles(
  holes: readonly HoleToFill[],
  chains: readonly LackingChain[],
): readonly (readonly FoundRecord[])[] | { readonly unfilled: number } {
  const used = chains.map(() => 0);
  const filled: FoundRecord[][] = [];
  for (const [index, hole] of holes.entries()) {
    const here = chains.flatMap((chain, at) => {
      if (index < chain.firstHole || index > chain.lastHole) return [];
      return [{ records: chain.records, next: used[at]!, mustEnd: index === chain.lastHole, chain: at }];
    });
    // A place that lacks nothing was never part of the log, such as what a crash left of a write.
    if (here.length === 0) {
      filled.push([]);
      continue;
    }
    const records = fillHole(hole, here);
    if (records === undefined) return { unfilled: index };
    for (const candidate of here) used[candidate.chain] = candidate.next;
    filled.push(records);
  }
  return filled;
}

interface Candidate {
  readonly records: readonly FoundRecord[];
  /** The record to place next. */
  next: number;
  /** All of them have to be placed. */
  readonly mustEnd: boolean;
}

/** Takes the likeliest record first, and goes back where nothing fits any more. */
function fillHole(hole: HoleToFill, candidates: readonly Candidate[]): FoundRecord[] | undefined {
  const placed: { readonly record: FoundRecord; readonly candidate: Candidate; readonly others: Candidate[] }[] = [];
  let offset = 0;
  let detoursLeft = DETOURS_MAX;
  let choices = likeliestFirst(hole, candidates, offset);
  for (;;) {
    const isAll = candidates.every(({ records, next, mustEnd }) => !mustEnd || next === records.length);
    if (isAll && (hole.isOpen || offset === hole.remains.length)) return placed.map(({ record }) => record);
    const candidate = choices.shift();
    if (candidate !== undefined) {
      const record = candidate.records[candidate.next]!;
      placed.push({ record, candidate, others: choices });
      candidate.next += 1;
      offset += record.bytes.length;
      choices = likeliestFirst(hole, candidates, offset);
      continue;
    }
    const last = placed.pop();
    if (last === undefined || detoursLeft === 0) return undefined;
    detoursLeft -= 1;
    last.candidate.next -= 1;
    offset -= last.record.bytes.length;
    choices = last.others;
  }
}

/** Those whose next record fits at the offset. Where the bytes tell nothing, the earliest comes first. */
function likeliestFirst(
  { remains, isOpen }: HoleToFill,
  candidates: readonly Candidate[],
  offset: number,
): Candidate[] {
  return candidates
    .flatMap((candidate) => {
      const record = candidate.records[candidate.next];
      if (record === undefined || (!isOpen && offset + record.bytes.length > remains.length)) return [];
      return [{ candidate, header: record.header, likeness: likenessOf(record.bytes, remains, offset) }];
    })
    .sort((a, b) => b.likeness - a.likeness || a.header.time - b.header.time || compareDots(a.header, b.header))
    .map(({ candidate }) => candidate);
}

/** Which part of the record's bytes stands there still. */
function likenessOf(record: Uint8Array, remains: Uint8Array, offset: number): number {
  let equal = 0;
  for (let index = 0; index < record.length; index += 1) if (record[index] === remains[offset + index]) equal += 1;
  return equal / record.length;
}
