/** One server of a made world: a real replica on a disk, a view and a host in memory, with what may befall them. */
import type { Config } from '../core/model/config.js';
import type { ServerId } from '../core/model/ids.js';
import { limits } from '../core/model/limits.js';
import { offsetOf, segmentFileName, segmentOf, type Position } from '../core/model/position.js';
import type { Crypto } from '../core/ports/crypto.js';
import type { Network } from '../core/ports/network.js';
import type { View, ViewSnapshot } from '../core/ports/view.js';
import type { Left } from '../core/replica/leaving.js';
import type { MembersSettled } from '../core/replica/member-changes.js';
import type { PassResult } from '../core/replica/mender.js';
import { Replica } from '../core/replica/replica.js';
import type { MessageOf } from '../core/wire/message-types.js';
import { MemoryDisk } from './disk.js';
import type { MemoryHost } from './network.js';
import type { SeededRandom } from './seeded-random.js';
import { describeBoundary, nobody, type Boundary, type Report, type ServerWatch } from './server-watch.js';
import { madePasswords } from './made-passwords.js';
import { MadeSearch } from './made-search.js';
import { MemoryView, noView } from './view.js';

/** What a made world computes with, but cannot compute itself: the platform's own. */
export type Digests = Pick<Crypto, 'sha256' | 'hmacSha256'>;

export interface MadeServerOptions {
  readonly id: ServerId;
  readonly host: MemoryHost;
  readonly random: SeededRandom;
  readonly digests: Digests;
  readonly clockSkewMs: number;
  /** Smaller than in the real world, so that there are several segments. */
  readonly segmentBytes?: number | undefined;
}

export class MadeServer {
  readonly id: ServerId;
  readonly host: MemoryHost;
  /** What the operator was told, of every run. */
  readonly reports: Report[] = [];
  watch: ServerWatch = nobody;
  /** What the next start is given. */
  config: Config;
  groupKey = new Uint8Array(32).fill(7);
  /** How far its wall clock is ahead. It may be set at any time. */
  clockSkewMs: number;
  disk!: MemoryDisk;
  readonly search: MadeSearch;
  isOpen = false;
  /** What an answer of the view database takes longer than it must, at most. */
  viewDelayMs = 0;
  /** From the next start on, what comes at one moment is one turn, and not each event for itself. */
  takesTogether = false;
  #viewFreeMs = 0;
  /** A crash may take the last batches and chunks of the view database. */
  losesViewBatches = false;
  /** How it left the group in its last run, where the group had removed it. */
  left: Left | undefined;
  /** Rises whenever a process begins or ends. */
  incarnation = 0;
  readonly #random: SeededRandom;
  readonly #digests: Digests;
  readonly #segmentBytes: number | undefined;
  #replica: Replica | undefined;
  #view!: MemoryView;
  #viewLogId: number | undefined;
  #isDiskHanging = false;
  #diskFreeMs = 0;
  #heldByDisk: (() => void)[] = [];
  #trap: { readonly boundary: Boundary; left: number } | undefined;

