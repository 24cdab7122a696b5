/**
 * One run: a made world, people, and a plan of what befalls them. First the trouble, then none; then everything must come
 * together. Checkers watch all the while, and the first breach ends the run.
 *
 * A run is a function of its options and its plan. What it was like stands in its trace, a number.
 */
import { formatDot, type ServerId } from '../core/model/ids.js';
import { Vector } from '../core/model/vector.js';
import { textsByAccount } from './checkers/messages.js';
import { CALM_MS } from './checkers/acked-kept.js';
import { checkers } from './checkers/all.js';
import type { Breach, Checker, History, Scene } from './checkers/checker.js';
import { Device, type ReceivedMessage, type Telling } from './device.js';
import { carryOut } from './faults.js';
import { Ledger } from './ledger.js';
import type { RunOptions } from './options.js';
import { devicesOf, type PlannedEvent } from './plan.js';
import { SeededRandom } from './seeded-random.js';
import type { Digests, MadeServer } from './server.js';
import type { Report } from './server-watch.js';
import { World } from './world.js';

export interface Breached {
  /** The invariant. */
  readonly invariant: string;
  readonly how: string;
  readonly atMs: number;
}

export interface RunResult {
  readonly breached: Breached | undefined;
  readonly simulatedMs: number;
  readonly trace: number;
  /** Faults that were injected, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  readonly acked: number;
  /** Acknowledged ops of which faults took every copy. */
  readonly lost: number;
  readonly seen: number;
  readonly failovers: number;
  /** Links made between two servers each of which held what the other lacked. */
  readonly merges: number;
}

export interface RunSettings {
  readonly digests: Digests;
  /** Told what happens, line by line, where somebody wants the story. */
  readonly tell?: ((atMs: number, who: string, what: string) => void) | undefined;
}

/** How often checkers that look at everything do so. */
const SAMPLE_MS = 200;
/** Everything must have come together this long after the end of trouble. */
const PATIENCE_MS = 60_000;
/** The view database takes so long at most, and so other things come between a question and its answer. */
const VIEW_DELAY_MS = 15;
const personActions = new Set(['send', 'arrive', 'logOff', 'deleteAccount']);
const remedies = new Set(['start', 'thaw', 'resumeDisk', 'freeSpace', 'heal', 'backUp']);

class Over extends Error {}

export function runPlan(options: RunOptions, plan: readonly PlannedEvent[], settings: RunSettings): RunResult {
  return new Run(options, plan, settings).run();
}

class Run implements Scene {
  readonly options: RunOptions;
  readonly world: World;
  readonly ledger: Ledger;
  readonly devices: readonly Device[];
  calmSinceMs: number | undefined;
  readonly histories: History[] = [];
  readonly #plan: readonly PlannedEvent[];
  readonly #settings: RunSettings;
  readonly #checkers: readonly Checker[];
  readonly #backups = new Map<ServerId, () => void>();
  readonly #faults: Record<string, number> = {};
  #breached: Breached | undefined;
  #seen = 0;
  #failovers = 0;
  #merges = 0;

