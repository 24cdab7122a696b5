/** Bodies of records. Whatever is added here is replicated and stored for ever. */
import { many, one, optional, type MessageDefinition } from '../schema-language.js';

export const opMessages = {
  AccountCreatedOp: {
    op: 1,
    doc: 'An account came to be; its id is the dot of this op.',
    fields: {
      name: one(1, 'string', 'Canonical name.'),
      passwordHash: one(2, 'string', 'argon2id in PHC string format.'),
      operation: one(3, 'OperationId', 'The request.'),
      seen: many(4, 'Dot', 'A vector that covers every earlier claim of the name that the maker knew.'),
      coordinator: one(5, 'uint', 'The server that has to confirm it before it counts; 0 where it counts at once.'),
    },
  },
  AccountDeletedOp: {
    op: 2,
    doc: 'An account is gone for good.',
    fields: { account: one(1, 'Dot', 'Which.') },
  },
  SessionOpenedOp: {
    op: 3,
    doc: 'A session began; its id is the dot of this op.',
    fields: {
      account: one(1, 'Dot', 'Whose.'),
      tokenHash: one(2, 'bytes', 'SHA-256 of the token.'),
      operation: one(3, 'OperationId', 'The login. Its client names the sends of the session.'),
      replaces: many(4, 'Dot', 'Sessions of the account that end with this one.'),
    },
  },
  SessionClosedOp: {
    op: 4,
    doc: 'A session ended.',
    fields: {
      account: one(1, 'Dot', 'Whose.'),
      session: one(2, 'Dot', 'Which.'),
    },
  },
  MessageSentOp: {
    op: 5,
    doc: 'A message was sent; its id is the dot of this op.',
    fields: {
      sender: one(1, 'Dot', 'The account that sent it.'),
      conversation: one(2, 'Conversation', 'Where it belongs.'),
      operation: one(3, 'OperationId', 'The send.'),
      text: one(4, 'string', 'The body; never changed.'),
    },
  },
  Conversation: {
    doc: 'Whom a message is for. One kind today; a reader treats a kind that it does not know as nobody it knows.',
    fields: { direct: many(1, 'Dot', 'The two accounts, smaller id first; one, where someone writes to themselves.') },
  },
  DeliveredOp: {
    op: 6,
    doc: 'Messages reached an account.',
    fields: {
      account: one(1, 'Dot', 'Whose mark moves.'),
      mark: many(2, 'Dot', 'A vector, joined to the mark by maximum.'),
    },
  },
  AccountConfirmedOp: {
    op: 7,
    doc: 'An account that was to be confirmed has its name: no rival can have it as well.',
    fields: {
      account: one(1, 'Dot', 'Which.'),
      seen: many(2, 'Dot', 'A vector that covers every other claim of the name that the coordinator knew.'),
    },
  },
  MergedOp: {
    op: 8,
    doc: 'Servers that had been apart met again. One says what is late, before it comes; another, at the end, what came.',
    fields: {
      late: many(1, 'OpRange', 'Ops that are late.'),
      merge: optional(2, 'Merge', 'What came in all.'),
    },
  },
  OpRange: {
    doc: 'Consecutive ops of one origin.',
    fields: {
      origin: one(1, 'uint', 'Which origin.'),
      first: one(2, 'uint', 'Seq of the first.'),
      last: one(3, 'uint', 'Seq of the last.'),
    },
  },
  MemberSetOp: {
    op: 9,
    doc: 'A server is a member of the group, and where it is reached.',
    fields: {
      server: one(1, 'uint', 'Its id.'),
      host: one(2, 'string', 'Name or address.'),
      port: one(3, 'uint', 'TCP port.'),
      peerHost: optional(4, 'string', 'Where other servers reach it, if elsewhere.'),
      peerPort: optional(5, 'uint', 'The port to that.'),
      change: one(
        6,
        'uint',
        'One more than that of the last op about the server that the maker knew; 0 where the config of the maker says so, and no operator.',
      ),
      group: one(
        7,
        'string',
        'Name of the group. In a copy of the log that another group has taken over, the op is not about it.',
      ),
    },
  },
  MemberRemovedOp: {
    op: 10,
    doc: 'A server is no member of the group any more.',
    fields: {
      server: one(1, 'uint', 'Its id.'),
      change: one(2, 'uint', 'As in MemberSetOp.'),
      group: one(3, 'string', 'As in MemberSetOp.'),
    },
  },
} as const satisfies Record<string, MessageDefinition>;
