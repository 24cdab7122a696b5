/**
 * How much room the disk has, and whether it is enough to take more ops.
 *
 * A server that filled its disk to the last byte could not even cut off or repair anything, and a write that fails in
 * the middle ends the process. So ops are refused while there is a reserve left, and taken again when there is clearly
 * more: everything else goes on meanwhile.
 */
import { limits } from '../model/limits.js';
import type { Disk, DiskSpace } from '../ports/disk.js';
import type { Log } from '../store/log.js';
import type { MessageOf } from '../wire/message-types.js';
import type { Reporter } from './reporter.js';
import type { Turn } from './turn.js';

export interface DiskRoomOptions {
  readonly disk: Disk;
  /** In place of the usual reserve. */
  readonly diskReserveBytes?: number | undefined;
  readonly reporter: Reporter;
}

export class DiskRoom {
  readonly #options: DiskRoomOptions;
  readonly #log: Log;
  readonly #turn: Turn;
  readonly #changed: () => void;
  #space: DiskSpace | undefined;
  #isBelowReserve = false;
  #wasFull = false;
  #isAsking = false;
  #nextMs = -Infinity;

  /** `changed`: the disk has become full, or there is room again. */
  constructor(options: DiskRoomOptions, log: Log, turn: Turn, changed: () => void) {
    this.#options = options;
    this.#log = log;
    this.#turn = turn;
    this.#changed = changed;
    // Before anything can be taken; told with the first tick, when there is somebody to tell.
    this.#take(options.disk.spaceNow());
  }

  /** No ops are taken. */
  get isFull(): boolean {
    return this.#isBelowReserve || this.#log.waitsForRoom;
  }

  /** Undefined where the system does not say. */
  get status(): MessageOf<'DiskStatus'> | undefined {
    return this.#space && { ...this.#space, reserveBytes: this.#reserveBytes, full: this.isFull };
  }

  tick(nowMs: number): void {
    this.#notice();
    if (this.#isAsking || nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + limits.diskSpaceCheckMs;
    this.#isAsking = true;
    this.#options.disk.space(
      this.#turn.event((space) => {
        this.#isAsking = false;
        this.#take(space);
        if (!this.#isBelowReserve) this.#log.tryAgain();
        this.#notice();
      }),
    );
  }

  #take(space: DiskSpace | undefined): void {
    if (space === undefined) return;
    this.#space = space;
    const reserve = this.#reserveBytes;
    // A little more than the reserve ends the state, so that a few bytes do not turn it on and off.
    this.#isBelowReserve = space.freeBytes < (this.#isBelowReserve ? reserve + reserve / 4 : reserve);
  }

  get #reserveBytes(): number {
    const usual = Math.min(limits.diskReserveBytes, (this.#space?.totalBytes ?? Infinity) * limits.diskReservePart);
    return Math.floor(this.#options.diskReserveBytes ?? usual);
  }

  #notice(): void {
    if (this.isFull === this.#wasFull) return;
    this.#wasFull = this.isFull;
    const facts = { freeBytes: this.#space?.freeBytes, reserveBytes: this.#reserveBytes };
    if (this.isFull) this.#options.reporter.report('error', 'The disk is full: nothing more is stored.', facts);
    // Whoever saw the error sees its end, too.
    else this.#options.reporter.report('warning', 'The disk has room again.', facts);
    this.#changed();
  }
}
