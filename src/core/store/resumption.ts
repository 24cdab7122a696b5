/**
 * Where to go on after a place in a segment that holds no whole record. See recovery.ts for why a whole record found
 * by search is not reason enough.
 */
import { limits } from '../model/limits.js';
import { RECORD_HEADER_BYTES } from '../model/record.js';
import type { FileWindow } from './file-window.js';
import type { Heads } from './heads.js';

export type Resumption =
  | { readonly state: 'found'; readonly offset: number }
  /** `wholeRecordsFollow` is also true where the search was given up. */
  | { readonly state: 'none'; readonly wholeRecordsFollow: boolean };

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
  for (let offset = badOffset + 1; offset + RECORD_HEADER_BYTES <= window.size; offset += 1) {
    const length = window.statedLength(offset);
    if (length === undefined || offset + length > window.size) continue;
    bytesLeft -= length;
    if (bytesLeft < 0) return { state: 'none', wholeRecordsFollow: true };
    const found = window.record(offset);
    if (found.state !== 'whole') continue;
    if (found.header.seq > 1 && heads.continuedBy(found.header)) return { state: 'found', offset };
    wholeRecordsFollow = true;
  }
  return { state: 'none', wholeRecordsFollow };
}
