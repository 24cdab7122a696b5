/** For operators. */
import { many, one, optional, type MessageDefinition } from '../schema-language.js';

export const operatorMessages = {
  AskStatus: { type: 0x0030, from: 'client', doc: 'Asks how this server is. Needs no session.', fields: {} },
  Status: {
    type: 0x0031,
    from: 'server',
    doc: 'How this server is and how it sees the others.',
    fields: {
      server: one(1, 'uint', 'Its id.'),
      state: one(2, 'string', '`joining`, `open`, `stalled` while its disk does not answer, or `draining`.'),
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
      merges: many(14, 'Merge', 'The latest merges of all servers that it has heard of, the latest first.'),
      minCopies: one(15, 'uint', 'An operation that fewer servers would hold is refused here.'),
      members: many(16, 'Member', 'The servers of the group as it knows them, itself included.'),
      damage: optional(18, 'DamageStatus', 'What of its log is, or was, damaged.'),
      disk: optional(17, 'DiskStatus', 'The room on its disk, where that is known.'),
    },
  },
  MoveOn: {
    type: 0x0052,
    from: 'server',
    ignorable: true,
    doc: 'A push: this server is about to stop and another is open. Go there once what you have asked here is answered.',
    fields: {},
  },
  Members: {
    type: 0x0051,
    from: 'server',
    ignorable: true,
    doc: 'A push: the servers of the group are others than Welcome said, or than the last of these.',
    fields: { members: many(1, 'Member', 'All servers of the group.') },
  },
  AddMember: {
    type: 0x0120,
    from: 'operator',
    doc: 'Makes a server a member of the group, or gives a member another address.',
    fields: {
      server: one(1, 'uint', 'Its id.'),
      host: one(2, 'string', 'Name or address.'),
      port: one(3, 'uint', 'TCP port.'),
      peerHost: optional(4, 'string', 'Where other servers reach it, if elsewhere.'),
      peerPort: optional(5, 'uint', 'The port to that.'),
      move: one(6, 'bool', 'It is a member, and the address is new.'),
    },
  },
  MembersSettled: {
    type: 0x0121,
    from: 'server',
    doc: 'The answer to AddMember and RemoveMember.',
    fields: {
      members: many(1, 'Member', 'All servers of the group from now on.'),
      changed: one(2, 'bool', 'False where all was as asked for already.'),
      storedOn: optional(3, 'StoredOn', 'Copies of the change.'),
    },
  },
  RemoveMember: {
    type: 0x0122,
    from: 'operator',
    doc: 'Makes a server a member no more. It hands over what only it holds, and stops.',
    fields: { server: one(1, 'uint', 'Its id.') },
  },
  Drain: {
    type: 0x0128,
    from: 'operator',
    doc: 'Asks a server to move its clients to others, take no more, and stop.',
    fields: {},
  },
  Drained: {
    type: 0x0129,
    from: 'server',
    doc: 'The answer to Drain: the server stops now.',
    fields: {
      moved: one(1, 'uint', 'Clients that went on elsewhere.'),
      left: one(2, 'uint', 'Clients that did not go in time, or do not know how to; they are sent away.'),
    },
  },
} as const satisfies Record<string, MessageDefinition>;
