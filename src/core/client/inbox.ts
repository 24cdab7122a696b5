/**
 * The stream of messages to one account, between the server that pushes them and the consumer that takes them.
 *
 * - At most `clientWindow` messages are held or on their way; a server is granted more only as they are taken.
 * - What the consumer gets has no gap and no repeat, on whatever servers it came: a message that a hole comes before is
 *   refused, and one that was there already is skipped.
 * - The cursor covers exactly what the consumer took or need not take.
 * - A message that comes after a later one of the same sender's client, or after one that is clearly younger, is marked as
 *   late, whatever the server knows: the consumer may have gone over from one side of a split to the other.
 * - A message that was sent again is got once, also where no server can know it for the same: one server had shown it and
 *   crashed before any other had it, and its sender sent it again to the next.
 */
import { assert } from '../lib/assert.js';
import { toHex } from '../lib/hex.js';
import { IntervalSet } from '../lib/interval-set.js';
import { RecentMap } from '../lib/recent-map.js';
import { earlierBy, type HybridTime } from '../model/hybrid-time.js';
import { formatDot, type Dot } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { Vector } from '../model/vector.js';
import type { MessageOf } from '../wire/message-types.js';

export class Inbox {
  readonly cursor: Vector;
  /** The cursor, and what is held. */
  readonly #received: Vector;
  readonly #held: { readonly message: MessageOf<'Text'>; readonly isRepeat: boolean }[] = [];
  /** Counters by sender and client. Of those long silent, a message that was sent again is got twice. */
  readonly #sends = new RecentMap<string, IntervalSet>(limits.clientSendersKept);
  /** The latest hybrid time of a message received. */
  #latestTime: HybridTime = 0;
  #repeats: Dot[] = [];
  #granted = 0;
  #window = 0;
  #isLive = false;

  /** Begins after the cursor. */
  constructor(cursor: Vector) {
    this.cursor = cursor.clone();
    this.#received = cursor.clone();
  }

  /** Everything that was stored when the stream began here has been taken. */
  get isCaughtUp(): boolean {
    return this.#isLive && this.#held.length === 0;
  }

  /** Begins on a new connection to a server that allows `creditMax`. */
  begin(creditMax: number): MessageOf<'Receive'> {
    this.#isLive = false;
    this.#window = Math.min(limits.clientWindow, creditMax);
    this.#granted = Math.max(0, this.#window - this.#held.length);
    return { cursor: this.#received.entries(), credit: this.#granted };
  }

  /** `hole`: something before it is missing; `unasked`: more than was granted. Neither may be followed by others. */
  deliver(delivery: MessageOf<'Deliver'>): 'held' | 'skipped' | 'hole' | 'unasked' {
    const { message, previousSeq } = delivery;
    if (this.#granted === 0) return 'unasked';
    this.#granted--;
    const { origin, seq } = message.id;
    if (this.#received.covers(message.id)) return 'skipped';
    if (previousSeq > this.#received.get(origin)) return 'hole';
    this.#received.raise(origin, seq);
    const { counter } = delivery.operation;
    const sends = this.#sendsOf(delivery);
    const isPassed = sends.last > counter || message.time < earlierBy(this.#latestTime, limits.lateAfterMs);
    this.#latestTime = Math.max(this.#latestTime, message.time);
    const isRepeat = !sends.add(counter);
    this.#held.push({ message: isPassed ? { ...message, late: true } : message, isRepeat });
    if (isRepeat) this.#passRepeats();
    return isRepeat ? 'skipped' : 'held';
  }

  /** The server has delivered everything that was stored before. */
  live(): void {
    this.#isLive = true;
  }

  /** The next message, if one is there. */
  take(): MessageOf<'Text'> | undefined {
    this.#passRepeats();
    const next = this.#held.shift();
    if (next === undefined) return undefined;
    this.cursor.raise(next.message.id.origin, next.message.id.seq);
    this.#passRepeats();
    return next.message;
  }

  /** Ids of the repeats that were passed over since this was last asked: the consumer is done with them. */
  takeRepeats(): Dot[] {
    const repeats = this.#repeats;
    this.#repeats = [];
    return repeats;
  }

  #passRepeats(): void {
    while (this.#held[0]?.isRepeat === true) {
      const { id } = this.#held.shift()!.message;
      this.cursor.raise(id.origin, id.seq);
      this.#repeats.push(id);
    }
  }

  #sendsOf({ sender, operation }: MessageOf<'Deliver'>): IntervalSet {
    const key = `${formatDot(sender)}:${toHex(operation.client)}`;
    let sends = this.#sends.get(key);
    if (sends === undefined) {
      sends = new IntervalSet();
      this.#sends.set(key, sends);
    }
    return sends;
  }

  /** How many more to grant now: nothing until half of the window is free, so that grants are few. */
  grant(): number {
    const missing = this.#window - this.#granted - this.#held.length;
    assert(missing <= this.#window, 'no more is held or granted than the window has');
    if (missing <= 0 || missing * 2 < this.#window) return 0;
    this.#granted += missing;
    return missing;
  }
}
