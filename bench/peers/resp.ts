/** Redis's protocol, as much of it as a load generator needs. */

export interface RespEvents {
  bulk(text: string): void;
  integer(value: number): void;
  array(length: number): void;
  error(text: string): void;
}

const LF = 10;

/** A command of these ASCII words. */
export function command(...words: readonly string[]): string {
  let text = `*${words.length}\r\n`;
  for (const word of words) text += `$${word.length}\r\n${word}\r\n`;
  return text;
}

/** Tells of all replies, or parts of one, that are whole; returns how many bytes they took. */
export function readResp(bytes: Buffer, events: RespEvents): number {
  let used = 0;
  for (;;) {
    const lineEnd = bytes.indexOf(LF, used);
    if (lineEnd === -1) return used;
    const line = bytes.toString('latin1', used + 1, lineEnd - 1);
    const kind = bytes[used];
    used = lineEnd + 1;
    if (kind === 0x24 /* $ */ && line !== '-1') {
      const end = used + Number(line);
      if (bytes.length < end + 2) return lineEnd - line.length - 2;
      events.bulk(bytes.toString('latin1', used, end));
      used = end + 2;
    } else if (kind === 0x3a /* : */) events.integer(Number(line));
    else if (kind === 0x2a /* * */) events.array(Number(line));
    else if (kind === 0x2d /* - */) events.error(line);
    else if (kind === 0x2b /* + */) events.bulk(line);
    else throw new Error(`Redis sent what is not understood: ${line}`);
  }
}
