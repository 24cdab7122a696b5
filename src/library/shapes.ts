/** From the shapes of the wire to those of the library, and back. */
import type { Session } from '../core/client/session.js';
import { fromHex, toHex } from '../core/lib/hex.js';
import { formatDot, parseDot } from '../core/model/ids.js';
import { Vector } from '../core/model/vector.js';
import type { MessageOf } from '../core/wire/message-types.js';
import type { Message, SavedSession, Waiting } from './types.js';

export function messageOf(text: MessageOf<'Text'>): Message {
  const { id, from, to, sentAtMs, time, fromDeleted, toDeleted, late } = text;
  return {
    id: formatDot(id),
    from,
    to,
    text: text.text,
    sentAt: new Date(sentAtMs),
    time,
    fromDeleted,
    toDeleted,
    late,
  };
}

export function waitingOf({ from, count, firstAtMs, latestAtMs }: MessageOf<'Waiting'>): Waiting {
  return { from, count, firstAt: new Date(firstAtMs), latestAt: new Date(latestAtMs) };
}

/** A place in a stream as text: its dots, with commas between. */
export function formatCursor(cursor: Vector): string {
  return cursor.entries().map(formatDot).join(',');
}

/** Throws a TypeError where the text is no cursor. */
export function parseCursor(text: string): Vector {
  const cursor = new Vector();
  for (const part of text === '' ? [] : text.split(',')) {
    const dot = parseDot(part);
    if (dot === undefined) throw new TypeError(`"${text}" is not a cursor.`);
    cursor.raise(dot.origin, dot.seq);
  }
  return cursor;
}

/** The operation id of a send as text: the client, a dash, the counter. */
export function formatSendId(client: Uint8Array, counter: number): string {
  return `${toHex(client)}-${counter}`;
}

/** The counter of a send id. Throws a TypeError where it is none, or not one of this client. */
export function parseSendId(text: string, client: Uint8Array): number {
  const [, clientText, counterText] = /^([0-9a-f]{32})-([1-9][0-9]{0,15})$/.exec(text) ?? [];
  const counter = Number(counterText);
  if (clientText === undefined || !Number.isSafeInteger(counter)) throw new TypeError(`"${text}" is not a send id.`);
  if (clientText === toHex(client)) return counter;
  throw new TypeError('The send id was made under another identity than that of this session.');
}

export function saveSession(session: Session, cursor: Vector, latestTime: number): SavedSession {
  return {
    account: formatDot(session.account),
    name: session.name,
    session: formatDot(session.id),
    token: toHex(session.token),
    client: toHex(session.counters.client),
    cursor: formatCursor(cursor),
    latestTime,
  };
}

/** The parts of a saved session but for its counters. Throws a TypeError where it was not made by `saveSession`. */
export function readSession(saved: SavedSession): Omit<Session, 'counters'> & { readonly client: Uint8Array } {
  const texts = [saved.account, saved.session, saved.token, saved.client, saved.name, saved.cursor];
  const isWhole = texts.every((text) => typeof text === 'string') && Number.isSafeInteger(saved.latestTime);
  if (!isWhole || saved.latestTime < 0) throw new TypeError('The saved session is damaged.');
  const account = parseDot(saved.account);
  const id = parseDot(saved.session);
  const token = fromHex(saved.token);
  const client = fromHex(saved.client);
  if (account === undefined || id === undefined || token === undefined || client === undefined) {
    throw new TypeError('The saved session is damaged.');
  }
  return { account, id, token, client, name: saved.name, start: parseCursor(saved.cursor) };
}
