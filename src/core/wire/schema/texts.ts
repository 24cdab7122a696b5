/** Messages. */
import { many, one, optional, type MessageDefinition } from '../schema-language.js';

export const textMessages = {
  Send: {
    type: 0x0020,
    from: 'client',
    doc: "Sends a text. The operation id is the client of the session's login and this counter.",
    fields: {
      to: one(1, 'string', 'Name of the recipient.'),
      text: one(2, 'string', '1 byte to 16 KiB.'),
      counter: one(3, 'uint', 'From 1; never used twice by the client, and sent in rising order on each connection.'),
    },
  },
  Sent: {
    type: 0x0021,
    from: 'server',
    doc: 'The message is stored.',
    fields: {
      id: one(1, 'Dot', 'Its identity.'),
      sentAtMs: one(2, 'uint', 'When the server took it.'),
      time: one(3, 'uint', 'Its hybrid time.'),
      storedOn: one(4, 'StoredOn', 'Copies.'),
    },
  },
  Receive: {
    type: 0x0022,
    from: 'client',
    doc: 'Begins the stream of messages to the account: what lies beyond the cursor, then what comes.',
    fields: {
      cursor: many(1, 'Dot', 'A vector: what the client has. Where absent for an origin, nothing of it.'),
      credit: one(2, 'uint', 'How many messages the server may push before it is granted more.'),
    },
  },
  Receiving: { type: 0x0023, from: 'server', doc: 'The stream begins.', fields: {} },
  Deliver: {
    type: 0x0024,
    from: 'server',
    doc: 'One message of the stream, pushed. Uses up one credit.',
    fields: {
      message: one(1, 'Text', 'The message. Its id moves the cursor.'),
      previousSeq: one(2, 'uint', "The cursor's entry for the same origin before this message; 0 if it had none."),
      sender: one(3, 'Dot', 'Identity of the account that sent it.'),
      operation: one(4, 'OperationId', 'The send. With `sender` it is the same for every copy of one message.'),
    },
  },
  Live: { type: 0x0025, from: 'server', doc: 'Pushed when everything stored before has been delivered.', fields: {} },
  Credit: {
    type: 0x0026,
    from: 'client',
    doc: 'Grants more messages. No answer; correlation id 0.',
    fields: { credit: one(1, 'uint', 'How many more.') },
  },
  MarkDelivered: {
    type: 0x0027,
    from: 'client',
    doc: "Moves the account's delivery mark: what it covers does not wait for the next login.",
    fields: { cursor: many(1, 'Dot', 'A vector over the stream. Entries never go back.') },
  },
  Marked: { type: 0x0028, from: 'server', doc: 'The mark is stored.', fields: {} },
  ReadHistory: {
    type: 0x0029,
    from: 'client',
    doc: 'A page of the conversation with one account, latest first.',
    fields: {
      with: one(1, 'string', 'Name of the other account.'),
      beforeTime: one(
        2,
        'uint',
        'Only messages before this hybrid time and `beforeId`, or before the time alone; 0 from the latest.',
      ),
      beforeId: optional(3, 'Dot', 'Goes with `beforeTime`.'),
      limit: one(4, 'uint', 'At most this many; 0 leaves it to the server.'),
    },
  },
  History: {
    type: 0x002a,
    from: 'server',
    doc: 'A page of a conversation, latest first.',
    fields: {
      messages: many(1, 'Text', 'The messages.'),
      more: one(2, 'bool', 'There are earlier ones.'),
    },
  },
  Search: {
    type: 0x002b,
    from: 'client',
    doc: "Looks for messages among the account's own, latest first. Needs the capability `search` of the server.",
    fields: {
      terms: many(1, 'SearchTerm', 'Those that are not excluded all have to occur, in any order; at most 32.'),
      from: one(2, 'string', 'Only messages that the account of this name sent; empty for anyone.'),
      with: one(3, 'string', 'Only the conversation with the account of this name; empty for all.'),
      afterMs: one(4, 'uint', 'Only messages of this moment or later, in milliseconds since 1970.'),
      beforeMs: one(5, 'uint', 'Only messages earlier than this moment; 0 for no such bound.'),
      beforeTime: one(
        6,
        'uint',
        'Only messages before this hybrid time and `beforeId`, or before the time alone; 0 from the latest.',
      ),
      beforeId: optional(7, 'Dot', 'Goes with `beforeTime`.'),
      limit: one(8, 'uint', 'At most this many; 0 leaves it to the server.'),
    },
  },
  SearchTerm: {
    doc: 'A word or a phrase to look for. Case and diacritics make no difference.',
    fields: {
      text: one(1, 'string', 'Words that follow each other; what is no letter or digit stands between words.'),
      prefix: one(2, 'bool', 'The last word is only the beginning of one, of at least 2 characters.'),
      excluded: one(3, 'bool', 'It must not occur.'),
    },
  },
  Found: {
    type: 0x002c,
    from: 'server',
    doc: 'A page of what a search found, latest first.',
    fields: {
      messages: many(1, 'Text', 'The messages.'),
      more: one(2, 'bool', 'There are earlier ones: the next page begins before the last of these.'),
    },
  },
} as const satisfies Record<string, MessageDefinition>;
