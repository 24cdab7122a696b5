/**
 * Small state saved in the view database. Not replicated; a new version may rebuild it. Whoever changes a message here
 * raises the format in chat/known-ops.ts, which a test asks for.
 */
import { many, one, optional, type MessageDefinition } from '../schema-language.js';

export const savedMessages = {
  SavedOrigin: {
    doc: 'The end of one origin as applied.',
    fields: {
      seq: one(1, 'uint', 'Highest seq held.'),
      checksum: one(2, 'uint', 'Checksum of its record.'),
    },
  },
  SavedAccount: {
    doc: 'An account.',
    fields: {
      name: one(1, 'string', 'Canonical name.'),
      passwordHash: one(2, 'string', 'argon2id in PHC string format; empty once deleted.'),
      operation: one(3, 'OperationId', 'The request that made it.'),
      seen: many(4, 'Dot', 'Earlier claims of the name that its maker knew.'),
      time: one(5, 'uint', 'Hybrid time of its creation.'),
      deleted: one(6, 'bool', 'Gone for good.'),
      known: one(7, 'bool', 'The op that made it has arrived.'),
      sessions: many(8, 'SavedSession', 'Open sessions.'),
      closedEarly: many(9, 'Dot', 'Sessions that ended before the op that opened them arrived.'),
      coordinator: one(10, 'uint', 'The server that has to confirm it; 0 where none has.'),
      confirmation: optional(11, 'Dot', 'The op that did.'),
      seenAtConfirmation: many(12, 'Dot', 'Other claims of the name that the coordinator knew.'),
    },
  },
  SavedSession: {
    doc: 'An open session.',
    fields: {
      id: one(1, 'Dot', 'Which.'),
      tokenHash: one(2, 'bytes', 'SHA-256 of the token.'),
      operation: one(3, 'OperationId', 'The login.'),
      time: one(4, 'uint', 'Hybrid time of its opening.'),
    },
  },
  SavedMark: { doc: "An account's delivery mark.", fields: { mark: many(1, 'Dot', 'A vector.') } },
  SavedClient: {
    doc: 'The counters seen of one client of an account.',
    fields: {
      account: one(1, 'Dot', 'Whose.'),
      client: one(2, 'bytes', '16 bytes.'),
      counters: many(3, 'uint', 'Runs of counters: first, last, first, last, rising.'),
    },
  },
  SavedLate: {
    doc: 'The ops of one origin that are late.',
    fields: { seqs: many(1, 'uint', 'Runs of seqs: first, last, first, last, rising.') },
  },
  SavedMerges: {
    doc: 'The latest merges.',
    fields: { merges: many(1, 'SavedMerge', 'The latest first.') },
  },
  SavedMerge: {
    doc: 'A merge and the op that told of it.',
    fields: { id: one(1, 'Dot', 'The op.'), merge: one(2, 'Merge', 'The merge.') },
  },
  SavedProgram: {
    doc: 'What the program knew that applied the ops.',
    fields: {
      opKinds: one(1, 'uint', 'Every kind of op up to this number.'),
      format: one(2, 'uint', 'How it saved what they add up to.'),
    },
  },
  SavedMember: {
    doc: 'What the group has settled of one server.',
    fields: {
      set: optional(1, 'MemberSetOp', 'Where it is reached, by the op that holds of those that say so.'),
      setAt: optional(5, 'SavedSettling', 'That op.'),
      removedAt: optional(6, 'SavedSettling', 'The op that holds of those that remove it.'),
    },
  },
  SavedSettling: {
    doc: 'The place of an op about a server among others.',
    fields: {
      change: one(1, 'uint', 'As in the op.'),
      time: one(2, 'uint', 'Its hybrid time.'),
      id: one(3, 'Dot', 'The op.'),
    },
  },
  SavedSelf: {
    doc: 'What a server knows of itself.',
    fields: {
      origin: one(1, 'uint', 'The origin that it numbered its ops under last.'),
      time: one(2, 'uint', 'Hybrid time of the last op that it wrote; 0 where an older version saved this.'),
    },
  },
} as const satisfies Record<string, MessageDefinition>;
