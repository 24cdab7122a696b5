/** How many bytes the text takes in UTF-8, without encoding it. A lone surrogate counts as U+FFFD, which is 3. */
export function byteLengthOf(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 ? 1 : 2;
    const paired = unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00;
    if (paired) index += 1;
  }
  return bytes;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of bytes that are UTF-8. */
export function textOfUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Whether the bytes from `start` to before `end` are UTF-8 as the Unicode standard has it (table 3-7), as decoders see it. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  // Nearly all is ASCII, and looking at it by eights takes less than half as long.
  while (at + 8 <= end && unionOfEight(bytes, at) < 0x80) at += 8;
  while (at < end) {
    const first = bytes[at]!;
    at += 1;
    if (first < 0x80) continue;
    const following = followingBytes(first);
    if (following === 0 || at + following > end) return false;
    const second = bytes[at]!;
    if (second < lowestSecond(first) || second > highestSecond(first)) return false;
    for (let index = 1; index < following; index += 1) if ((bytes[at + index]! & 0xc0) !== 0x80) return false;
    at += following;
  }
  return true;
}

function unionOfEight(bytes: Uint8Array, at: number): number {
  const low = bytes[at]! | bytes[at + 1]! | bytes[at + 2]! | bytes[at + 3]!;
  return low | bytes[at + 4]! | bytes[at + 5]! | bytes[at + 6]! | bytes[at + 7]!;
}

/** How many bytes come after the first of a character that is not ASCII; 0 where none begins with it. */
function followingBytes(first: number): number {
  if (first < 0xc2 || first > 0xf4) return 0;
  if (first < 0xe0) return 1;
  return first < 0xf0 ? 2 : 3;
}

/** Else the form would be longer than need be. */
function lowestSecond(first: number): number {
  if (first === 0xe0) return 0xa0;
  return first === 0xf0 ? 0x90 : 0x80;
}

/** Else it would be half of a surrogate pair, or lie beyond the last character. */
function highestSecond(first: number): number {
  if (first === 0xed) return 0x9f;
  return first === 0xf4 ? 0x8f : 0xbf;
}
