/** What the parts of the regression check tell the whole of it. */
import type { Name } from './bounds.js';

/** Messages that are measured at a time. */
export const MESSAGES = 1_000;
/** What the servers hold at first, and ten times that. */
export const STORED = { messages: 600, accounts: 30 };
export const GROWN = { messages: 6_000, accounts: 300 };

export interface Counts {
  readonly values: Readonly<Partial<Record<Name, number>>>;
  /** Lines of functions that tell where it comes from. */
  readonly functions: Readonly<Partial<Record<Name, readonly string[]>>>;
}
