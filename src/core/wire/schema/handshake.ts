/** Before anything else. */
import { many, one, type MessageDefinition } from '../schema-language.js';

export const handshakeMessages = {
  Hello: {
    type: 0x0001,
    from: 'client',
    doc: 'The first frame of a client. Requests may follow without waiting for the answer.',
    fields: {
      versionMin: one(1, 'uint', 'Lowest protocol version the client speaks.'),
      versionMax: one(2, 'uint', 'Highest protocol version the client speaks.'),
      capabilities: many(3, 'string', 'What the client can do beyond the version. Unknown ones are ignored.'),
      software: one(4, 'string', 'Name and version, for the log.'),
    },
  },
  Welcome: {
    type: 0x0002,
    from: 'server',
    doc: 'The answer to Hello.',
    fields: {
      version: one(1, 'uint', 'The protocol version of this connection.'),
      capabilities: many(2, 'string', 'What the server can do beyond the version.'),
      limits: one(3, 'Limits', 'What the server allows.'),
      group: one(4, 'string', 'Name of the group.'),
      server: one(5, 'uint', 'Id of this server.'),
      members: many(6, 'Member', 'All servers of the group.'),
      heartbeatMs: one(7, 'uint', 'Send something at least this often.'),
      silenceMs: one(8, 'uint', 'The server closes when it has heard nothing for this long.'),
      serverTimeMs: one(9, 'uint', 'Milliseconds since 1970.'),
    },
  },
  Ping: { type: 0x0003, from: 'either', doc: 'Asks for a Pong with the same correlation id.', fields: {} },
  Pong: { type: 0x0004, from: 'either', doc: 'The answer to Ping.', fields: {} },
  Failed: {
    type: 0x0005,
    from: 'server',
    doc: 'The request failed; with correlation id 0, the connection did, and closes.',
    fields: {
      code: one(1, 'uint', 'Number of the error in the registry.'),
      message: one(2, 'string', 'What was wrong and what to do, for people.'),
      mayHaveHappened: one(3, 'bool', 'The operation may have been carried out.'),
      retry: one(4, 'uint', '0 never, 1 later on the same server, 2 at once on another.'),
    },
  },
} as const satisfies Record<string, MessageDefinition>;
