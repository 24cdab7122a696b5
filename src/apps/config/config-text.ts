/**
 * The text of a config file to a config, or to everything that is wrong with it by line and column.
 *
 * The text is JSON as the standard has it: no comments, no trailing commas, no key twice in one object. A text with
 * mistakes of form is not looked at further, since what it means can only be guessed; such mistakes are reported once
 * for each line, since one often looks like several.
 */
import { getNodeValue, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';

import { checkConfig, type Config, type ConfigPath } from '../../core/model/config.js';

interface TextProblem {
  /** Both from 1; columns count characters. */
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

export type TextReading =
  | { readonly state: 'valid'; readonly config: Config; positionOf(path: ConfigPath): Position }
  | { readonly state: 'invalid'; readonly problems: readonly TextProblem[] };

interface Position {
  readonly line: number;
  readonly column: number;
}

interface Found {
  readonly offset: number;
  readonly text: string;
}

export function readConfigText(text: string): TextReading {
  try {
    return read(text);
  } catch (error) {
    // The parser and what looks at its tree go as deep as the text does.
    if (!(error instanceof RangeError)) throw error;
    return invalid(text, [{ offset: 0, text: 'Brackets stand within brackets too often for a config.' }]);
  }
}

function read(text: string): TextReading {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  if (root === undefined || errors.length > 0) return invalid(text, formProblems(text, errors));
  const reading = checkConfig(getNodeValue(root));
  const twice = keysTwice(root, text);
  if (reading.state === 'valid' && twice.length === 0) {
    const { config } = reading;
    return { state: 'valid', config, positionOf: (path) => positionAt(text, nodeAt(root, path).offset) };
  }
  const problems = reading.state === 'invalid' ? reading.problems : [];
  const located = problems.map((problem) => {
    const node = nodeAt(root, problem.path);
    const offset = problem.at === 'key' ? (node.parent?.offset ?? node.offset) : node.offset;
    return { offset, text: problem.text };
  });
  return invalid(text, [...twice, ...located]);
}

function invalid(text: string, found: readonly Found[]): TextReading {
  const problems = found
    .toSorted((one, other) => one.offset - other.offset)
    .map((problem) => ({ ...positionAt(text, problem.offset), text: problem.text }));
  return { state: 'invalid', problems };
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: Array.from(before.slice(lineStart)).length + 1 };
}

/** The value at the path. The last of several properties of one name counts, as it does for its value. */
function nodeAt(root: Node, path: ConfigPath): Node {
  let node = root;
  for (const step of path) {
    const next =
      typeof step === 'number'
        ? node.children?.[step]
        : node.children?.findLast((property) => property.children?.[0]?.value === step)?.children?.[1];
    if (next === undefined) return node;
    node = next;
  }
  return node;
}

function keysTwice(node: Node, text: string): Found[] {
  const children = node.children ?? [];
  const found = children.flatMap((child) => keysTwice(child, text));
  if (node.type !== 'object') return found;
  const offsetByKey = new Map<unknown, number>();
  for (const property of children) {
    const key: unknown = property.children?.[0]?.value;
    const first = offsetByKey.get(key);
    if (first === undefined) offsetByKey.set(key, property.offset);
    else {
      const { line } = positionAt(text, first);
      found.push({ offset: property.offset, text: `the key ${JSON.stringify(key)} was already given on line ${line}` });
    }
  }
  return found;
}

/** What the parser could not read, in words; what it calls by names not listed here is told as "not valid JSON". */
const sentenceByError: Readonly<Record<string, string>> = {
  InvalidSymbol: 'is not JSON; expected a value such as "text", 12, true, [ or {',
  InvalidNumberFormat: 'is not a number as JSON writes it',
  PropertyNameExpected: 'expected a key in double quotes',
  ValueExpected: 'expected a value',
  ColonExpected: 'expected ":" after the key',
  CommaExpected: 'expected "," between two entries',
  CloseBraceExpected: 'expected "}"',
  CloseBracketExpected: 'expected "]"',
  EndOfFileExpected: 'expected nothing more after the end of the config',
  InvalidCommentToken: 'comments are not allowed in JSON',
  UnexpectedEndOfComment: 'comments are not allowed in JSON',
  UnexpectedEndOfString: 'this string has no closing double quote on its line',
  UnexpectedEndOfNumber: 'this number ends too early',
  InvalidUnicode: 'after \\u a string needs four hexadecimal digits',
  InvalidEscapeCharacter: 'in a string, \\ is followed by one of " \\ / b f n r t u',
  InvalidCharacter: 'this character must be written as an escape such as \\t in a string',
};

function formProblems(text: string, errors: readonly ParseError[]): Found[] {
  if (text.trim() === '')
    return [{ offset: 0, text: 'the file is empty; it must hold an object with the key "servers"' }];
  const linesTold = new Set<number>();
  const found: Found[] = [];
  for (const { error, offset, length } of errors) {
    const { line } = positionAt(text, offset);
    if (linesTold.has(line)) continue;
    linesTold.add(line);
    const sentence = sentenceByError[printParseErrorCode(error)] ?? 'is not valid JSON';
    const subject = text.slice(offset, offset + Math.min(length, 40)).trim();
    const isAboutSubject = sentence.startsWith('is ');
    const ending = offset >= text.trimEnd().length ? ', but the file ends here' : trailingComma(text, offset);
    found.push({ offset, text: isAboutSubject ? `${JSON.stringify(subject)} ${sentence}` : `${sentence}${ending}` });
  }
  return found;
}

/** The commonest mistake of form deserves a sentence of its own. */
function trailingComma(text: string, offset: number): string {
  const follows = text[offset];
  const comma = text.slice(0, offset).trimEnd().endsWith(',');
  return comma && (follows === '}' || follows === ']') ? `; remove the "," before the "${follows}"` : '';
}
