/**
 * Which kinds of ops the program knew that made the saved state. An earlier version keeps and passes on ops of kinds that
 * it does not know, and applies nothing of them. So a state that it saved lacks what they do, and the version that knows
 * them begins anew from the log.
 */
import type { Hash64 } from '../lib/content-hash.js';
import type { Entity } from '../ports/view.js';
import { decode, encode } from '../wire/codec.js';
import { schema } from '../wire/schema.js';
import type { MessageDefinition } from '../wire/schema-language.js';
import { entityKinds, type Saveable } from './entities.js';

export const latestKind = Math.max(...Object.values<MessageDefinition>(schema).map(({ op }) => op ?? 0));

/** What the versions knew that left no note of it. */
const KINDS_WITHOUT_NOTE = 6;

export class KnownOps implements Saveable {
  readonly kind = entityKinds.program;
  readonly key = 'ops';
  hash: Hash64 | undefined;

  encode(): Uint8Array {
    return encode('SavedProgram', { opKinds: latestKind });
  }
}

/** Whether the state was saved by a program that knew all the kinds of ops that this one knows. */
export function knewAllOps(saved: readonly (Entity & { readonly value: Uint8Array })[]): boolean {
  const program = saved.find(({ kind }) => kind === entityKinds.program);
  const known = program === undefined ? KINDS_WITHOUT_NOTE : decode('SavedProgram', program.value).opKinds;
  return known >= latestKind;
}
