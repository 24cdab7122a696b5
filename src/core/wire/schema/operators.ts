/** For operators. */
import { many, one, type MessageDefinition } from '../schema-language.js';

export const operatorMessages = {
  AskStatus: { type: 0x0030, from: 'client', doc: 'Asks how this server is. Needs no session.', fields: {} },
  Status: {
    type: 0x0031,
    from: 'server',
    doc: 'How this server is and how it sees the others.',
    fields: {
      server: one(1, 'uint', 'Its id.'),
      state: one(2, 'string', '`joining` or `open`.'),
      software: one(3, 'string', 'Name and version.'),
      uptimeMs: one(4, 'uint', 'Since it started.'),
      ops: one(5, 'uint', 'Ops held.'),
      stateHash: one(6, 'string', 'Equal on servers that hold the same ops.'),
      origin: one(7, 'uint', 'The origin that numbers its ops; 0 before its first write since it was started.'),
      peers: many(8, 'PeerStatus', 'The other members.'),
      clients: one(9, 'uint', 'Connections of clients, the one that asks not counted.'),
      sessions: one(10, 'uint', 'Sessions attached here.'),
      logBytes: one(11, 'uint', 'Bytes in the log.'),
      viewLagOps: one(12, 'uint', 'Ops that are durable and not yet in the view database.'),
      vector: many(13, 'Dot', 'What it holds.'),
    },
  },
} as const satisfies Record<string, MessageDefinition>;