  constructor(options: RunOptions, plan: readonly PlannedEvent[], settings: RunSettings) {
    this.options = options;
    this.#plan = plan;
    this.#settings = settings;
    const { seed, servers, sessionsPerAccount, minCopies, clockSkewsMs, segmentBytes } = options;
    this.world = new World({
      digests: settings.digests,
      seed,
      servers,
      sessionsPerAccount,
      minCopies,
      clockSkewsMs,
      segmentBytes,
    });
    this.ledger = new Ledger(this.world.servers.map(({ id }) => id));
    for (const server of this.world.servers) this.#watch(server);
    const random = new SeededRandom(seed ^ 0x5eed);
    this.devices = devicesOf(options).map((planned) => new Device(planned, this.world, random, this.#deviceWatch()));
    this.#checkers = checkers.map((make) => make(this));
  }

  run(): RunResult {
    try {
      this.#beTroubled();
      this.#comeTogether();
    } catch (error) {
      if (!(error instanceof Over)) this.#break('Sound', `the program threw: ${describe(error)}`);
    }
    return {
      breached: this.#breached,
      simulatedMs: this.world.timeline.nowMs,
      trace: this.world.timeline.trace,
      faults: this.#faults,
      acked: this.ledger.acked.length,
      lost: this.ledger.acked.filter(({ isLost }) => isLost).length,
      seen: this.#seen,
      failovers: this.#failovers,
      merges: this.#merges,
    };
  }

  #beTroubled(): void {
    const { timeline } = this.world;
    for (const server of this.world.servers) server.start();
    this.#until('all servers are open and in sync', () => this.#isCalm());
    const startMs = timeline.nowMs;
    for (const { atMs, action } of this.#plan) {
      this.#advanceTo(startMs + atMs);
      const what = carryOut(action, { world: this.world, devices: this.devices, backups: this.#backups });
      if (what === undefined && action.kind !== 'crashAt') continue;
      if (what !== undefined) this.#tell('', what);
      if (personActions.has(action.kind)) continue;
      this.calmSinceMs = undefined;
      if (!remedies.has(action.kind)) this.#faults[action.kind] = (this.#faults[action.kind] ?? 0) + 1;
    }
    this.#advanceTo(startMs + this.options.troubleMs);
  }

  #comeTogether(): void {
    const { world } = this;
    this.#tell('', 'trouble is over');
    world.heal();
    for (const server of world.servers) server.cure();
    this.#until('all servers are open and in sync', () => {
      for (const server of world.servers) if (!server.isRunning) server.start();
      return this.#isCalm();
    });
    this.#bringEveryoneIn();
    this.#until('all is calm', () => world.timeline.nowMs >= (this.calmSinceMs ?? Infinity) + CALM_MS);
    for (const device of this.devices) for (const to of this.devices) device.send(to.plan.name);
    this.#until('every request has an answer', () => this.devices.every((device) => !device.isWaiting));
    this.#until('all servers hold the same', () => this.#isSettled());
    this.#until(
      'everyone has what is stored for them',
      () => this.#lacking() === undefined,
      () => this.#lacking(),
    );
    this.#readHistories();
    this.#until('all servers hold the same', () => this.#isSettled());
    for (const checker of this.#checkers) this.#take(checker, checker.ended?.());
    this.#stopIfBreached();
  }

