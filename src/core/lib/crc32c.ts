/**
 * CRC32C (Castagnoli; RFC 3720, appendix B.4), eight bytes at a time by eight tables ("slicing", Kounavis and Berry 2008).
 * Everything is a signed integer of 32 bits on the way: what may be above 2^31 becomes a floating-point number.
 */
const POLYNOMIAL_REVERSED = 0x82f63b78;

const [table0, table1, table2, table3, table4, table5, table6, table7] = makeTables();

type Tables = readonly [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];

function makeTables(): Tables {
  const made = Array.from({ length: 8 }, () => new Int32Array(256));
  const [first] = made as [Int32Array];
  for (let index = 0; index < 256; index += 1) {
    let value = index;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL_REVERSED : value >>> 1;
    first[index] = value;
  }
  for (let index = 0; index < 256; index += 1) {
    let value = first[index]!;
    for (const table of made.slice(1)) table[index] = value = (value >>> 8) ^ first[value & 0xff]!;
  }
  return made as unknown as Tables;
}

/** The checksum of the bytes from `start` up to `end`, as an unsigned 32-bit integer. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = -1;
  let at = start;
  for (; at + 8 <= end; at += 8) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      table7[crc & 0xff]! ^
      table6[(crc >>> 8) & 0xff]! ^
      table5[(crc >>> 16) & 0xff]! ^
      table4[crc >>> 24]! ^
      table3[bytes[at + 4]!]! ^
      table2[bytes[at + 5]!]! ^
      table1[bytes[at + 6]!]! ^
      table0[bytes[at + 7]!]!;
  }
  for (; at < end; at += 1) crc = (crc >>> 8) ^ table0[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}
