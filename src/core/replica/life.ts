/**
 * Whether this server serves clients, and the ways in which that begins and ends.
 *
 * It is `joining` until it has caught up with the servers that it can reach, then `open`. It is `stalled` while its disk
 * does not answer and others can serve its clients; `draining` while these are moved to other servers before it stops; and
 * in the end `stopping`. One that the group has removed drains, and is `leaving` until it has handed over.
 */
import type { Outcome } from '../chat/steps.js';
import { failure, type Failure } from '../model/errors.js';
import { limits } from '../model/limits.js';
import type { Vector } from '../model/vector.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../store/log.js';
import type { MessageOf } from '../wire/message-types.js';
import type { DiskRoom } from './disk-room.js';
import { DiskWatch } from './disk-watch.js';
import { Leaving, type Left } from './leaving.js';
import type { Members } from './members.js';
import type { PeerLink } from './peer-link.js';
import type { Peers } from './peers.js';
import type { Reception } from './reception.js';
import type { Reporter } from './reporter.js';

export interface LifeOptions {
  readonly members: Members;
  readonly clock: Clock;
  readonly reporter: Reporter;
  readonly log: Log;
  readonly room: DiskRoom;
  readonly peers: Peers;
  readonly reception: Reception;
  readonly opened: () => void;
  /** The group has removed this server, and it has nothing more to do. */
  readonly removed: (left: Left) => void;
}

type State = 'joining' | 'open' | 'stalled' | 'draining' | 'leaving' | 'stopping';

export class Life {
  readonly #options: LifeOptions;
  readonly #startedMs: number;
  readonly #diskWatch: DiskWatch;
  #state: State = 'joining';
  #leaving: Leaving | undefined;

  constructor(options: LifeOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
    this.#diskWatch = new DiskWatch(options.log);
  }

  get state(): State {
    return this.#state;
  }

  get uptimeMs(): number {
    return this.#options.clock.monotonicMs() - this.#startedMs;
  }

  tick(nowMs: number, wasPaused: boolean): void {
    this.openIfCaughtUp();
    this.#sendAwayIfFull();
    this.#watchDisk(nowMs, wasPaused);
    this.#leaveIfRemoved(nowMs);
  }

  /** A server that starts serves clients once it has what every peer it could reach had. */
  openIfCaughtUp(): void {
    const { members, log, peers, reporter, opened } = this.#options;
    if (this.#state !== 'joining' || members.isRemoved(members.self) || peers.isStranger) return;
    for (const { id } of members.others) {
      const link = peers.link(id);
      if (link === undefined ? !this.#graceIsOver : !this.#hasCaughtUp(link, log.durable)) return;
    }
    this.#open();
    reporter.report('info', 'Open for clients.', { linked: peers.links.map((link) => link.server) });
    opened();
  }

  /**
   * Moves the clients to other servers where one is open, so that {@link stop} finds none; `done` is called once that is
   * over. Peers no longer count on this server for clients, and it serves those that are still here.
   */
  drain(done: (drained: MessageOf<'Drained'>) => void): void {
    const { peers, reception, reporter } = this.#options;
    if ((this.#state !== 'open' && this.#state !== 'draining') || !this.#isAnotherOpen) {
      done({ moved: 0, left: reception.clients });
      return;
    }
    if (this.#state === 'open' && reception.clients > 0)
      reporter.report('info', 'Moving the clients to other servers.');
    this.#state = 'draining';
    peers.describe();
    reception.drain(done);
  }

  /** The same for an operator, who is told where there is nowhere to go; `drained` is called when the server may stop. */
  drainForOperator(answer: (outcome: Outcome<MessageOf<'Drained'>>) => void, drained: () => void): void {
    if (!this.#isAnotherOpen) {
      answer({ state: 'refused', failure: failure('NOWHERE_TO_MOVE') });
      return;
    }
    this.drain((value) => {
      // The others may have been asked to drain at the same moment, or have ended meanwhile.
      if (!this.#isAnotherOpen && this.#state === 'draining' && this.#leaving === undefined) {
        this.#open();
        answer({ state: 'refused', failure: failure('NOWHERE_TO_MOVE') });
        return;
      }
      answer({ state: 'done', value });
      drained();
    });
  }

  /** Tells every client to go elsewhere, and takes no more. */
  stop(): void {
    this.#state = 'stopping';
    this.#options.reception.stop();
  }

  /**
   * Why no op may be written now; undefined where it may. A client is sent elsewhere only where a server with room is
   * known. Else it waits a little, and is then told.
   */
  whyNotWritable(): Failure | undefined {
    const { room, peers } = this.#options;
    if (!room.isFull) return undefined;
    const isRoomElsewhere = peers.links.some((link) => link.isOpen && !link.isFull);
    return { ...failure('DISK_FULL'), retry: isRoomElsewhere ? 'elsewhere' : 'later' };
  }

  get #graceIsOver(): boolean {
    return this.uptimeMs > limits.joinGraceMs;
  }

  get #isAnotherOpen(): boolean {
    return this.#options.peers.isAnyOpen;
  }

  #open(): void {
    this.#state = 'open';
    this.#options.reception.open();
    this.#options.peers.describe();
  }

  /** With a full disk there is no catching up: what is behind serves only where nobody else does. */
  #hasCaughtUp(link: PeerLink, durable: Vector): boolean {
    if (!this.#options.room.isFull) return link.hasCaughtUp(durable);
    return link.hasDescribedItself && (!link.isOpen || durable.coversAll(link.held));
  }

  /** New messages do not arrive at a server that takes no ops, so whoever has a session is better off elsewhere. */
  #sendAwayIfFull(): void {
    const whyNot = this.whyNotWritable();
    if (whyNot?.retry === 'elsewhere') this.#options.reception.sendAway(whyNot);
  }

