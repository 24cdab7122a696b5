/**
 * The schema table: every message of the wire protocol and the body of every op. The codec, the TypeScript types,
 * `docs/spec/holdfast.proto`, the tables of `docs/spec/wire.md` and the test vectors come from it.
 *
 * A field's number and type are never changed or used again. A test pins the hash of the table to the protocol version.
 */
import { many, one, optional, type MessageDefinition } from './schema-language.js';

export const protocolVersion = 1;

/** Values that more than one message carries. */
const shared = {
  Dot: {
    doc: 'The identity of an op, and so of a message or an account; in a vector, the highest seq held of an origin.',
    fields: {
      origin: one(1, 'uint', 'Who numbered it: 1 to 2^53 - 1.'),
      seq: one(2, 'uint', 'Its number, dense from 1.'),
    },
  },
  OperationId: {
    doc: 'Names one request for ever, so that repeating it anywhere changes nothing.',
    fields: {
      client: one(1, 'bytes', '16 random bytes, drawn once by an installation of a client.'),
      counter: one(2, 'uint', 'From 1; never used twice by that client.'),
    },
  },
  StoredOn: {
    doc: 'How many servers held the op durably when it was acknowledged.',
    fields: {
      copies: one(1, 'uint', 'Servers on whose disk it was.'),
      members: one(2, 'uint', 'Servers in the group.'),
    },
  },
  Member: {
    doc: 'A server of the group and where it listens.',
    fields: {
      server: one(1, 'uint', 'Its id in the config.'),
      host: one(2, 'string', 'Name or address.'),
      port: one(3, 'uint', 'TCP port.'),
    },
  },
  Limits: {
    doc: 'What this server allows.',
    fields: {
      frameBytesBeforeLogin: one(1, 'uint', 'Largest frame body before login.'),
      frameBytes: one(2, 'uint', 'Largest frame body after login.'),
      textBytes: one(3, 'uint', 'Longest message text.'),
      requestsInFlight: one(4, 'uint', 'Requests waiting for their answers.'),
      credit: one(5, 'uint', 'Most messages that may be granted at once.'),
    },
  },
  Text: {
    doc: 'One message as its reader gets it.',
    fields: {
      id: one(1, 'Dot', 'Its identity.'),
      from: one(2, 'string', 'Name of the sender as it is now.'),
      to: one(3, 'string', 'Name of the recipient as it is now.'),
      text: one(4, 'string', 'What was written.'),
      sentAtMs: one(5, 'uint', 'When a server took it, in milliseconds since 1970.'),
      time: one(6, 'uint', 'Its hybrid time: messages are shown in the order of (time, id).'),
      fromDeleted: one(7, 'bool', 'The sender has deleted the account since.'),
    },
  },
  Waiting: {
    doc: 'What came for an account while nobody was logged in, from one sender.',
    fields: {
      from: one(1, 'string', 'Name of the sender.'),
      count: one(2, 'uint', 'How many messages.'),
      firstAtMs: one(3, 'uint', 'When the first was sent.'),
      latestAtMs: one(4, 'uint', 'When the last was sent.'),
    },
  },
  PeerStatus: {
    doc: 'How a server sees another.',
    fields: {
      server: one(1, 'uint', 'The id of the other.'),
      linked: one(2, 'bool', 'There is a connection, and it is proved.'),
      inSync: one(3, 'bool', 'New writes wait for it.'),
      lagOps: one(4, 'uint', 'Ops that this server holds and the other does not, as last heard.'),
      lastHeardMs: one(
        5,
        'uint',
        'Milliseconds since anything was heard; 0 with `everHeard` false if nothing ever was.',
      ),
      everHeard: one(6, 'bool', 'Something was heard since this server started.'),
    },
  },
} as const satisfies Record<string, MessageDefinition>;

