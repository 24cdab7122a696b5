/**
 * Reads the log to a sink, behind the state and at the pace of the sink: from memory where it is close behind, else from the
 * disk, so that nothing is held for a sink that lags. It goes no further than it is told, which is to what is applied.
 *
 * A damaged place is waited for as long as some server may have what stood there, and then passed over; what stands behind
 * it of the same origins counts only then. It is read once it is mended.
 */
import type { Dot, Origin } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { positionOf, segmentOf, type Position } from '../model/position.js';
import type { LogChunk } from '../model/record.js';
import type { Vector } from '../model/vector.js';
import type { IndexedTo, LogHead, LogRange, LogSink } from '../ports/log-sink.js';
import type { Log, LogReadResult } from '../store/log.js';
import type { Turn } from './turn.js';

/** Under way to the sink at once: it has the next in hand when it is done with one. */
const CHUNKS_UNDER_WAY = 2;
const OFFSET_MAX = 2 ** 32 - 1;

export interface LogFollowerOptions {
  readonly log: Log;
  readonly turn: Turn;
  readonly sink: LogSink;
  /** How far the sink has come, in this log. */
  readonly from: IndexedTo;
  /** A damaged place was met. Calls back once it was tried to mend it. */
  readonly damaged: (position: Position, done: (isWhole: boolean) => void) => void;
  /** The sink has taken in more. */
  readonly advanced: () => void;
  /** The sink is left behind for now, unless somebody waits for it. */
  readonly rests: () => boolean;
}

/** Once everything before a position is read, these heads count as read. */
interface Checkpoint {
  readonly position: Position;
  readonly heads: readonly LogHead[];
}

export class LogFollower {
  readonly #options: LogFollowerOptions;
  /** What to read next, and everything before which the sink has confirmed. */
  #position: Position;
  #indexedTo: Position;
  #target: Checkpoint;
  /** It is known whether anything is lacking at the target. */
  #isSettled = true;
  readonly #seqByOrigin = new Map<Origin, number>();
  #passedOver: LogRange[];
  /** Stretches that may be mended now, to be read before all else. */
  #errands: LogRange[] = [];
  #underWay = 0;
  #isReading = false;
  /** Where it was last tried to have a damaged place mended. */
  #triedAt: Position | undefined;
  #hasEnded = false;
  /** How often something was counted as read that could not be: an answer from before that may lack it. */
  #gapsPassed = 0;
  #waiting: (Checkpoint & { readonly callback: () => void })[] = [];
  /** The same, for what is on its way to the sink. */
  #asking: (Checkpoint & { readonly callback: (isThere: () => boolean) => void })[] = [];

  constructor(options: LogFollowerOptions) {
    this.#options = options;
    const { position, heads, passedOver } = options.from;
    this.#position = position;
    this.#indexedTo = position;
    this.#passedOver = [...passedOver];
    this.#target = { position, heads };
    this.#count(heads);
  }

