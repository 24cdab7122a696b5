/**
 * Text from others made safe for a terminal. A name, a message or a server's sentence may hold escape sequences that
 * move the cursor, rename the window or pose as other output, and marks that turn the reading order around; none of
 * them ever reaches a terminal raw.
 */

/** Controls (C0, DEL, C1), line and paragraph separators, and the marks that embed, override or isolate a direction. */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;
const lineEnd = /\r\n|[\n\r\u2028\u2029]/;

/** The text on one line: line ends become spaces, everything unsafe becomes a visible sign. */
export function printable(text: string): string {
  return printableLines(text).join(' ');
}

/** The lines of the text, each safe to print. */
export function printableLines(text: string): string[] {
  return text.split(lineEnd).map((line) => line.replaceAll('\t', '    ').replace(unsafe, visible));
}

/** One line of JSON that says exactly `value`, with everything unsafe as an escape. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(unsafe, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Unicode has a picture for each C0 control and for DEL; the others become the replacement character. */
function visible(sign: string): string {
  const code = sign.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
}
