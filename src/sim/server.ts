/** One server of a made world: a real replica on a disk, a view and a host in memory, with what may befall them. */
import type { Config } from '../core/model/config.js';
import type { ServerId } from '../core/model/ids.js';
import { limits } from '../core/model/limits.js';
import { offsetOf, segmentFileName, segmentOf } from '../core/model/position.js';
import { MemoryDisk } from './disk.js';
import type { MemoryHost } from './network.js';
import type { Crypto } from '../core/ports/crypto.js';
import type { Passwords } from '../core/ports/passwords.js';
import type { SeededRandom } from './seeded-random.js';
import { MemoryView } from './view.js';
import type { MessageOf } from '../core/wire/message-types.js';
import type { MembersSettled } from '../core/replica/member-changes.js';
import type { Left } from '../core/replica/leaving.js';
import { Replica } from '../core/replica/replica.js';

export interface Report {
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** What a made world computes with, but cannot compute itself: the platform's own. */
export type Digests = Pick<Crypto, 'sha256' | 'hmacSha256'>;

export interface MadeServerOptions {
  readonly id: ServerId;
  readonly host: MemoryHost;
  readonly random: SeededRandom;
  readonly digests: Digests;
  readonly clockSkewMs: number;
}

export class MadeServer {
  readonly id: ServerId;
  readonly host: MemoryHost;
  /** What the operator was told, of every run. */
  readonly reports: Report[] = [];
  /** What the next start is given. */
  config: Config;
  groupKey = new Uint8Array(32).fill(7);
  clockSkewMs: number;
  disk: MemoryDisk;
  isOpen = false;
  /** How it left the group when it was last removed from it. */
  left: Left | undefined;
  readonly #random: SeededRandom;
  readonly #digests: Digests;
  #replica: Replica | undefined;
  #view!: MemoryView;
  #viewLogId: number | undefined;
  #isDiskHanging = false;
  #diskFreeMs = 0;
  #heldByDisk: (() => void)[] = [];

  constructor({ id, host, random, digests, clockSkewMs }: MadeServerOptions, config: Config) {
    this.id = id;
    this.host = host;
    this.config = config;
    this.clockSkewMs = clockSkewMs;
    this.#random = random;
    this.#digests = digests;
    this.disk = new MemoryDisk((run) => this.#onDisk(run));
    this.#emptyView();
  }

  get isRunning(): boolean {
    return this.#replica !== undefined;
  }

  get status(): MessageOf<'Status'> {
    return this.#running.status();
  }

  /** How it sees another; undefined where it has no link to it. */
  peer(id: ServerId): MessageOf<'PeerStatus'> | undefined {
    return this.status.peers.find((peer) => peer.server === id && peer.linked);
  }

  start(): void {
    const { host, disk } = this;
    const snapshot = this.#view.snapshot;
    const saved =
      snapshot === undefined || this.#viewLogId === undefined ? undefined : { ...snapshot, logId: this.#viewLogId };
    const replica = new Replica({
      config: this.config,
      self: this.id,
      groupKey: this.groupKey,
      software: 'made',
      disk,
      view: {
        commit: (batch, done) => this.#view.commit(batch, done),
        query: (...asked) => this.#view.query(...asked),
      },
      saved,
      resetView: (logId) => {
        this.#emptyView();
        this.#viewLogId = logId;
      },
      newLogId: 1 + this.#random.below(2 ** 31),
      network: host,
      clock: host.network.timeline.clock(this.clockSkewMs),
      crypto: {
        randomBytes: (length) => this.#random.randomBytes(length),
        ...this.#digests,
      },
      passwords: this.#passwords,
      reporter: { report: (level, text, facts = {}) => void this.reports.push({ level, text, facts }) },
      events: {
        opened: () => {
          this.isOpen = true;
        },
        drained: () => host.after(0, () => this.stop()),
        failed: () => host.after(0, () => this.crash()),
        removed: (left) => {
          this.left = left;
          host.after(0, () => this.crash());
        },
      },
    });
    this.#replica = replica;
    host.events = replica.network;
    host.isListening = true;
    this.#tick(replica);
  }

  /** Ends the process without warning. Of what the disk had not confirmed, chance decides what it has. */
  crash(): void {
    this.#end();
    this.disk = this.disk.crash((below) => this.#random.below(below));
  }

  /** Ends the process in order, once its disk is done. */
  stop(): void {
    this.#replica?.stop();
    this.host.after(limits.lingerMs, () => this.crash());
  }

  /** Moves the clients elsewhere; the server goes on until it is stopped. */
  drain(done: (drained: MessageOf<'Drained'>) => void): void {
    this.#running.drain(done);
  }

  addMember(request: MessageOf<'AddMember'>, done: (settled: MembersSettled) => void): void {
    this.#running.addMember(request, done);
  }

  removeMember(server: ServerId, done: (settled: MembersSettled) => void): void {
    this.#running.removeMember({ server }, done);
  }

  freeze(): void {
    this.host.freeze();
  }

  thaw(): void {
    this.host.thaw();
  }

  /** No write or read ends until {@link resumeDisk}; all else goes on. */
  hangDisk(): void {
    this.#isDiskHanging = true;
  }

  resumeDisk(): void {
    this.#isDiskHanging = false;
    for (const run of this.#heldByDisk.splice(0)) this.#onDisk(run);
  }

  /** The server is down, and comes back with a new disk. */
  replaceDisk(disk: MemoryDisk = new MemoryDisk((run) => this.#onDisk(run))): void {
    if (this.isRunning) throw new Error('A disk is replaced while the server is down.');
    this.disk = disk;
    this.#emptyView();
  }

  /** The view database is gone; the server is down. */
  loseView(): void {
    this.#emptyView();
  }

  #end(): void {
    this.#replica = undefined;
    this.isOpen = false;
    this.host.crash();
    this.#heldByDisk = [];
    this.#isDiskHanging = false;
  }

  get #running(): Replica {
    if (this.#replica === undefined) throw new Error(`Server ${this.id} is not running.`);
    return this.#replica;
  }

  #tick(replica: Replica): void {
    replica.tick();
    this.host.after(limits.tickMs, () => this.#tick(replica));
  }

  #emptyView(): void {
    this.#viewLogId = undefined;
    this.#view = new MemoryView({
      schedule: (task) => this.host.after(0.2, task),
      readLog: (position, length) =>
        this.disk.readNow(segmentFileName(segmentOf(position)), offsetOf(position), length),
    });
  }

  /** One operation of the disk after the other. */
  #onDisk(run: () => void): void {
    const { nowMs } = this.host.network.timeline;
    this.#diskFreeMs = Math.max(this.#diskFreeMs, nowMs) + 0.1 + this.#random.below(3_000) / 1000;
    this.host.after(this.#diskFreeMs - nowMs, () => {
      if (this.#isDiskHanging) this.#heldByDisk.push(run);
      else run();
    });
  }

  readonly #passwords: Passwords = {
    hash: (password, done) => this.host.after(5, () => done({ state: 'hashed', hash: `made:${password}` })),
    verify: (hash, password, done) => this.host.after(5, () => done(hash === `made:${password}` ? 'right' : 'wrong')),
  };
}
