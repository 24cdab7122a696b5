/**
 * CRC32C (Castagnoli; RFC 3720, appendix B.4), four bytes at a time by four tables ("slicing", Kounavis and Berry 2008).
 * A record is a few hundred bytes, so larger tables would not pay for the cache that they take.
 */
const POLYNOMIAL_REVERSED = 0x82f63b78;

const tables = makeTables();
const table0 = tables.subarray(0, 256);
const table1 = tables.subarray(256, 512);
const table2 = tables.subarray(512, 768);
const table3 = tables.subarray(768, 1024);

function makeTables(): Uint32Array {
  const made = new Uint32Array(4 * 256);
  for (let index = 0; index < 256; index += 1) {
    let value = index;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL_REVERSED : value >>> 1;
    made[index] = value;
  }
  for (let index = 256; index < made.length; index += 1) {
    const before = made[index - 256]!;
    made[index] = (before >>> 8) ^ made[before & 0xff]!;
  }
  return made;
}

/** The checksum of the bytes from `start` up to `end`, as an unsigned 32-bit integer. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = 0xffffffff;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc = table3[crc & 0xff]! ^ table2[(crc >>> 8) & 0xff]! ^ table1[(crc >>> 16) & 0xff]! ^ table0[crc >>> 24]!;
  }
  for (; at < end; at += 1) crc = (crc >>> 8) ^ table0[(crc ^ bytes[at]!) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}