  constructor({ id, host, random, digests, clockSkewMs, segmentBytes }: MadeServerOptions, config: Config) {
    this.id = id;
    this.host = host;
    this.config = config;
    this.clockSkewMs = clockSkewMs;
    this.#random = random;
    this.#digests = digests;
    this.#segmentBytes = segmentBytes;
    this.#use(new MemoryDisk((run) => this.#onDisk(run)));
    this.#emptyView();
    this.search = new MadeSearch((task) => this.#onView(task));
  }

  get isRunning(): boolean {
    return this.#replica !== undefined;
  }

  get status(): MessageOf<'Status'> {
    return this.#running.status();
  }

  /** It runs as it should, as far as the world is concerned. */
  get isWell(): boolean {
    const { isFrozen, slownessMs } = this.host;
    const isDoomed = this.#trap !== undefined;
    return this.isRunning && !isDoomed && !isFrozen && slownessMs === 0 && !this.#isDiskHanging && this.disk.isWell;
  }

  /** What its view database has saved. */
  get saved(): ViewSnapshot | undefined {
    return this.#view.snapshot;
  }

  /** Names that its view database lists. */
  get names(): string[] {
    return this.#view.names;
  }

  /** How it sees another; undefined where it has no link to it. */
  peer(id: ServerId): MessageOf<'PeerStatus'> | undefined {
    return this.status.peers.find((peer) => peer.server === id && peer.linked);
  }

  start(): void {
    this.left = undefined;
    this.incarnation += 1;
    const { incarnation } = this;
    const isAlive = (): boolean => incarnation === this.incarnation;
    const replica = this.#make(isAlive);
    this.#replica = replica;
    this.search.changed = (search) => replica.useSearch(search);
    this.watch.diskChanged('start');
    this.watch.started();
    this.host.events = replica.network;
    this.host.isListening = true;
    this.#tick(replica, isAlive);
  }

  /** Ends the process without warning. Of what the disk had not confirmed, chance decides what it has. */
  crash(because = 'crashed'): void {
    this.#end();
    this.#use(this.disk.crash((below) => this.#random.below(below)));
    if (this.losesViewBatches && this.#random.oneIn(2)) this.#loseViewBatches(this.#random.below(8));
    this.search.crash(this.losesViewBatches ? this.#random.below(4) : 0);
    this.watch.crashed(because);
    this.watch.diskChanged('fault');
  }

  /** Crashes where the effect is passed for the (`after` + 1)th time from now on. */
  crashAt(boundary: Boundary, after: number): void {
    this.#trap = { boundary, left: after };
  }

  /** Ends whatever ails it. It may be down then. */
  cure(): void {
    this.#trap = undefined;
    this.disk.mend();
    this.host.slownessMs = 0;
    this.thaw();
    this.resumeDisk();
  }

  /** Ends the process in order, once its disk is done. */
  stop(): void {
    this.#replica?.stop();
    this.host.after(limits.lingerMs, () => this.crash('stopped'));
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

  /** Has the log read through as an operator would. */
  checkLog(done: (result: PassResult) => void): void {
    this.#running.care.mender.check(() => undefined, done);
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

  /** The server is down, and comes back with a new disk, and, but for a mistake of its operator, without its view. */
  replaceDisk(disk: MemoryDisk = new MemoryDisk((run) => this.#onDisk(run)), keepsView = false): void {
    if (this.isRunning) throw new Error('A disk is replaced while the server is down.');
    this.#use(disk);
    if (!keepsView) {
      this.#emptyView();
      this.search.empty();
    }
    this.watch.diskChanged('fault');
  }

  /** Disk and view as they are now, to go back to. */
  backUp(): () => void {
    const disk = this.disk.copy();
    const view = this.#view.crash(0);
    const logId = this.#viewLogId;
    const restoreSearch = this.search.backUp();
    return () => {
      this.replaceDisk(disk.copy());
      this.#view = view.crash(0);
      this.#viewLogId = logId;
      restoreSearch();
    };
  }

  /** A bit of the log turns, at this part of the whole. Returns the file. */
  flipBit(where: number): string | undefined {
    const { disk } = this;
    const files = logFiles(disk);
    let at = Math.floor(where * files.reduce((sum, file) => sum + disk.size(file), 0));
    for (const file of files) {
      const size = disk.size(file);
      if (at < size) {
        disk.damage(file, at, 1 << (at % 8));
        this.watch.diskChanged('fault');
        return file;
      }
      at -= size;
    }
    return undefined;
  }

  /** A segment of the log is gone; the server is down. Returns the file. */
  loseSegment(where: number): string | undefined {
    const files = logFiles(this.disk);
    const file = files[Math.floor(where * files.length)];
    if (file !== undefined) this.disk.remove(file);
    this.watch.diskChanged('fault');
    return file;
  }

  /** The view database is gone; the server is down. */
  loseView(): void {
    this.#emptyView();
  }

  /** A power cut may take what the view database took in last. */
  #loseViewBatches(lost: number): void {
    this.#view = this.#view.crash(lost);
    if (this.#view.snapshot === undefined) this.#viewLogId = undefined;
  }

  #make(isAlive: () => boolean): Replica {
    const { host, disk } = this;
    const { snapshot } = this.#view;
    const logId = this.#viewLogId;
    const saved = snapshot === undefined || logId === undefined ? undefined : { ...snapshot, logId };
    const soon = (action: () => void): void => (isAlive() ? host.after(0, action) : undefined);
    return new Replica({
      config: this.config,
      self: this.id,
      groupKey: this.groupKey,
      software: 'made',
      disk,
      view: this.#viewPort(isAlive),
      saved,
      resetView: (logId) => {
        this.#emptyView();
        this.#viewLogId = logId;
      },
      search: this.search.open(isAlive),
      newLogId: 1 + this.#random.below(2 ** 31),
      segmentBytes: this.#segmentBytes,
      network: this.#networkPort(isAlive),
      whenHandedOver: this.takesTogether ? soon : undefined,
      clock: host.network.timeline.clock(() => this.clockSkewMs),
      crypto: {
        randomBytes: (length) => this.#random.randomBytes(length),
        sha256: this.#digests.sha256,
        hmacSha256: this.#digests.hmacSha256,
      },
      passwords: madePasswords((callback) => void (isAlive() && host.after(5, callback))),
      reporter: {
        report: (level, text, facts = {}) => {
          if (!isAlive()) return;
          const report = { level, text, facts };
          this.reports.push(report);
          this.watch.reported(report);
        },
      },
      events: {
        opened: () => {
          if (!isAlive()) return;
          this.isOpen = true;
          this.watch.opened();
        },
        drained: () => soon(() => this.stop()),
        failed: () => soon(() => this.crash('its disk failed')),
        removed: (left) => {
          if (!isAlive()) return;
          this.left = left;
          host.after(0, () => this.crash('removed from the group'));
        },
      },
    });
  }

  get #running(): Replica {
    if (this.#replica === undefined) throw new Error(`Server ${this.id} is not running.`);
    return this.#replica;
  }

  #end(): void {
    // A process that ends in the middle of a turn goes on to its end, and none of its ports does anything any more.
    this.incarnation += 1;
    this.#replica = undefined;
    this.#trap = undefined;
    this.isOpen = false;
    this.host.crash();
    this.#heldByDisk = [];
    this.#isDiskHanging = false;
  }

  #tick(replica: Replica, isAlive: () => boolean): void {
    if (!isAlive()) return;
    replica.tick();
    if (isAlive()) this.host.after(limits.tickMs, () => this.#tick(replica, isAlive));
  }

  /** The process has come to an effect: it may end here. */
  #pass(boundary: Boundary): void {
    const trap = this.#trap;
    if (trap?.boundary !== boundary || this.#replica === undefined) return;
    if (trap.left > 0) trap.left -= 1;
    else this.crash(`crashed ${describeBoundary[boundary]}`);
  }

  #use(disk: MemoryDisk): void {
    this.disk = disk;
    disk.watch = {
      asked: () => this.#pass('asked'),
      written: (file, bytes, kind) => {
        this.watch.written(file, bytes, kind);
        this.#pass('written');
      },
      told: () => this.#pass('told'),
    };
  }

  #networkPort(isAlive: () => boolean): Network {
    const { host } = this;
    return {
      dial: (address) => (isAlive() ? host.dial(address) : 0),
      send: (connection, bytes) => {
        if (!isAlive()) return;
        this.watch.sent(connection, bytes);
        host.send(connection, bytes);
        this.#pass('sent');
        if (this.disk.isWriting) this.#pass('sentUnsynced');
      },
      backlogBytes: (connection) => (isAlive() ? host.backlogBytes(connection) : 0),
      close: (connection) => (isAlive() ? host.close(connection) : undefined),
    };
  }

  #viewPort(isAlive: () => boolean): View {
    const view = (): View => (isAlive() ? this.#view : noView);
    return {
      commit: (...told) => view().commit(...told),
      index: (...told) => view().index(...told),
      passOver: (...told) => view().passOver(...told),
      query: (...asked) => view().query(...asked),
    };
  }

  #emptyView(): void {
    this.#viewLogId = undefined;
    this.#view = new MemoryView({
      schedule: (task) => this.#onView(task),
      readLog: (position, length) => this.#readLog(position, length),
    });
  }

  /** Undefined where the disk does not give it. */
  #readLog(position: Position, length: number): Uint8Array | undefined {
    try {
      return this.disk.readNow(segmentFileName(segmentOf(position)), offsetOf(position), length);
    } catch {
      return undefined;
    }
  }

  /** One task of the view database after the other. */
  #onView(task: () => void): void {
    const { nowMs } = this.host.network.timeline;
    const delayMs = this.viewDelayMs === 0 ? 0 : this.#random.below(1_000 * this.viewDelayMs) / 1_000;
    this.#viewFreeMs = Math.max(this.#viewFreeMs, nowMs + 0.2 + delayMs);
    this.host.after(this.#viewFreeMs - nowMs, task);
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
}

function logFiles(disk: MemoryDisk): string[] {
  return disk.list().filter((file) => file.endsWith('.log'));
}
