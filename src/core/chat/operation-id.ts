/** The ids that clients give to what they ask for: the same on every server, however often they ask. */
import type { MessageOf } from '../wire/message-types.js';

export function sameOperation(a: MessageOf<'OperationId'>, b: MessageOf<'OperationId'>): boolean {
  return a.counter === b.counter && sameBytes(a.client, b.client);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}

/** Decoded bytes share memory with what they came from; what is kept is copied. */
export function copyOperation(operation: MessageOf<'OperationId'>): MessageOf<'OperationId'> {
  return { client: operation.client.slice(), counter: operation.counter };
}
