/** Integers of up to 53 bits in eight bytes, big-endian: every one that a number holds exactly. */

const HIGH = 2 ** 32;

/** The integer at `offset`, or undefined where it is more than 2^53 - 1. */
export function readUint53(view: DataView, offset: number): number | undefined {
  const high = view.getUint32(offset);
  return high < 2 ** 21 ? high * HIGH + view.getUint32(offset + 4) : undefined;
}

/** `value` is an integer from 0 to 2^53 - 1. */
export function writeUint53(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, Math.floor(value / HIGH));
  view.setUint32(offset + 4, value % HIGH);
}