  /** Ops of these that the sink has not taken in. */
  lagBehind(applied: Vector): number {
    let ops = 0;
    for (const { origin, seq } of applied.entries()) ops += Math.max(0, seq - this.#counted(origin));
    return ops;
  }

  /** Everything before `position` may be read, and these heads count then. */
  readTo(position: Position, heads: readonly LogHead[]): void {
    this.#target = { position, heads };
    this.#isSettled = false;
  }

  /** Calls back, at once or later, when the sink holds all that may be read now. */
  whenCaughtUp(callback: () => void): void {
    this.pump();
    const { position, heads } = this.#target;
    if (this.#indexedTo >= position && this.#lacking(heads).length === 0) {
      callback();
      return;
    }
    this.#waiting.push({ position, heads, callback });
    this.pump();
  }

  /**
   * Calls back, at once or later, when all that may be read now is on its way to the sink. A question that the sink is asked
   * then, and answers in turn, sees it without waiting for its confirmation first; once the answer has come, `isThere`
   * says whether all of it could be read.
   */
  whenOnItsWay(callback: (isThere: () => boolean) => void): void {
    this.#asking.push({ ...this.#target, callback });
    this.pump();
  }

  /** Something of the log was mended: what was passed over may be there now. */
  mended(): void {
    this.#errands.push(...this.#passedOver);
    this.#passedOver = [];
  }

  end(): void {
    this.#hasEnded = true;
    this.#waiting = [];
    this.#asking = [];
  }

  /** Reads on, as far as the sink keeps up. To be called when anything of that has changed. */
  pump(): void {
    this.#readAhead();
    while (this.#asking.length > 0 && this.#position >= this.#asking[0]!.position && this.#errands.length === 0) {
      const { heads, callback } = this.#asking.shift()!;
      const gapsBefore = this.#gapsPassed;
      callback(() => this.#gapsPassed === gapsBefore && this.#lacking(heads).length === 0);
    }
  }

  #readAhead(): void {
    while (!this.#hasEnded && !this.#isReading && this.#underWay < CHUNKS_UNDER_WAY) {
      if (this.#underWay === 0) this.#hasReached(this.#position);
      const [errand] = this.#errands;
      if (errand !== undefined) this.#readOn(errand);
      else if (this.#meetsGap()) {
        if (this.#underWay > 0) return;
        this.#passGap();
      } else if (this.#position < this.#target.position) {
        if (this.#waiting.length + this.#asking.length === 0 && this.#options.rests()) return;
        this.#readOn({ start: this.#position, end: this.#target.position });
      } else return;
    }
  }

  /** Whether something does not count as read at a point that was reached, so that it cannot be had. */
  #meetsGap(): boolean {
    const reached = this.#waiting[0] ?? this.#target;
    if (this.#isSettled || this.#indexedTo < reached.position) return false;
    if (this.#lacking(reached.heads).length > 0) return true;
    this.#isSettled = reached === this.#target;
    return false;
  }

  /** What is lacking stands in places that were passed over. Goes back to read what stands behind it of the same origins. */
  #passGap(): void {
    const { heads } = this.#waiting[0] ?? this.#target;
    const { log, sink } = this.#options;
    this.#gapsPassed += 1;
    this.#position = Math.min(this.#position, log.locate(this.#lacking(heads)));
    this.#indexedTo = this.#position;
    this.#count(heads);
    sink.passOver(heads, { position: this.#position, passedOver: this.#passedOver });
  }

  /** Of each origin, the first op that does not count as read though these heads cover it. */
  #lacking(heads: readonly LogHead[]): Dot[] {
    return heads
      .filter(({ origin, seq }) => seq > this.#counted(origin))
      .map(({ origin }) => ({ origin, seq: this.#counted(origin) + 1 }));
  }

  #counted(origin: Origin): number {
    return this.#seqByOrigin.get(origin) ?? 0;
  }

  #count(heads: readonly LogHead[]): void {
    for (const { origin, seq } of heads) this.#seqByOrigin.set(origin, Math.max(seq, this.#counted(origin)));
  }

  #readOn(range: LogRange): void {
    const { log, turn } = this.#options;
    const recent = log.readRecent(range.start, limits.followerChunkBytes);
    if (recent !== undefined) {
      this.#take(range, recent.chunk, recent.next);
      return;
    }
    this.#isReading = true;
    log.read(
      range.start,
      limits.followerChunkBytes,
      turn.event((result: LogReadResult) => {
        this.#isReading = false;
        if (!this.#hasEnded) this.#takeRead(range, result);
      }),
    );
  }

  #takeRead(range: LogRange, result: LogReadResult): void {
    if (result.state === 'read') {
      this.#take(range, result.chunk, result.next);
      return;
    }
    // A segment can be whole and have a place that holds nothing, such as what a crash left of a write.
    if (this.#triedAt === range.start || range === this.#errands[0]) {
      this.#passOver(range, result);
      return;
    }
    this.#triedAt = range.start;
    this.#isReading = true;
    const { damaged, turn } = this.#options;
    damaged(
      range.start,
      turn.event((isWhole) => {
        this.#isReading = false;
        if (!this.#hasEnded && !isWhole) this.#passOver(range, result);
      }),
    );
  }

  /** A segment that cannot be read at all may be made anew, and begin otherwise. */
  #passOver(range: LogRange, result: Exclude<LogReadResult, { state: 'read' }>): void {
    const segment = segmentOf(this.#options.log.normalize(range.start));
    const { start, end } =
      result.state === 'damaged'
        ? { start: range.start, end: result.next }
        : { start: positionOf(segment - 1, OFFSET_MAX), end: positionOf(segment, OFFSET_MAX) };
    // What is behind the range may not be applied yet, or there is nothing.
    const passed = { start, end: Math.min(end, range.end) };
    const before = this.#passedOver.find((one) => one.start === start);
    this.#passedOver = this.#passedOver.filter((one) => one !== before);
    this.#passedOver.push(before !== undefined && before.end > passed.end ? before : passed);
    this.#goOn(range, passed.end);
  }

  #take(range: LogRange, { position, bytes }: LogChunk, next: Position): void {
    // All that is recent and not yet applied is beyond the target.
    const isBeyond = position + bytes.length > range.end;
    const cut = isBeyond ? bytes.subarray(0, Math.max(0, range.end - position)) : bytes;
    this.#goOn(range, isBeyond ? range.end : next);
    if (cut.length === 0) return;
    this.#underWay += 1;
    const { sink, turn, advanced } = this.#options;
    const to = { position: this.#position, passedOver: [...this.#passedOver, ...this.#errands] };
    sink.index(
      { position, bytes: cut },
      to,
      turn.event((heads: readonly LogHead[]) => {
        this.#underWay -= 1;
        this.#count(heads);
        this.#isSettled = false;
        this.#hasReached(to.position);
        advanced();
      }),
    );
  }

  /** The sink has everything before this that could be read. */
  #hasReached(position: Position): void {
    this.#indexedTo = position;
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined || this.#indexedTo < first.position || this.#lacking(first.heads).length > 0) return;
      this.#waiting.shift();
      first.callback();
    }
  }

  #goOn(range: LogRange, next: Position): void {
    const [errand] = this.#errands;
    if (errand !== range) {
      this.#position = next;
      this.#triedAt = undefined;
    } else if (next >= errand.end) this.#errands.shift();
    else this.#errands[0] = { start: next, end: errand.end };
  }
}
