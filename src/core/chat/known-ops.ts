/**
 * Which kinds of ops the program knew that made the saved state, and in which format it saved it. An earlier version keeps
 * and passes on ops of kinds that it does not know, and applies nothing of them. So a state that it saved lacks what they
 * do, and the version that knows them begins anew from the log. So does one that saves the state in another format.
 */
import type { Hash64 } from '../lib/content-hash.js';
import type { Entity } from '../ports/view.js';
import { decode, encode } from '../wire/codec.js';
import { schema } from '../wire/schema.js';
import type { MessageDefinition } from '../wire/schema-language.js';
import { entityKinds, type Saveable } from './entities.js';

export const latestKind = Math.max(...Object.values<MessageDefinition>(schema).map(({ op }) => op ?? 0));

/** To be raised with every change of what is saved. Versions that left no note had format 0 and knew six kinds of ops. */
export const SAVED_FORMAT = 1;

export class KnownOps implements Saveable {
  readonly kind = entityKinds.program;
  readonly key = 'ops';
  hash: Hash64 | undefined;

  encode(): Uint8Array {
    return encode('SavedProgram', { opKinds: latestKind, format: SAVED_FORMAT });
  }
}

/** Whether the state can be taken up: its program knew all the kinds of ops that this one knows, and saved it alike. */
export function canBeTakenUp(saved: readonly (Entity & { readonly value: Uint8Array })[]): boolean {
  const program = saved.find(({ kind }) => kind === entityKinds.program);
  if (program === undefined) return false;
  const { opKinds, format } = decode('SavedProgram', program.value);
  return opKinds >= latestKind && format === SAVED_FORMAT;
}
