/**
 * The identities of the system.
 *
 * An origin numbers ops: a server draws a random one when its data directory is made, and again whenever it cannot
 * be sure which numbers it has used. A dot is the identity of one op for ever: no two ops share one.
 */

/** A member of the group, as the config file numbers it: 1 to 65,535. */
export type ServerId = number;

/** A random integer from 1 to 2^53 - 1, so that it is exact as a JavaScript number. */
export type Origin = number;

/** The identity of an op: who numbered it, and its number, dense from 1. */
export interface Dot {
  readonly origin: Origin;
  readonly seq: number;
}

/** Any total order that is the same on every server would do; this is by origin, then by seq. */
export function compareDots(a: Dot, b: Dot): number {
  return a.origin - b.origin || a.seq - b.seq;
}

export function sameDot(a: Dot, b: Dot): boolean {
  return a.origin === b.origin && a.seq === b.seq;
}

/** The text form that people and scripts see: origin in base 36, a dash, seq in decimal. */
export function formatDot(dot: Dot): string {
  return `${originText(dot.origin)}-${dot.seq}`;
}

/** There are few origins, and numbers of this size are slow to write to another base than 10. */
const textByOrigin = new Map<Origin, string>();
const ORIGIN_TEXTS_MAX = 1_000;

function originText(origin: Origin): string {
  let text = textByOrigin.get(origin);
  if (text === undefined) {
    if (textByOrigin.size === ORIGIN_TEXTS_MAX) textByOrigin.clear();
    text = origin.toString(36);
    textByOrigin.set(origin, text);
  }
  return text;
}

/** The dot that {@link formatDot} printed, or undefined where the text is no dot. */
export function parseDot(text: string): Dot | undefined {
  const match = /^([0-9a-z]{1,11})-([1-9][0-9]{0,15})$/.exec(text);
  if (match === null) return undefined;
  const origin = Number.parseInt(match[1]!, 36);
  const seq = Number(match[2]);
  if (!Number.isSafeInteger(origin) || origin < 1 || !Number.isSafeInteger(seq)) return undefined;
  return { origin, seq };
}
