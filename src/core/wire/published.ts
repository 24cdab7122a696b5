/**
 * The part of the schema table that others build on: every message that travels in a frame or is the body of a stored
 * record, and what these consist of. The rest is a server's own affair and may change with any version.
 */
import type { MessageName } from './message-types.js';
import { schema } from './schema.js';
import type { MessageDefinition } from './schema-language.js';

const definitions: Readonly<Record<MessageName, MessageDefinition>> = schema;
const names = Object.keys(definitions) as MessageName[];

/** In the order of the table. */
export const publishedNames: readonly MessageName[] = findPublished();

function findPublished(): MessageName[] {
  const found = new Set<string>();
  const add = (name: MessageName): void => {
    if (found.has(name)) return;
    found.add(name);
    for (const { type } of Object.values(definitions[name].fields))
      if (Object.hasOwn(definitions, type)) add(type as MessageName);
  };
  for (const name of names) {
    if (definitions[name].type !== undefined || definitions[name].op !== undefined) add(name);
  }
  return names.filter((name) => found.has(name));
}
