/** Takes the messages of the log into the view database, and keeps with them how far it has read. */
import { compareInTime } from '../../core/model/hybrid-time.js';
import type { Dot } from '../../core/model/ids.js';
import { limits } from '../../core/model/limits.js';
import type { LogChunk } from '../../core/model/record.js';
import { nothingIndexed, type IndexedTo, type LogHead, type ReadTo } from '../../core/ports/log-sink.js';
import { keysOf, MessagesInLog, type MessageInLog } from '../../core/wire/messages-in-log.js';
import { BulkInsert } from './bulk-insert.js';
import { check, checksumOf } from './checked.js';
import { RecentMap } from '../../core/lib/recent-map.js';
import type { Database } from './database.js';
import { REMOVED_KEY, type Keys } from './view-keys.js';
import type { ViewTransaction } from './view-transaction.js';

interface Send {
  readonly conversation: number;
  readonly client: number;
  readonly counter: number;
}

export class ViewIndexer {
  readonly #keys: Keys;
  readonly #transaction: ViewTransaction;
  readonly #rows;
  readonly #statements;
  readonly #messages: MessagesInLog;
  readonly #latestByClient = new RecentMap<number, number>(limits.viewKeysCachedMax);
  #readTo: ReadTo;

  constructor(database: Database, keys: Keys, transaction: ViewTransaction) {
    this.#keys = keys;
    this.#transaction = transaction;
    transaction.beforeCommit(() => this.#save());
    this.#rows = {
      message: new BulkInsert(database, 'message', 6),
      conversation: new BulkInsert(database, 'conversation', 4),
      stream: new BulkInsert(database, 'stream', 3),
      sent: new BulkInsert(database, 'sent', 4),
    };
    this.#statements = {
      latest: database.prepare('SELECT coalesce(max(counter), 0) FROM sent WHERE client = ?').raw(),
      position: database.prepare('SELECT position FROM message WHERE origin = ? AND seq = ?').raw(),
      move: database.prepare('UPDATE message SET position = ? WHERE origin = ? AND seq = ?'),
      copies: database
        .prepare(
          `SELECT m.origin, m.seq, m.time FROM sent s
             CROSS JOIN origin o ON o.number = s.origin
             CROSS JOIN message m ON m.origin = o.origin AND m.seq = s.seq
           WHERE s.client = ? AND s.counter = ? AND m.conversation = ?`,
        )
        .raw(),
      markCopied: database.prepare('INSERT OR IGNORE INTO copied VALUES (?, ?, ?, ?, ?)'),
      hideCopy: database.prepare(
        'DELETE FROM conversation WHERE conversation = ? AND time = ? AND origin = ? AND seq = ?',
      ),
      clearIndexed: database.prepare('DELETE FROM indexed'),
      saveIndexed: database.prepare('INSERT INTO indexed VALUES (?, ?)'),
    };
    const row = database.prepare('SELECT * FROM indexed').raw().get() as [string, number] | undefined;
    if (row !== undefined) check('How far messages were read', row[1], row[0]);
    const indexed = row === undefined ? nothingIndexed : (JSON.parse(row[0]) as IndexedTo);
    this.#messages = new MessagesInLog(indexed.heads);
    this.#readTo = indexed;
  }

  get indexed(): IndexedTo {
    const { position, passedOver } = this.#readTo;
    return { position, passedOver, heads: this.#messages.heads };
  }

  /** Returns the heads that it has then. */
  take(chunk: LogChunk, to: ReadTo): readonly LogHead[] {
    this.#transaction.open();
    const repeated: Send[] = [];
    this.#messages.read(chunk, (message) => {
      const send = message.isMetAgain ? this.#meetAgain(message) : this.#add(message);
      if (send !== undefined) repeated.push(send);
    });
    this.#flush();
    for (const send of repeated) this.#joinCopies(send);
    this.#readTo = to;
    return this.#messages.heads;
  }

  passOver(heads: readonly LogHead[], to: ReadTo): void {
    this.#transaction.open();
    this.#messages.passOver(heads);
    this.#readTo = to;
  }

  /** It stands here now, or was passed over before. */
  #meetAgain(message: MessageInLog): Send | undefined {
    this.#flush();
    const { origin, seq, position } = message;
    const row = this.#statements.position.get([origin, seq]) as [number] | undefined;
    if (row === undefined) return this.#add(message);
    if (row[0] !== position) this.#statements.move.run([position, origin, seq]);
    return undefined;
  }

  /** Returns the send where there may be another message of it. */
  #add({ origin, seq, time, position, length, op }: MessageInLog): Send | undefined {
    this.#transaction.messages += 1;
    const keys = keysOf(op);
    const { counter } = keys;
    const originNumber = this.#keys.internOrigin(origin);
    const conversation = this.#keys.intern('conversation', keys.conversation);
    const client = this.#keys.intern('client', keys.client);
    const isNext = this.#isNextOf(client, counter);
    this.#rows.message.add(origin, seq, time, position, length, conversation);
    this.#rows.conversation.add(conversation, time, origin, seq);
    this.#rows.sent.add(client, counter, originNumber, seq);
    for (const text of keys.streams) {
      const stream = this.#keys.intern('stream', text);
      if (stream !== REMOVED_KEY) this.#rows.stream.add(stream, originNumber, seq);
    }
    return isNext ? undefined : { conversation, client, counter };
  }

  /** Whether the client's counters before are all lower, so that this send has no other message. Nearly all are. */
  #isNextOf(client: number, counter: number): boolean {
    const latest = this.#latestByClient.get(client) ?? (this.#statements.latest.get([client]) as [number])[0];
    this.#latestByClient.set(client, Math.max(latest, counter));
    return counter > latest;
  }

  #flush(): void {
    for (const rows of Object.values(this.#rows)) rows.flush();
  }

  /** Notes that all messages of one send are copies of each other; the conversation keeps the one that stands for it. */
  #joinCopies({ conversation, client, counter }: Send): void {
    const rows = this.#statements.copies.all([client, counter, conversation]) as [number, number, number][];
    if (rows.length < 2) return;
    const copies = rows
      .map(([origin, seq, time]): Dot & { time: number } => ({ origin, seq, time }))
      .sort(compareInTime);
    for (const [index, { origin, seq, time }] of copies.entries()) {
      this.#statements.markCopied.run([origin, seq, conversation, client, counter]);
      if (index > 0) this.#statements.hideCopy.run([conversation, time, origin, seq]);
    }
  }

  #save(): void {
    this.#statements.clearIndexed.run([]);
    const state = JSON.stringify(this.indexed);
    this.#statements.saveIndexed.run([state, checksumOf(state)]);
  }
}