/** Before anything else. */
const handshake = {
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

/** Accounts and sessions. */
const accounts = {
  CreateAccount: {
    type: 0x0010,
    from: 'client',
    doc: 'Creates an account. Refused while logged in.',
    fields: {
      name: one(1, 'string', 'The name wanted.'),
      password: one(2, 'string', 'Its password.'),
      operation: one(3, 'OperationId', 'Names this request.'),
    },
  },
  AccountCreated: {
    type: 0x0011,
    from: 'server',
    doc: 'The account exists.',
    fields: {
      account: one(1, 'Dot', 'Identity of the account.'),
      name: one(2, 'string', 'Its name in canonical form.'),
      storedOn: one(3, 'StoredOn', 'Copies.'),
    },
  },
  Login: {
    type: 0x0012,
    from: 'client',
    doc: 'Opens a session and attaches it to this connection.',
    fields: {
      name: one(1, 'string', 'Name of the account.'),
      password: one(2, 'string', 'Its password.'),
      operation: one(3, 'OperationId', 'Names this request. Its client names the sends of the session.'),
      takeOver: one(4, 'bool', 'End the oldest session where there is one too many.'),
    },
  },
  LoggedIn: {
    type: 0x0013,
    from: 'server',
    doc: 'The session is open.',
    fields: {
      account: one(1, 'Dot', 'Identity of the account.'),
      name: one(2, 'string', 'Its name as shown.'),
      session: one(3, 'Dot', 'Identity of the session.'),
      token: one(4, 'bytes', 'Proves the session to any server. Keep it secret.'),
      waiting: many(5, 'Waiting', 'What came since the last delivery mark, by sender.'),
      delivered: many(6, 'Dot', "The account's delivery mark: a vector to begin receiving from."),
      storedOn: one(7, 'StoredOn', 'Copies of the session.'),
    },
  },
  Resume: {
    type: 0x0014,
    from: 'client',
    doc: 'Attaches an open session to this connection, on any server.',
    fields: {
      account: one(1, 'Dot', 'Identity of the account.'),
      session: one(2, 'Dot', 'Identity of the session.'),
      token: one(3, 'bytes', 'What LoggedIn gave.'),
      latestTime: one(4, 'uint', 'The highest hybrid time seen, so that what follows is ordered after it.'),
    },
  },
  Resumed: {
    type: 0x0015,
    from: 'server',
    doc: 'The session goes on here.',
    fields: { name: one(1, 'string', 'Name of the account as shown.') },
  },
  LogOff: { type: 0x0016, from: 'client', doc: 'Ends the session for good.', fields: {} },
  LoggedOff: { type: 0x0017, from: 'server', doc: 'The session has ended. The connection stays.', fields: {} },
  DeleteAccount: {
    type: 0x0018,
    from: 'client',
    doc: "Deletes the session's account and what waits for it.",
    fields: {},
  },
  AccountDeleted: {
    type: 0x0019,
    from: 'server',
    doc: 'The account and its session are gone. The connection stays.',
    fields: { storedOn: one(1, 'StoredOn', 'Copies.') },
  },
  ListAccounts: {
    type: 0x001a,
    from: 'client',
    doc: 'Names that a regular expression finds something in. Needs no session.',
    fields: {
      pattern: one(1, 'string', 'RE2 syntax; empty finds all.'),
      after: one(2, 'string', 'Only names after this one; empty from the first.'),
      limit: one(3, 'uint', 'At most this many; 0 leaves it to the server.'),
    },
  },
  AccountList: {
    type: 0x001b,
    from: 'server',
    doc: 'A page of names, in order.',
    fields: {
      names: many(1, 'string', 'Names as shown.'),
      more: one(2, 'bool', 'Ask again with `after` set to the last name.'),
    },
  },
  SessionEnded: {
    type: 0x001c,
    from: 'server',
    doc: 'Pushed when the session of this connection ends for another reason than a request on it.',
    fields: {
      code: one(1, 'uint', 'Number of the error in the registry.'),
      message: one(2, 'string', 'For people.'),
    },
  },
} as const satisfies Record<string, MessageDefinition>;

/** Messages. */
const messages = {
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
      previousSeq: one(
        2,
        'uint',
        "Seq of the same origin's previous message in this stream; 0 if the cursor had none.",
      ),
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
      beforeTime: one(2, 'uint', 'Only messages before this hybrid time and `beforeId`; 0 from the latest.'),
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
} as const satisfies Record<string, MessageDefinition>;

/** For operators. */
const operation = {
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

/** Between servers. */
const peers = {
  PeerHello: {
    type: 0x0100,
    from: 'peer',
    doc: 'The first frame in each direction between servers. The server that was dialled answers with its own and `proof`.',
    fields: {
      versionMin: one(1, 'uint', 'Lowest protocol version.'),
      versionMax: one(2, 'uint', 'Highest protocol version.'),
      group: one(3, 'string', 'Name of the group.'),
      server: one(4, 'uint', 'Id of the sender.'),
      nonce: one(5, 'bytes', '32 random bytes.'),
      proof: one(6, 'bytes', 'Empty from the dialler; see PeerProof.'),
      capabilities: many(7, 'string', 'What the server can do beyond the version.'),
    },
  },
  PeerProof: {
    type: 0x0101,
    from: 'peer',
    doc: 'The dialler proves that it holds the key of the group: HMAC-SHA256 over role, group, both ids and both nonces.',
    fields: { proof: one(1, 'bytes', '32 bytes.') },
  },
  PeerState: {
    type: 0x0102,
    from: 'peer',
    doc: 'Sent once when the link is proved and then as the heartbeat.',
    fields: {
      origin: one(1, 'uint', 'The current origin of the sender; 0 while it has none.'),
      vector: many(2, 'Dot', 'What the sender holds durably.'),
      links: many(3, 'uint', 'Servers that the sender is linked to.'),
      open: one(4, 'bool', 'The sender serves clients.'),
    },
  },
  Want: {
    type: 0x0103,
    from: 'peer',
    doc: 'Asks for every op of an origin beyond a seq, and for those that come, until DontWant.',
    fields: { wants: many(1, 'Dot', 'Origin, and the seq that the asker holds.') },
  },
  DontWant: {
    type: 0x0104,
    from: 'peer',
    doc: 'Ends what Want began.',
    fields: { origins: many(1, 'uint', 'Origins.') },
  },
  Ops: {
    type: 0x0105,
    from: 'peer',
    doc: "Whole records, one after the other, in the order of the sender's log.",
    fields: { records: one(1, 'bytes', 'See the store specification.') },
  },
  Durable: {
    type: 0x0106,
    from: 'peer',
    doc: 'What became durable on the sender: the entries of its vector that moved.',
    fields: { vector: many(1, 'Dot', 'Cumulative.') },
  },
  InSync: {
    type: 0x0107,
    from: 'peer',
    doc: "Follows the last op of the sender's log: from here on its writes wait for the receiver, or (false) no longer.",
    fields: { inSync: one(1, 'bool', 'Whether they wait.') },
  },
  Reserve: {
    type: 0x0108,
    from: 'peer',
    doc: 'Asks for the sole right to do something to a key for the moment.',
    fields: {
      key: one(1, 'string', '`name:` and a canonical name, or `session:` and an account id.'),
      session: optional(2, 'Dot', 'Of a resume: this session does not count, and is detached.'),
      login: optional(3, 'OperationId', 'Of a login: a session that it opened does not count, and is detached.'),
    },
  },
  Reserved: {
    type: 0x0109,
    from: 'peer',
    doc: 'The answer to Reserve.',
    fields: {
      granted: one(1, 'bool', 'Until Release, the op that uses it, or the end of the link.'),
      code: one(2, 'uint', 'Where not granted: number of the error in the registry.'),
      sessions: many(3, 'Dot', "Of a session key: the account's sessions attached to the sender, oldest first."),
    },
  },
  Release: {
    type: 0x010a,
    from: 'peer',
    doc: 'Gives a key back. No answer.',
    fields: { key: one(1, 'string', 'As in Reserve.') },
  },
} as const satisfies Record<string, MessageDefinition>;

/** Bodies of records. Whatever is added here is replicated and stored for ever. */
const ops = {
  AccountCreatedOp: {
    op: 1,
    doc: 'An account came to be; its id is the dot of this op.',
    fields: {
      name: one(1, 'string', 'Canonical name.'),
      passwordHash: one(2, 'string', 'argon2id in PHC string format.'),
      operation: one(3, 'OperationId', 'The request.'),
      seen: many(4, 'Dot', 'A vector that covers every earlier claim of the name that the maker knew.'),
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
} as const satisfies Record<string, MessageDefinition>;

/** Small state saved in the view database. Not replicated; a new version may rebuild it. */
const saved = {
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
  SavedSelf: {
    doc: 'What a server knows of itself.',
    fields: { origin: one(1, 'uint', 'The origin that it numbered its ops under last.') },
  },
} as const satisfies Record<string, MessageDefinition>;

export const schema = { ...shared, ...handshake, ...accounts, ...messages, ...operation, ...peers, ...ops, ...saved };
