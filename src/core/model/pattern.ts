/**
 * Regular expressions that people type, matched in time linear in the text (RE2; Cox 2010), so that no pattern can
 * stall a server. The pattern is looked for anywhere in the text, as grep does.
 */
import { RE2JS, RE2JSException, RE2JSSyntaxException } from 're2js';

import { limits } from './limits.js';

/** The pattern cannot be used: what is wrong, and where, in characters from 0, as far as the engine can say. */
export interface PatternFault {
  readonly fault: string;
  readonly at: number | undefined;
}

export interface Pattern {
  matches(text: string): boolean;
}

/** The pattern, or what is wrong with it. The empty pattern matches everything. */
export function compilePattern(pattern: string): Pattern | PatternFault {
  if (isPatternTooLong(pattern)) {
    return { fault: `longer than ${limits.patternCharactersMax} characters`, at: limits.patternCharactersMax };
  }
  try {
    const compiled = RE2JS.compile(pattern);
    return { matches: (text) => compiled.test(text) };
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return faultIn(pattern, error);
    if (error instanceof RE2JSException) return { fault: error.message, at: undefined };
    throw error;
  }
}

export function isPatternTooLong(pattern: string): boolean {
  return charactersIn(pattern) > limits.patternCharactersMax;
}

/** The engine names the piece that it stumbled over, not its place, so the place is known where the piece is unique. */
function faultIn(pattern: string, error: RE2JSSyntaxException): PatternFault {
  const piece = error.getPattern();
  const fault = error.getDescription();
  if (piece === null || piece === '') return { fault, at: undefined };
  const index = pattern.indexOf(piece);
  const isPlace = index >= 0 && index === pattern.lastIndexOf(piece) && (piece !== pattern || piece.length === 1);
  return { fault: `${fault}: ${piece}`, at: isPlace ? charactersIn(pattern.slice(0, index)) : undefined };
}

function charactersIn(text: string): number {
  return Array.from(text).length;
}
