/**
 * Known wrong versions of the program, each a change of its built JavaScript. The program itself knows nothing of them: no
 * flag, no variable, no hook. Each text stands exactly once in its file, or planting fails and says which bug no longer fits.
 */
interface Edit {
  /** Below `dist`. */
  readonly file: string;
  readonly search: string;
  readonly replace: string;
}

export interface PlantedBug {
  readonly name: string;
  /** What is wrong, for the table in docs/simulator.md. */
  readonly about: string;
  readonly edits: readonly Edit[];
  /** The invariants that show it. Which one does so first hangs on the seed. */
  readonly caughtBy: readonly string[];
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'ack-before-sync',
    about: 'a write is acknowledged when the others have it, though the own disk does not',
    edits: [
      {
        file: 'core/replica/replica.js',
        search: 'this.#peers.durableView(this.#state.applied)',
        replace: 'this.#peers.durableView(this.#journal.log.held())',
      },
    ],
    caughtBy: ['AckedKept', 'Sound'],
  },
  {
    name: 'confirm-before-sync',
    about: 'a server tells the others that it has made durable what it has only received',
    edits: [
      {
        file: 'core/replica/peers.js',
        search: '        const { durable } = this.#options.journal.log;\n        const moved',
        replace: '        const durable = this.#options.journal.log.held();\n        const moved',
      },
    ],
    caughtBy: ['AckedKept'],
  },
  {
    name: 'ack-without-in-sync-set',
    about: 'an acknowledgement does not wait for the servers of the in-sync set',
    edits: [
      {
        file: 'core/replication/pending-writes.js',
        search: 'for (const vector of view.inSync)',
        replace: 'for (const vector of [])',
      },
    ],
    caughtBy: ['AckedKept', 'InOrder', 'OneVisible', 'CaughtUp'],
  },
  {
    name: 'scalar-cursor',
    about: 'the cursor of a stream is the latest time that was pushed, not a vector',
    edits: [
      {
        file: 'core/replica/delivery.js',
        search: '        if (this.#cursor.covers(header))\n            return;',
        replace:
          '        if (header.time <= (this.latestTime ?? 0))\n            return;\n        this.latestTime = header.time;',
      },
    ],
    caughtBy: ['CursorSafe', 'Progress'],
  },
  {
    name: 'cursor-past-what-was-not-pushed',
    about: 'what comes while the view database is read moves the cursor and is not pushed',
    edits: [
      {
        file: 'core/replica/delivery.js',
        search: 'this.#setBy.push({ header, change });',
        replace: 'this.#cursor.raise(header.origin, header.seq);',
      },
    ],
    caughtBy: ['CursorSafe', 'Progress'],
  },
  {
    name: 'apply-before-sync',
    about: 'an op is applied and shown as soon as it is appended',
    edits: [
      {
        file: 'core/replica/journal.js',
        search: '        this.#appending(header.kind, header.time);',
        replace: '        this.#appending(header.kind, header.time);\n        this.#durableTo(this.log.end);',
      },
      {
        file: 'core/replica/journal.js',
        search: '        this.log.appendRun(run);',
        replace: '        this.log.appendRun(run);\n        this.#durableTo(this.log.end);',
      },
      {
        file: 'core/replica/journal.js',
        search: '        if (isAny)\n',
        replace: '        void isAny;\n',
      },
    ],
    caughtBy: ['NoGaps', 'Sound', 'AckedKept', 'Converge'],
  },
  {
    name: 'go-on-after-a-failed-write',
    about: 'a write that failed counts as done',
    edits: [
      {
        file: 'core/store/log.js',
        search: "        if (result.state !== 'written') {\n            this.#state = 'failed';",
        replace: "        if (result.state === 'never') {\n            this.#state = 'failed';",
      },
    ],
    caughtBy: ['AckedKept', 'NoGaps', 'Sound', 'Progress'],
  },
  {
    name: 'origin-taken-up-blindly',
    about: 'a server goes on under its old numbers whatever the others hold of them',
    edits: [
      {
        file: 'core/replica/own-origin.js',
        search: 'const isSafe = this.#candidate !== 0 && this.#others().every((server) => this.#heard.has(server));',
        replace: 'const isSafe = this.#candidate !== 0;',
      },
      {
        file: 'core/replica/own-origin.js',
        search: 'const holdsMore = (origin) => origin !== 0 && theirs.get(origin) > held.get(origin);',
        replace: 'const holdsMore = () => false;',
      },
    ],
    caughtBy: ['Identity', 'Sound', 'NoGaps', 'Progress', 'AckedKept'],
  },
  {
    name: 'repeat-stored-twice',
    about: 'a send that another server stored before is stored and shown again',
    edits: [
      {
        file: 'core/replica/sends.js',
        search: 'if (counters.seen.has(counter))',
        replace: 'if (counters.seen.has(-1))',
      },
      {
        file: 'sim/view.js',
        search: 'messages.push({ ...place, ...keysOf(op) })',
        replace: 'messages.push({ ...place, ...keysOf(op), client: `${place.origin} ${place.seq}` })',
      },
    ],
    caughtBy: ['OneVisible', 'Sound', 'InOrder', 'CursorSafe'],
  },
  {
    name: 'repeat-shown-twice',
    about: 'a client does not know a send again that a server showed before it crashed',
    edits: [
      {
        file: 'core/client/inbox.js',
        search: 'const isRepeat = !sends.add(counter);',
        replace: 'const isRepeat = sends.add(counter) && false;',
      },
    ],
    caughtBy: ['OneVisible'],
  },
  {
    name: 'name-reserved-on-one-server',
    about: 'a name or a session is reserved only on the server that was asked',
    edits: [
      {
        file: 'core/replica/reserving.js',
        search: 'for (const server of this.#members.ids) {',
        replace: 'for (const server of this.#members.ids.filter((id) => id === this.#members.self)) {',
      },
    ],
    caughtBy: ['NameOwner', 'SessionOwner', 'Progress'],
  },
  {
    name: 'session-not-reserved',
    about: 'a login does not ask where else the account is logged in',
    edits: [
      {
        file: 'core/chat/commands/login.js',
        search: 'const grant = yield* reserveSessions(context, account, { login: operation });',
        replace: 'const grant = { sessions: [], release: () => undefined };',
      },
      {
        file: 'core/chat/commands/login.js',
        search: 'for (const { id, key } of account.sessions)',
        replace: 'for (const { id, key } of [])',
      },
      {
        file: 'core/chat/commands/login.js',
        search: '        checkGrant(context, grant);\n        const token',
        replace: '        const token',
      },
    ],
    caughtBy: ['SessionOwner', 'Progress'],
  },
  {
    name: 'marks-by-last-writer',
    about: 'a delivery mark is replaced by the one that comes last',
    edits: [
      {
        file: 'core/chat/state.js',
        search: 'if (!account.deleted && account.mark.vector.join(new Vector(op.mark)))',
        replace:
          'if (!account.deleted && (account.mark.clear(), true) && account.mark.vector.join(new Vector(op.mark)))',
      },
    ],
    caughtBy: ['Monotone', 'Converge', 'CursorSafe'],
  },
  {
    name: 'late-op-resurrects',
    about: 'a session that opens after its account was deleted is taken in',
    edits: [
      {
        file: 'core/chat/account.js',
        search: 'if (this.#deleted || this.#closedEarly.delete(session.key))',
        replace: 'if (this.#closedEarly.delete(session.key))',
      },
    ],
    caughtBy: ['DeletedStays', 'Converge'],
  },
  {
    name: 'tombstone-forgotten',
    about: 'the creation of an account takes back its deletion, where it arrives later',
    edits: [
      {
        file: 'core/chat/account.js',
        search: "        this.#creation = this.#deleted ? { ...creation, passwordHash: '' } : creation;",
        replace: '        this.#deleted = false;\n        this.#creation = creation;',
      },
    ],
    caughtBy: ['DeletedStays', 'Converge', 'NameOwner'],
  },
  {
    name: 'opens-before-it-caught-up',
    about: 'a server that starts serves clients as soon as it is linked',
    edits: [
      {
        file: 'core/replica/peer-link.js',
        search: '        if (this.#heldAtSync === undefined)\n            return false;',
        replace: '        if (this.#heldAtSync === undefined)\n            return true;',
      },
    ],
    caughtBy: ['CaughtUp', 'InOrder', 'NameOwner', 'OneVisible'],
  },
  {
    name: 'old-origins-not-followed',
    about: 'nobody asks for the ops of a server that is down, though others have them',
    edits: [
      {
        file: 'core/replication/subscriptions.js',
        search: '    let best;\n',
        replace: '    if (source === undefined)\n        return undefined;\n    let best;\n',
      },
    ],
    caughtBy: ['VectorsMeet', 'Progress', 'CaughtUp', 'AckedKept'],
  },
  {
    name: 'hole-cut-off',
    about: 'a start cuts off a damaged place, and what was durable behind it',
    edits: [
      {
        file: 'core/store/recovery.js',
        search: 'if (mayCut && !found.wholeRecordsFollow && !wasDurable && !window.hasUnreadable)',
        replace: 'if (mayCut)',
      },
      {
        file: 'core/store/recovery.js',
        search: "if (found.state === 'found') {",
        replace: "if (found.state === 'found' && !mayCut) {",
      },
    ],
    caughtBy: ['AckedKept', 'Sound', 'NoGaps'],
  },
  {
    name: 'damage-served',
    about: 'what is read from the disk for another server goes out without a look at its checksum',
    edits: [
      {
        file: 'core/store/log.js',
        search: '        const length = wholeRecordBytes(bytes);',
        replace: [
          '        let length = wholeRecordBytes(bytes);',
          '        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);',
          '        while (length + 40 <= bytes.length) {',
          '            const stated = view.getUint32(length);',
          '            if (stated < 40 || length + stated > bytes.length)',
          '                break;',
          '            length += stated;',
          '        }',
        ].join('\n'),
      },
    ],
    caughtBy: ['NoSpread', 'Progress'],
  },
  {
    name: 'repeats-overtaken',
    about: 'after a failover a client sends new messages before those that were not acknowledged',
    edits: [
      {
        file: 'core/client/outbox.js',
        search: 'this.#waiting = inOrder([...unanswered.filter(({ isLastTry }) => !isLastTry), ...this.#waiting]);',
        replace: 'this.#waiting = [...this.#waiting, ...unanswered.filter(({ isLastTry }) => !isLastTry).reverse()];',
      },
    ],
    caughtBy: ['InOrder', 'Sound', 'Progress'],
  },
];
