/** What a server does for its log beside writing it: takes up again what stands behind gaps, and mends what is damaged. */
import type { ChatState } from '../chat/state.js';
import { limits } from '../model/limits.js';
import type { Clock } from '../ports/clock.js';
import type { Disk, DiskFailure } from '../ports/disk.js';
import type { MessageOf } from '../wire/message-types.js';
import { BehindGaps } from './behind-gaps.js';
import type { DiskRoom } from './disk-room.js';
import type { Journal } from './journal.js';
import { Mender } from './mender.js';
import type { Peers } from './peers.js';
import type { Reporter } from './reporter.js';
import type { SearchFeed } from './search-feed.js';
import type { Turn } from './turn.js';
import type { ViewFeed } from './view-feed.js';

export interface LogCareOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly reporter: Reporter;
  readonly events: {
    /** A write failed: the process must stop. */
    failed(failure: DiskFailure): void;
  };
}

export class LogCare {
  readonly mender: Mender;
  readonly #journal: Journal;
  readonly #peers: Peers;
  readonly #room: DiskRoom;
  readonly #behindGaps: BehindGaps;

  constructor(
    options: LogCareOptions,
    turn: Turn,
    journal: Journal,
    peers: Peers,
    room: DiskRoom,
    feed: ViewFeed,
    search: SearchFeed,
  ) {
    this.#journal = journal;
    this.#peers = peers;
    this.#room = room;
    const { disk, clock, reporter, events } = options;
    this.#behindGaps = new BehindGaps(disk, journal, turn);
    this.mender = new Mender({
      disk,
      log: journal.log,
      turn,
      clock,
      reporter,
      suspects: journal.report.suspects,
      peers: () =>
        peers.links
          .filter((link) => link.canFetch && link.hasDescribedItself)
          .map((link) => ({ server: link.server, fetch: (...asked) => link.fetch(...asked) })),
      moved: (places) => feed.moved(places),
      mended: () => {
        peers.links.forEach((link) => link.sender.mended());
        feed.mended();
        search.mended();
      },
      lackedOps: () => this.#behindGaps.lackedOps,
      failed: (failed) => events.failed(failed),
    });
  }

  /** Reads all of the log through, mends what is damaged, and says what the log holds then. */
  verify(
    state: ChatState,
    progress: (bytes: number, ofBytes: number) => void,
    done: (verified: MessageOf<'Verified'>) => void,
  ): void {
    this.mender.check(progress, (result) =>
      done({
        ...result,
        left: result.left.slice(0, limits.damagedPlacesToldMax),
        lackedOps: this.#behindGaps.lackedOps,
        stateHash: state.book.stateHash(),
        ends: this.#journal.log
          .durableHeads()
          .entries()
          .map(([origin, { seq, checksum }]) => ({ origin, seq, checksum })),
      }),
    );
  }

  tick(nowMs: number): void {
    this.mender.tick(nowMs);
    if (this.#room.isFull) return;
    const caughtUp = this.#peers.links.filter((link) => link.hasCaughtUp(this.#journal.log.durable));
    this.#behindGaps.caughtUpWith(caughtUp.map((link) => link.server));
  }

  /** More of some origin is held. */
  advance(): void {
    if (!this.#room.isFull) this.#behindGaps.advance();
  }
}