  /** Each account that there is has someone logged in. Those who lost their name, or have none, stay out. */
  #bringEveryoneIn(): void {
    const triesByDevice = new Map<Device, number>();
    this.#until('everyone is logged in', () => {
      let isDone = true;
      for (const device of this.devices) {
        if (device.isIn || !device.plan.creates) continue;
        const tries = triesByDevice.get(device) ?? 0;
        if (device.isWaiting || device.wantsIn) isDone = false;
        else if (tries < 3) {
          triesByDevice.set(device, tries + 1);
          device.arrive(true);
          isDone = false;
        }
      }
      return isDone;
    });
  }

  /** Nothing is out of order, and all servers wait for each other. */
  #isCalm(): boolean {
    const { servers, network } = this.world;
    const isOpen = (server: MadeServer): boolean => server.isWell && server.status.state === 'open';
    if (!network.isWhole || !servers.every(isOpen)) return false;
    return servers.every(({ id, status }) =>
      servers.every((other) => other.id === id || status.peers.some((peer) => peer.server === other.id && peer.inSync)),
    );
  }

  #isSettled(): boolean {
    const { running } = this.world;
    const first = new Vector(running[0]!.status.vector);
    return running.every(({ status }) => status.viewLagOps === 0 && first.equals(new Vector(status.vector)));
  }

  /** A message that somebody who is logged in ought to have got, on this device or another, and has not. */
  #lacking(): string | undefined {
    const held = new Vector(this.world.running[0]!.status.vector);
    const received = textsByAccount(this.devices);
    for (const { session, plan } of this.devices) {
      if (session === undefined) continue;
      const account = formatDot(session.account);
      const texts = received.get(account);
      const lacking = this.ledger.messages.find(
        ({ readers, op, text }) => readers.includes(account) && held.covers(op) && texts?.has(text) !== true,
      );
      if (lacking !== undefined) return `"${lacking.text}" (${lacking.op.key}) to ${plan.label}`;
    }
    return undefined;
  }

  #readHistories(): void {
    let waiting = 0;
    for (const device of this.devices) {
      if (!device.isIn) continue;
      for (const name of new Set(this.devices.map(({ plan }) => plan.name))) {
        waiting += 1;
        device.history(name, (result) => {
          waiting -= 1;
          if (result.state === 'failed') return;
          this.histories.push({ device, with: name, texts: result.value.messages.map(({ text }) => text) });
        });
      }
    }
    this.#until('every history is read', () => waiting === 0);
  }

  #advanceTo(atMs: number): void {
    const { timeline } = this.world;
    while (timeline.nowMs < atMs) {
      timeline.advance(Math.min(atMs - timeline.nowMs, SAMPLE_MS - (timeline.nowMs % SAMPLE_MS)));
      if (timeline.nowMs % SAMPLE_MS === 0) this.#sample();
      this.#stopIfBreached();
    }
  }

  #until(what: string, condition: () => boolean, detail: () => string | undefined = () => undefined): void {
    const { timeline } = this.world;
    const endMs = timeline.nowMs + PATIENCE_MS;
    while (!condition()) {
      if (timeline.nowMs >= endMs) {
        this.#break(
          'Progress',
          [`in vain, ${PATIENCE_MS / 1000} s long: ${what}`, detail() ?? []].flat().join('; lacking: '),
        );
        throw new Over();
      }
      this.#advanceTo(timeline.nowMs + 50);
    }
  }

  #sample(): void {
    if (!this.#isCalm()) this.calmSinceMs = undefined;
    else this.calmSinceMs ??= this.world.timeline.nowMs;
    for (const checker of this.#checkers) this.#take(checker, checker.sampled?.());
  }

  #take(checker: Checker, breach: Breach): void {
    if (breach !== undefined) this.#break(checker.name, breach);
  }

  #break(invariant: string, how: string): void {
    if (this.#breached !== undefined) return;
    this.#breached = { invariant, how, atMs: this.world.timeline.nowMs };
    this.#tell('', `${invariant} is broken: ${how}`);
  }

  #stopIfBreached(): void {
    if (this.#breached !== undefined) throw new Over();
  }

  #tell(who: string, what: string): void {
    this.#settings.tell?.(this.world.timeline.nowMs, who, what);
  }

  #watch(server: MadeServer): void {
    const { id } = server;
    const who = `server ${id}`;
    server.losesViewBatches = true;
    server.viewDelayMs = VIEW_DELAY_MS;
    server.takesTogether = server.id % 2 === 0;
    server.watch = {
      written: (file, bytes, kind) => {
        for (const op of this.ledger.written(id, file, bytes, kind, server.disk)) {
          this.world.timeline.note(op.checksum);
          for (const checker of this.#checkers) this.#take(checker, checker.stored?.(server, op));
        }
      },
      diskChanged: (cause) => {
        const lost = this.ledger.diskChanged(id, server.disk, cause);
        if (lost.length > 0)
          this.#tell(who, `its disk was the last that held: ${lost.map(({ what }) => what).join(', ')}`);
        for (const checker of this.#checkers) this.#take(checker, checker.diskChanged?.(id));
      },
      reported: (report) => this.#reported(server, report),
      crashed: (because) => {
        this.calmSinceMs = undefined;
        this.#tell(who, because);
      },
      started: () => {
        for (const checker of this.#checkers) this.#take(checker, checker.started?.(server));
      },
      opened: () => {
        this.#tell(who, 'serves clients');
        for (const checker of this.#checkers) this.#take(checker, checker.opened?.(server));
      },
      sent: (connection, bytes) => {
        for (const checker of this.#checkers) this.#take(checker, checker.sent?.(server, connection, bytes));
      },
    };
  }

  #reported(server: MadeServer, report: Report): void {
    this.#tell(`server ${server.id}`, `reports: ${report.text} ${JSON.stringify(report.facts)}`);
    for (const checker of this.#checkers) this.#take(checker, checker.reported?.(server, report));
    const { server: other } = report.facts;
    if (report.level !== 'info' || typeof other !== 'number') return;
    const [ours, theirs] = [this.ledger.held(server.id), this.ledger.held(other)];
    if (!ours.coversAll(theirs) && !theirs.coversAll(ours)) this.#merges += 1;
  }

  #deviceWatch() {
    return {
      told: (telling: Telling) => {
        const { device, kind, dot, what, storedOn } = telling;
        this.#tell(device.plan.label, `is told that ${what} is stored on ${storedOn?.copies ?? 'unknown'} servers`);
        this.ledger.acknowledged(kind, dot, what, this.world.timeline.nowMs);
        for (const checker of this.#checkers) this.#take(checker, checker.told?.(telling));
      },
      seen: (device: Device, received: ReceivedMessage) => {
        this.#seen += 1;
        this.#tell(device.plan.label, `is shown "${received.message.text}"`);
        for (const checker of this.#checkers) this.#take(checker, checker.seen?.(device, received));
      },
      failedOver: () => {
        this.#failovers += 1;
      },
      note: (device: Device, text: string) => this.#tell(device.plan.label, text),
    };
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
