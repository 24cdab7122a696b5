/** Accounts and sessions. */
import { many, one, type MessageDefinition } from '../schema-language.js';

export const accountMessages = {
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
      formerName: one(
        8,
        'string',
        'The name that it was created with, where an account of the other side of a split has it; else empty.',
      ),
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
    fields: {
      name: one(1, 'string', 'Name of the account as shown.'),
      formerName: one(2, 'string', 'As in LoggedIn.'),
    },
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
    doc: 'Pushed when the session of this connection ends, or goes on over another, for another reason than a request here.',
    fields: {
      code: one(1, 'uint', 'Number of the error in the registry.'),
      message: one(2, 'string', 'For people.'),
    },
  },
  NameChanged: {
    type: 0x0050,
    from: 'server',
    ignorable: true,
    doc: 'A push: the account of the session lost its name to an account of the other side of a split, which was made earlier.',
    fields: {
      name: one(1, 'string', 'Its name as shown from now on.'),
      formerName: one(
        2,
        'string',
        'The name that it was created with. Login still takes it, with the password of this account.',
      ),
    },
  },
} as const satisfies Record<string, MessageDefinition>;
