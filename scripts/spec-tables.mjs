/** The tables of docs/spec/wire.md: frame types, fields, errors and limits. */

import { errorDefinitions, exitCodeByClass } from '../dist/core/model/errors.js';
import { limits } from '../dist/core/model/limits.js';
import { publishedNames } from '../dist/core/wire/published.js';
import { definitionOf, fieldsOf, hexOfType, placeOf } from './spec-proto.mjs';

const ruleWords = { one: '', optional: 'optional ', many: 'list of ' };
const retryNumbers = { never: 0, later: 1, elsewhere: 2 };

/** Every frame type and who sends it. */
export function frameTypesTable() {
  const rows = publishedNames.flatMap((name) => {
    const { type, from = 'either', doc } = definitionOf(name);
    return type === undefined ? [] : [[hexOfType(type), name, from, doc]];
  });
  return table(['Type', 'Message', 'From', 'Meaning'], rows);
}

/** Every message with its fields. */
export function messagesText() {
  return publishedNames.map((name) => messageText(name)).join('\n\n');
}

function messageText(/** @type {string} */ name) {
  const definition = definitionOf(name);
  const heading = `### ${name}\n\n${definition.doc} ${placeOf(definition)}`;
  const rows = fieldsOf(name).map(([field, { number, type, rule, doc }]) => [
    String(number),
    `\`${field}\``,
    `${ruleWords[rule]}${type}`,
    doc,
  ]);
  return rows.length === 0
    ? `${heading} No fields.`
    : `${heading}\n\n${table(['No.', 'Field', 'Type', 'Meaning'], rows)}`;
}

/** The error registry. */
export function errorsTable() {
  const rows = Object.entries(errorDefinitions).map(([code, definition]) => [
    String(definition.number),
    code,
    definition.class,
    definition.mayHaveHappened ? 'yes' : 'no',
    `${retryNumbers[definition.retry]} ${definition.retry}`,
    definition.closes ? 'yes' : 'no',
    definition.text,
  ]);
  return table(['No.', 'Name', 'Class', 'May have happened', 'Retry', 'Closes', 'Meaning'], rows);
}

/** What a command of the terminal exits with, by class of the error. */
export function exitCodesTable() {
  const rows = Object.entries(exitCodeByClass).map(([name, code]) => [name, String(code)]);
  return table(['Class', 'Exit code'], rows);
}

/** The limits that a client meets; those a server announces in Welcome may differ. */
export function limitsTable() {
  const number = (/** @type {number} */ value) => value.toLocaleString('en-US');
  const bytes = (/** @type {number} */ value) => `${number(value)} bytes`;
  const ms = (/** @type {number} */ value) => `${number(value)} ms`;
  return table(
    ['Limit', 'Value', 'Told in Welcome'],
    [
      ['Frame body from a client that is not logged in', bytes(limits.frameBytesBeforeLoginMax), 'yes'],
      ['Frame body from a client that is logged in', bytes(limits.frameBytesMax), 'yes'],
      ['Text of a message, in UTF-8', bytes(limits.textBytesMax), 'yes'],
      ['Requests waiting for their answers', number(limits.requestsInFlightMax), 'yes'],
      ['Credit', number(limits.creditMax), 'yes'],
      ['Bodies that wait behind CreateAccount or Login', bytes(limits.bytesBehindPasswordMax), 'no'],
      ['Frames that arrive together without a session', number(limits.framesAtOnceBeforeLoginMax), 'no'],
      ['Time from connecting to Hello', ms(limits.handshakeMs), 'no'],
      ['Password, in UTF-8', bytes(limits.passwordBytesMax), 'no'],
      ['Name', `${limits.nameLengthMin} to ${limits.nameLengthMax} characters`, 'no'],
      ['Regular expression', `${limits.patternCharactersMax} characters`, 'no'],
      ['Names in an AccountList', number(limits.accountsPerPageMax), 'no'],
      ['Messages in a History', number(limits.messagesPerPageMax), 'no'],
      ['Capabilities', number(limits.capabilitiesMax), 'no'],
      ['Entries of a vector', number(limits.vectorEntriesMax), 'no'],
      ['Bytes sent to a client that it has not read', bytes(limits.clientBacklogBytesMax), 'no'],
    ],
  );
}

function table(/** @type {string[]} */ heads, /** @type {string[][]} */ rows) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
