/**
 * The words in which the schema table is written, and the TypeScript types that follow from it.
 *
 * Integers are unsigned and at most 2^53 - 1; a larger one on the wire is malformed. Strings are valid UTF-8.
 * A `one` field of a scalar type is its zero value when absent, as in proto3; of a message type it must be present.
 */
export interface ScalarTypes {
  readonly uint: number;
  readonly bool: boolean;
  readonly string: string;
  readonly bytes: Uint8Array;
}

export type Rule = 'one' | 'optional' | 'many';

export interface Field {
  readonly number: number;
  readonly type: string;
  readonly rule: Rule;
  readonly doc: string;
}

export interface MessageDefinition {
  /** The frame type, for messages that travel as frames. */
  readonly type?: number;
  /** Who sends it, for messages that travel as frames. */
  readonly from?: 'client' | 'server' | 'either' | 'peer' | 'operator';
  /** A receiver of an earlier version, which does not know it, is to skip it: the frame carries the flag that says so. */
  readonly ignorable?: true;
  /** The op kind, for messages that are bodies of records. */
  readonly op?: number;
  readonly doc: string;
  readonly fields: Readonly<Record<string, Field>>;
}

export function one<const T extends string>(number: number, type: T, doc: string) {
  return { number, type, rule: 'one', doc } as const;
}

/** A field whose absence means something; undefined when absent. */
export function optional<const T extends string>(number: number, type: T, doc: string) {
  return { number, type, rule: 'optional', doc } as const;
}

/** A list; integers are packed. */
export function many<const T extends string>(number: number, type: T, doc: string) {
  return { number, type, rule: 'many', doc } as const;
}
