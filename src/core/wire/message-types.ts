/** The TypeScript types of the messages, inferred from the schema table. */
import type { ScalarTypes } from './schema-language.js';
import type { schema } from './schema.js';

type Schema = typeof schema;
export type MessageName = keyof Schema;

/** Messages that travel as frames of their own. */
export type FrameName = { [N in MessageName]: Schema[N] extends { readonly type: number } ? N : never }[MessageName];

/** Messages that are bodies of records. */
export type OpName = { [N in MessageName]: Schema[N] extends { readonly op: number } ? N : never }[MessageName];

type ValueOf<T> = T extends keyof ScalarTypes ? ScalarTypes[T] : T extends MessageName ? MessageOf<T> : never;

type OptionalFields<F> = { [K in keyof F]: F[K] extends { readonly rule: 'optional' } ? K : never }[keyof F];

type FieldValue<F> = F extends { readonly type: infer T; readonly rule: infer R }
  ? R extends 'many'
    ? readonly ValueOf<T>[]
    : ValueOf<T>
  : never;

type ObjectOf<F> = {
  readonly [K in Exclude<keyof F, OptionalFields<F>>]: FieldValue<F[K]>;
} & {
  readonly [K in OptionalFields<F>]?: FieldValue<F[K]> | undefined;
};

/** Resolves an intersection to one object type, so that editors and error messages show the fields. */
type Flat<T> = { [K in keyof T]: T[K] };

/**
 * The value of a message: `MessageOf<'Send'>` is `{ readonly to: string; readonly text: string; readonly counter: number }`.
 * A decoded value has every field; an optional one that was absent is undefined.
 */
export type MessageOf<N extends MessageName> = Flat<ObjectOf<Schema[N]['fields']>>;
