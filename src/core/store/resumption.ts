/**
 * Where to go on after a place in a segment that holds no whole record. See recovery.ts for why a whole record found
 * by search is not reason enough.
 */
import { limits } from '../model/limits.js';
import type { Dot } from '../model/ids.js';
import { RECORD_HEADER_BYTES } from '../model/record.js';
import { Vector } from '../model/vector.js';
import type { FileWindow } from './file-window.js';
import type { Heads } from './heads.js';

export type Resumption =
  | { readonly state: 'found'; readonly offset: number }
  /**
   * `wholeRecordsFollow` is also true where the search was given up. `shown`: the latest of each origin among them, which
   * may be forged.
   */
  | { readonly state: 'none'; readonly wholeRecordsFollow: boolean; readonly shown: readonly Dot[] };

/** `statedLength`: how long the bad thing says it is, if that can be read. */
export function resumeAfter(
  window: FileWindow,
  badOffset: number,
  statedLength: number | undefined,
  heads: Heads,
): Resumption {
  if (statedLength !== undefined) {
    const offset = badOffset + statedLength;
    if (offset < window.size && window.record(offset).state === 'whole') return { state: 'found', offset };
  }
  let bytesLeft: number = limits.recoverySearchBytesMax;
  let wholeRecordsFollow = false;
  const shown = new Vector();
  for (let offset = badOffset + 1; offset + RECORD_HEADER_BYTES <= window.size; offset += 1) {
    const length = window.statedLength(offset);
    if (length === undefined || offset + length > window.size) continue;
    bytesLeft -= length;
    if (bytesLeft < 0) return { state: 'none', wholeRecordsFollow: true, shown: shown.entries() };
    const found = window.record(offset);
    if (found.state !== 'whole') continue;
    if (found.header.seq > 1 && heads.continuedBy(found.header)) return { state: 'found', offset };
    wholeRecordsFollow = true;
    if (heads.get(found.header.origin) !== undefined) shown.raise(found.header.origin, found.header.seq);
  }
  return { state: 'none', wholeRecordsFollow, shown: shown.entries() };
}
