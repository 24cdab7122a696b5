/** Identity: a dot names one op. No two disks, of any server at any time, hold different ops under one dot. */
import type { Checker, Scene } from './checker.js';

export function identity({ ledger }: Scene): Checker {
  const clash = () => ledger.clash;
  return { name: 'Identity', stored: clash, diskChanged: clash, ended: clash };
}
