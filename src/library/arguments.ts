/**
 * Checks of what an application passes. A value of the wrong type is a mistake in the application's code: it is told as
 * a TypeError that names the argument, before anything is done with it, and the client is as it was before.
 */
import { parseDot, type Dot } from '../core/model/ids.js';
import type { MessagePlace } from './types.js';

/** Half of a character cannot be sent as it is: UTF-8 has no form for it. */
const loneSurrogate = /\p{Surrogate}/u;

export function checkText(name: string, value: unknown): void {
  if (typeof value !== 'string') throw wrong(name, 'a string', value);
  if (loneSurrogate.test(value)) throw new TypeError(`${name} has half of a character in it (a lone surrogate).`);
}

export function checkFlag(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw wrong(name, 'true or false', value);
}

/** A whole number from 0. */
export function checkCount(name: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || Number(value) < 0) throw wrong(name, 'a whole number from 0', value);
}

export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw wrong(name, 'a function', value);
}

export function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw wrong(name, 'an object', value);
}

export function checkMethod(name: string, object: object, method: string): void {
  checkFunction(`${name}.${method}`, (object as Record<string, unknown>)[method]);
}

/** The place of a message in the order of messages, as requests for a page name it. Undefined is the end. */
export function placeBefore(before: MessagePlace | undefined): { beforeTime: number; beforeId: Dot | undefined } {
  if (before === undefined) return { beforeTime: 0, beforeId: undefined };
  checkObject('before', before);
  checkText('before.id', before.id);
  checkCount('before.time', before.time);
  const beforeId = parseDot(before.id);
  if (beforeId === undefined) throw new TypeError(`"${before.id}" is not the id of a message.`);
  return { beforeTime: before.time, beforeId };
}

/** Undefined will do too. */
export function checkSignal(value: unknown): void {
  if (value === undefined) return;
  if (!(value instanceof Object && 'aborted' in value && 'addEventListener' in value)) {
    throw wrong('signal', 'an AbortSignal', value);
  }
}

function wrong(name: string, expected: string, value: unknown): TypeError {
  const given = typeof value === 'number' ? String(value) : value === null ? 'null' : typeof value;
  return new TypeError(`${name} is to be ${expected}, and is ${given}.`);
}
