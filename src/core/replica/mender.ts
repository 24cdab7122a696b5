/**
 * Keeps the log whole: reads it through now and then, and at once where a damaged place was met, and has what is damaged
 * put back by {@link SegmentCheck}. One segment is checked at a time; a full pass takes little of the disk's time, and a
 * place that somebody waits for, or a pass that an operator asked for, takes what it needs.
 *
 * What cannot be mended now is told in the status, and tried again when a server links that was not asked.
 */
import { run, type Outcome } from '../chat/steps.js';
import { formatDot, type Dot, type ServerId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { segmentOf, type Position } from '../model/position.js';
import type { Clock } from '../ports/clock.js';
import type { Disk, DiskFailure } from '../ports/disk.js';
import type { Log } from '../store/log.js';
import type { SegmentEnd } from '../store/lost-header.js';
import type { MessageOf } from '../wire/message-types.js';
import type { RecordSource } from './chain-fetch.js';
import { searchRecords } from './record-search.js';
import type { Reporter } from './reporter.js';
import { SegmentCheck, type SegmentOutcome } from './segment-check.js';
import type { Turn } from './turn.js';

type DamagedPlace = MessageOf<'DamagedPlace'>;
type Place = Dot & { readonly position: Position };

export interface MenderOptions {
  readonly disk: Disk;
  readonly log: Log;
  readonly turn: Turn;
  readonly clock: Clock;
  readonly reporter: Reporter;
  /** Segments that a start found damaged or missing. */
  readonly suspects: readonly number[];
  /** The linked servers that can be asked for records. */
  readonly peers: () => readonly { readonly server: ServerId; readonly fetch: RecordSource }[];
  /** These records stand here now. */
  readonly moved: (places: readonly Place[]) => void;
  /** Something that was damaged is whole. */
  readonly mended: () => void;
  /** Ops that the disk lost and that are not back. */
  readonly lackedOps: () => number;
  /** A write failed: the process must stop. */
  readonly failed: (failure: DiskFailure) => void;
}

/** What a full pass found. */
export interface PassResult {
  readonly records: number;
  readonly bytes: number;
  readonly found: number;
  readonly mended: number;
  readonly left: readonly DamagedPlace[];
}

interface Pass {
  /** The segment to check next. */
  next: number;
  endOfBefore: SegmentEnd | undefined;
  records: number;
  bytes: number;
  found: number;
  mended: number;
  readonly progress: ((bytes: number, ofBytes: number) => void)[];
  readonly done: ((result: PassResult) => void)[];
}

/** A segment to check at once. `wanted`: dots whose place is looked for. */
interface Errand {
  readonly wanted: Set<string>;
  readonly done: ((outcome: SegmentOutcome) => void)[];
}

export class Mender {
  readonly #options: MenderOptions;
  readonly #errands = new Map<number, Errand>();
  #pass: Pass | undefined;
  #nextPass: Pass | undefined;
  #isChecking = false;
  #isOnErrand = false;
  #hasEnded = false;
  #found = 0;
  #mended = 0;
  readonly #leftBySegment = new Map<number, readonly DamagedPlace[]>();
  #lastPassMs: number | undefined;
  #nextPassMs: number;
  /** What the pass in the background may read before the next tick, and who waits for more. */
  #allowance = 0;
  #waitsForAllowance: (() => void) | undefined;
  #lastTickMs: number;
  #asked: ReadonlySet<ServerId> = new Set();
  /** Dots that were looked for in vain since the last of these was new; not all, where they are very many. */
  readonly #vain = new Set<string>();

  constructor(options: MenderOptions) {
    this.#options = options;
    this.#lastTickMs = options.clock.monotonicMs();
    this.#nextPassMs = this.#lastTickMs + limits.scrubEveryMs;
    for (const segment of options.suspects) this.#errands.set(segment, { wanted: new Set(), done: [] });
  }

  get status(): MessageOf<'DamageStatus'> {
    const nowMs = this.#options.clock.monotonicMs();
    return {
      found: this.#found,
      mended: this.#mended,
      places: this.#left.slice(0, limits.damagedPlacesToldMax),
      checking: this.#pass !== undefined,
      checkedAgoMs: this.#lastPassMs === undefined ? undefined : Math.round(nowMs - this.#lastPassMs),
      lackedOps: this.#options.lackedOps(),
    };
  }

  tick(nowMs: number): void {
    const elapsedMs = Math.min(nowMs - this.#lastTickMs, 1_000);
    this.#lastTickMs = nowMs;
    this.#allowance = Math.min(
      limits.scrubReadBytes,
      this.#allowance + (elapsedMs * limits.scrubBytesPerSecond) / 1000,
    );
    if (nowMs >= this.#nextPassMs) {
      this.#nextPassMs = nowMs + limits.scrubEveryMs;
      this.#pass ??= newPass();
    }
    this.#askNewPeers();
    this.#goOn();
    this.#spend();
  }

  /** Reads all of the log through, from its beginning and as fast as it goes. */
  check(progress: (bytes: number, ofBytes: number) => void, done: (result: PassResult) => void): void {
    this.#nextPass ??= newPass();
    this.#nextPass.progress.push(progress);
    this.#nextPass.done.push(done);
    this.#options.turn.run(() => {
      this.#goOn();
      this.#spend();
    });
  }

  /** A damaged place was met. Calls back once it was tried to mend it, and says whether the segment is whole now. */
  met(position: Position, done: (isWhole: boolean) => void): void {
    if (this.#leftBySegment.has(segmentOf(position))) {
      done(false);
      return;
    }
    this.#errand(segmentOf(position)).done.push(({ left }) => done(left.length === 0));
    this.#goOn();
    this.#spend();
  }

  /** These records do not stand where they should. Calls back whether any of them can be read now. */
  lookFor(places: readonly Place[], done: (areFound: boolean) => void): void {
    const hopeful = places.filter((place) => !this.#vain.has(formatDot(place)));
    const segments = new Set(hopeful.map(({ position }) => segmentOf(position)));
    if (segments.size === 0) {
      done(false);
      return;
    }
    let waiting = segments.size;
    const found: Place[] = [];
    for (const segment of segments) {
      const errand = this.#errand(segment);
      for (const place of hopeful) errand.wanted.add(formatDot(place));
      errand.done.push(({ seen }) => {
        found.push(...seen.filter((place) => hopeful.some((one) => formatDot(one) === formatDot(place))));
        waiting -= 1;
        if (waiting > 0) return;
        if (this.#vain.size > limits.lookedForInVainMax) this.#vain.clear();
        for (const place of hopeful) this.#vain.add(formatDot(place));
        for (const place of found) this.#vain.delete(formatDot(place));
        this.#options.moved(found);
        if (found.length < hopeful.length) this.#tellOfLoss(hopeful.length - found.length);
        done(found.length > 0);
      });
    }
    this.#goOn();
    this.#spend();
  }

  /** The server stops: nothing more is read or written. */
  end(): void {
    this.#hasEnded = true;
  }

  #tellOfLoss(messages: number): void {
    const text = 'Messages on a damaged part of the log were left out of an answer: no server within reach has them.';
    this.#options.reporter.report('error', text, { messages });
  }

  get #left(): DamagedPlace[] {
    return [...this.#leftBySegment].sort(([a], [b]) => a - b).flatMap(([, left]) => left);
  }

  #errand(segment: number): Errand {
    let errand = this.#errands.get(segment);
    if (errand === undefined) {
      errand = { wanted: new Set(), done: [] };
      this.#errands.set(segment, errand);
    }
    return errand;
  }

  /** Somebody waits, so that the disk's time is well spent. */
  get #isUrgent(): boolean {
    return (
      this.#isOnErrand || this.#errands.size > 0 || this.#nextPass !== undefined || (this.#pass?.done.length ?? 0) > 0
    );
  }

  #goOn(): void {
    if (this.#isChecking || this.#hasEnded) return;
    const [errand] = this.#errands;
    if (errand !== undefined) {
      this.#errands.delete(errand[0]);
      this.#runErrand(...errand);
      return;
    }
    // One that somebody waits for comes to its end first.
    if (this.#nextPass !== undefined && (this.#pass?.done.length ?? 0) === 0) {
      this.#pass = this.#nextPass;
      this.#nextPass = undefined;
    }
    if (this.#pass !== undefined) this.#checkNext(this.#pass);
  }

  #runErrand(segment: number, errand: Errand): void {
    const end = (outcome: SegmentOutcome): void => {
      this.#isOnErrand = false;
      this.#note(segment, outcome);
      for (const done of errand.done) done(outcome);
    };
    this.#isOnErrand = true;
    this.#checkSegment(segment, errand.wanted, undefined, (outcome) => {
      if (outcome.end !== undefined || segment === 1) {
        end(outcome);
        return;
      }
      // What it must have held is where the segment before ends.
      this.#checkSegment(segment - 1, new Set(), undefined, (before) => {
        this.#note(segment - 1, before);
        this.#checkSegment(segment, errand.wanted, before.end, end);
      });
    });
  }

  #checkNext(pass: Pass): void {
    const { log, clock } = this.#options;
    const segment = pass.next;
    if (segment > log.lastSegment) {
      this.#pass = undefined;
      this.#lastPassMs = clock.monotonicMs();
      const { records, bytes, found, mended } = pass;
      for (const done of pass.done) done({ records, bytes, found, mended, left: this.#left });
      this.#goOn();
      return;
    }
    this.#checkSegment(segment, new Set(), pass.endOfBefore, (outcome) => {
      pass.next += 1;
      pass.endOfBefore = outcome.end;
      pass.records += outcome.records;
      pass.bytes += outcome.bytes;
      pass.found += outcome.found;
      pass.mended += Math.max(0, outcome.found - outcome.left.length);
      this.#note(segment, outcome);
      for (const progress of pass.progress) progress(pass.bytes, log.bytes);
    });
  }

  #checkSegment(
    segment: number,
    wanted: ReadonlySet<string>,
    endOfBefore: SegmentEnd | undefined,
    done: (outcome: SegmentOutcome) => void,
  ): void {
    const { disk, log, turn, moved, failed } = this.#options;
    const check = new SegmentCheck(
      { disk, log, turn, moved, sources: (from) => this.#sources(from), pace: (...asked) => this.#pace(...asked) },
      segment,
      wanted,
    );
    this.#isChecking = true;
    run(check.run(endOfBefore), (ended: Outcome<SegmentOutcome>) => {
      if (ended.state === 'refused') return;
      this.#isChecking = false;
      if (ended.value.failure !== undefined) {
        this.#hasEnded = true;
        failed(ended.value.failure);
        return;
      }
      done(ended.value);
      this.#goOn();
    });
  }

  /** This log itself may hold a record a second time, in a later segment. */
  #sources(segment: number): RecordSource[] {
    const { log, turn, peers } = this.#options;
    const here: RecordSource = (ranges, done) => {
      const later = ranges.filter(({ origin, first }) => segmentOf(log.locate([{ origin, seq: first }])) > segment);
      searchRecords(log, turn, later, done);
    };
    return [here, ...peers().map(({ fetch }) => fetch)];
  }

  #note(segment: number, { found, left }: SegmentOutcome): void {
    const { reporter } = this.#options;
    const before = this.#leftBySegment.get(segment)?.length ?? 0;
    const isNews = left.length > 0 && before === 0;
    this.#found += Math.max(0, found - before);
    this.#mended += Math.max(0, found - left.length);
    if (left.length > 0) this.#leftBySegment.set(segment, left);
    else this.#leftBySegment.delete(segment);
    if (found > left.length || before > left.length) this.#options.mended();
    if (found > left.length)
      reporter.report('warning', 'A damaged part of the log was mended.', { segment, found, left: left.length });
    if (!isNews) return;
    const [first] = left;
    reporter.report('error', 'A part of the log is damaged, and no server within reach has what stood there.', {
      ...first,
    });
  }

  /** Whoever links may have what the others did not. */
  #askNewPeers(): void {
    const linked = new Set(this.#options.peers().map(({ server }) => server));
    const isNew = [...linked].some((server) => !this.#asked.has(server));
    this.#asked = linked;
    if (!isNew) return;
    this.#vain.clear();
    for (const segment of this.#leftBySegment.keys()) this.#errand(segment);
  }

  #pace(bytes: number, proceed: () => void): void {
    if (this.#hasEnded) return;
    if (this.#isUrgent || this.#allowance >= bytes) {
      this.#allowance = Math.max(0, this.#allowance - bytes);
      proceed();
      return;
    }
    this.#waitsForAllowance = () => this.#pace(bytes, proceed);
  }

  #spend(): void {
    const waiting = this.#waitsForAllowance;
    this.#waitsForAllowance = undefined;
    waiting?.();
  }
}

function newPass(): Pass {
  return { next: 1, endOfBefore: undefined, records: 0, bytes: 0, found: 0, mended: 0, progress: [], done: [] };
}
