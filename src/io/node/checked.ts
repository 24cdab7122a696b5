/**
 * A checksum beside what a start takes up from a database and acts on. SQLite does not notice a changed byte of a value, and
 * everything here can be made again from the log.
 */
import { crc32c } from '../../core/lib/crc32c.js';

type Part = string | number | Uint8Array;

/** Of the parts in this order. */
export function checksumOf(...parts: readonly Part[]): number {
  let checksum = 0;
  for (const part of parts) {
    const bytes = typeof part === 'object' ? part : Buffer.from(String(part));
    checksum = ((checksum << 1) | (checksum >>> 31)) ^ crc32c(bytes);
  }
  return checksum >>> 0;
}

/** @throws Error where the parts are not those that the checksum was made of. */
export function check(what: string, checksum: number, ...parts: readonly Part[]): void {
  if (checksumOf(...parts) !== checksum) throw new Error(`${what} is not what was written`);
}
