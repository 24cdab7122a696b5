/** Values that more than one message carries. */
import { many, one, optional, type MessageDefinition } from '../schema-language.js';

export const sharedMessages = {
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
      late: one(8, 'bool', 'It came to a part of the servers late, when they could reach each other again.'),
      toDeleted: one(9, 'bool', 'The recipient has deleted the account since.'),
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
  DiskStatus: {
    doc: 'How much room a server has on its disk.',
    fields: {
      freeBytes: one(1, 'uint', 'Bytes that it may still fill.'),
      totalBytes: one(2, 'uint', 'Size of the file system.'),
      reserveBytes: one(3, 'uint', 'With less than this free it takes no more ops.'),
      full: one(4, 'bool', 'It takes no ops now.'),
    },
  },
  Merge: {
    doc: 'What one server got from another when they met again after they had been apart.',
    fields: {
      server: one(1, 'uint', 'The server that got it.'),
      peer: one(2, 'uint', 'The server that it came from.'),
      apartMs: one(3, 'uint', 'For how long the two had not been linked while the first served.'),
      ops: one(4, 'uint', 'Ops that came.'),
      messages: one(5, 'uint', 'Messages among them.'),
      lateMessages: one(6, 'uint', 'Messages that are marked as late.'),
      displaced: one(7, 'uint', 'Accounts that lost their name to an earlier one.'),
      sessionsEnded: one(8, 'uint', 'Sessions ended because their account had more than allowed.'),
      time: one(9, 'uint', 'Hybrid time at which all of it had come; left out where an op carries it.'),
    },
  },
  ChainEnd: {
    doc: 'The last op held of an origin. Where two servers name the same seq and another checksum, their histories differ.',
    fields: {
      origin: one(1, 'uint', 'The origin.'),
      seq: one(2, 'uint', 'The seq.'),
      checksum: one(3, 'uint', 'Of the record.'),
    },
  },
  SeqRange: {
    doc: 'Ops of one origin that follow each other.',
    fields: {
      origin: one(1, 'uint', 'Their origin.'),
      first: one(2, 'uint', 'The seq of the first.'),
      last: one(3, 'uint', 'The seq of the last.'),
    },
  },
  DamageStatus: {
    doc: 'What a server has found damaged on its disk since it was started.',
    fields: {
      found: one(1, 'uint', 'Damaged places.'),
      mended: one(2, 'uint', 'Of these, those that are whole again.'),
      places: many(3, 'DamagedPlace', 'Those that are not; the first 100.'),
      checking: one(4, 'bool', 'The log is being read through.'),
      checkedAgoMs: optional(5, 'uint', 'Since when it was last read through to its end.'),
      lackedOps: one(
        6,
        'uint',
        'Ops that the disk lost and no server within reach has, or of a history that hangs on them.',
      ),
    },
  },
  DamagedPlace: {
    doc: 'Where the log is damaged.',
    fields: {
      file: one(1, 'string', 'The file.'),
      offset: one(2, 'uint', 'Where in it.'),
      bytes: one(3, 'uint', 'How many bytes.'),
      ops: one(4, 'uint', 'How many ops stood there.'),
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
      refusal: one(
        7,
        'string',
        'Why there is no link although the two met, for people; empty where there is no such reason.',
      ),
    },
  },
} as const satisfies Record<string, MessageDefinition>;