  /** With a disk that hangs this server can do nothing for its clients; where another can, they go there. */
  #watchDisk(nowMs: number, wasPaused: boolean): void {
    const { reporter, reception, peers } = this.#options;
    const isStalled = this.#diskWatch.isStalled(nowMs, wasPaused) && this.#isAnotherOpen;
    if (this.#state === 'open' && isStalled) {
      this.#state = 'stalled';
      reporter.report('warning', 'The disk does not answer. Clients are sent to other servers.');
      reception.sendClientsElsewhere('DISK_STALLED');
      peers.describe();
    } else if (this.#state === 'stalled' && !isStalled) {
      this.#open();
      reporter.report('info', 'Clients are served again.');
    }
  }

  /**
   * A server that was removed moves its clients elsewhere, hands over and ends. What it knows may be old, so one that
   * starts first catches up with those that it can reach: it may have been added again.
   */
  #leaveIfRemoved(nowMs: number): void {
    const { members, peers, reporter, removed } = this.#options;
    if (this.#state === 'stopping') return;
    if (!members.isRemoved(members.self)) {
      this.#stayIfAddedAgain();
      return;
    }
    if (this.#leaving === undefined) {
      if (this.#state === 'joining' && !(this.#graceIsOver && peers.hasHeardAll)) return;
      reporter.report('warning', 'This server was removed from the group. It hands over what it holds, and stops.');
      this.#leaving = new Leaving(nowMs);
      this.drain(() => this.#beginHandingOver());
    }
    const left = this.#leaving.step(nowMs, peers.linkedMembers);
    if (left === undefined) return;
    this.#state = 'stopping';
    removed(left);
  }

  /** Once its clients have gone, for until then they are on their way. It opens like one that starts. */
  #stayIfAddedAgain(): void {
    if (this.#leaving === undefined || this.#state !== 'leaving') return;
    this.#leaving = undefined;
    this.#state = 'joining';
    this.#options.reporter.report('info', 'This server was added again, and stays.');
  }

  #beginHandingOver(): void {
    const { reception, log } = this.#options;
    this.#state = 'leaving';
    reception.sendClientsElsewhere('STOPPING');
    this.#leaving?.begin(log.held());
  }
}
