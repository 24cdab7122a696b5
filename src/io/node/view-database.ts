/**
 * The file of the view database: opened, or made anew where it cannot be used. All of it can be rebuilt from the log, so
 * nothing in it is ever repaired or migrated.
 *
 * A message has one row in `message`, by dot; one in `conversation`, where it is found by time; one in each `stream` that
 * it belongs to; and one in `sent`, where it is found by its operation id. Texts that name streams, conversations and
 * clients are numbered in `key`. `stream` and `sent` have the most rows and are spread most widely, so they name origins
 * by number too; the smaller these rows, the fewer pages a transaction has to write, and that is what it costs.
 */
import { limits } from '../../core/model/limits.js';
import type { DatabaseDesign } from './database.js';

/** Of the schema below, and of what its values mean. A database of another version is built anew. */
const SCHEMA_VERSION = 3;

const schema = `
  -- Each checksum is of what stands before it (checked.ts).
  CREATE TABLE applied (log_id INTEGER NOT NULL, position INTEGER NOT NULL, checksum INTEGER NOT NULL);
  -- How far messages were read, as JSON of the port's IndexedTo.
  CREATE TABLE indexed (state TEXT NOT NULL, checksum INTEGER NOT NULL);
  CREATE TABLE entity (
    kind INTEGER, key TEXT, value BLOB NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
  ) WITHOUT ROWID;
  CREATE TABLE name (name TEXT PRIMARY KEY) WITHOUT ROWID;

  CREATE TABLE key (
    number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, text TEXT NOT NULL, removed INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, text)
  );
  CREATE TABLE origin (number INTEGER PRIMARY KEY, origin INTEGER NOT NULL UNIQUE);

  CREATE TABLE message (
    origin INTEGER, seq INTEGER, time INTEGER NOT NULL, position INTEGER NOT NULL, length INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    PRIMARY KEY (origin, seq)
  ) WITHOUT ROWID;
  CREATE TABLE conversation (
    conversation INTEGER, time INTEGER, origin INTEGER, seq INTEGER,
    PRIMARY KEY (conversation, time, origin, seq)
  ) WITHOUT ROWID;
  CREATE TABLE stream (
    stream INTEGER, origin INTEGER, seq INTEGER,
    PRIMARY KEY (stream, origin, seq)
  ) WITHOUT ROWID;
  CREATE TABLE sent (
    client INTEGER, counter INTEGER, origin INTEGER, seq INTEGER,
    PRIMARY KEY (client, counter, origin, seq)
  ) WITHOUT ROWID;

  -- Messages of which there is more than one copy, and the send that they are copies of. Few.
  CREATE TABLE copied (
    origin INTEGER, seq INTEGER, conversation INTEGER NOT NULL, client INTEGER NOT NULL, counter INTEGER NOT NULL,
    PRIMARY KEY (origin, seq)
  ) WITHOUT ROWID;
  CREATE INDEX copied_by_send ON copied (conversation, client, counter);

  PRAGMA user_version = ${SCHEMA_VERSION};
`;

export const viewDesign: DatabaseDesign = {
  schema,
  version: SCHEMA_VERSION,
  pageCacheBytes: limits.viewPageCacheBytes,
  walBytes: limits.viewWalBytes,
};
