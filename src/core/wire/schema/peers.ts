/** Between servers. */
import { many, one, optional, type MessageDefinition } from '../schema-language.js';

export const peerMessages = {
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
      vouches: optional(
        8,
        'bool',
        'From the dialler: an op in its log says that the receiver is a member of the group.',
      ),
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
      vector: many(2, 'Dot', 'What the sender holds, durable or not.'),
      links: many(3, 'uint', 'Servers that the sender is linked to.'),
      open: one(4, 'bool', 'The sender serves clients.'),
      time: one(5, 'uint', 'The hybrid clock of the sender; 0 from a server that does not tell.'),
      full: one(6, 'bool', "The sender's disk is full: it takes no ops, and nobody waits for it."),
      minCopies: one(7, 'uint', 'An operation that fewer servers would hold is refused by the sender.'),
    },
  },
  Want: {
    type: 0x0103,
    from: 'peer',
    doc: 'Asks for every op of an origin beyond a seq, and for those that come, until DontWant. Sent at least once, if only with nothing.',
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
    doc: "Follows the other's first Want and the last op wanted of the log: from here on its writes wait for the receiver, or (false) no longer.",
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
      at: one(
        4,
        'uint',
        'Not for the receiver: it is to ask this server, which the sender has no link to, and to pass on the answer.',
      ),
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
    fields: { key: one(1, 'string', 'As in Reserve.'), at: one(2, 'uint', 'As in Reserve.') },
  },
  Fetch: {
    type: 0x010b,
    from: 'peer',
    doc: 'Asks for ops that the asker once held and cannot read any more. From version 2.',
    fields: { ranges: many(1, 'SeqRange', 'At most 256.') },
  },
  Fetched: {
    type: 0x010c,
    from: 'peer',
    doc: 'The answer to Fetch: what of it the sender can read. Where it is cut short, asking for the rest brings more.',
    fields: { records: one(1, 'bytes', 'Whole records, one after the other, in the order of each origin.') },
  },
  Unreadable: {
    type: 0x0130,
    from: 'peer',
    ignorable: true,
    doc: 'Origins of which the sender holds more than the receiver wanted and cannot read it: to be had elsewhere. Replaces what it said before.',
    fields: { origins: many(1, 'uint', 'Origins.') },
  },
} as const satisfies Record<string, MessageDefinition>;
