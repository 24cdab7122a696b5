/**
 * What is going to happen in a run: a list of events, each with its time, drawn from the options before anything runs. Each
 * stands for itself, so any part of the list is a plan too: that is how a failing run is shortened.
 */
import type { ServerId } from '../core/model/ids.js';
import { isWhole, type FaultKind, type RunOptions } from './options.js';
import { SeededRandom } from './seeded-random.js';
import type { Boundary } from './server-watch.js';

export type ServerAction =
  | { readonly kind: 'start' | 'crash' | 'stop' | 'freeze' | 'thaw' | 'hang' | 'resumeDisk'; readonly server: ServerId }
  | { readonly kind: 'loseView' | 'wipe' | 'backUp' | 'rollBack' | 'failRead'; readonly server: ServerId }
  | { readonly kind: 'freeSpace'; readonly server: ServerId }
  /** Both place what they damage by a part of the whole. */
  | { readonly kind: 'flip' | 'loseSegment'; readonly server: ServerId; readonly where: number }
  | { readonly kind: 'full'; readonly server: ServerId; readonly freeBytes: number }
  | { readonly kind: 'crashAt'; readonly server: ServerId; readonly boundary: Boundary; readonly after: number }
  | { readonly kind: 'failWrite'; readonly server: ServerId; readonly bytesWritten: number }
  | { readonly kind: 'slow'; readonly server: ServerId; readonly byMs: number }
  | { readonly kind: 'clock'; readonly server: ServerId; readonly skewMs: number };

export type NetworkAction =
  | { readonly kind: 'cut' | 'break'; readonly from: ServerId; readonly to: ServerId }
  | { readonly kind: 'split'; readonly groups: readonly (readonly ServerId[])[] }
  | { readonly kind: 'cutClient'; readonly device: number; readonly server: ServerId }
  | { readonly kind: 'heal' };

export type PersonAction =
  | { readonly kind: 'send'; readonly device: number; readonly to: string }
  | { readonly kind: 'arrive'; readonly device: number; readonly takeOver: boolean }
  | { readonly kind: 'moveClient' | 'crashClient' | 'logOff' | 'deleteAccount'; readonly device: number };

export type Action = ServerAction | NetworkAction | PersonAction;

export interface PlannedEvent {
  readonly atMs: number;
  readonly action: Action;
}

/** One device of a person. A second one logs in to the same account, and namesakes want a name that another has. */
export interface PlannedDevice {
  readonly label: string;
  readonly name: string;
  readonly password: string;
  /** Creates the account where there is none; the others wait until there is one. */
  readonly creates: boolean;
}

const names = ['alice', 'bob', 'carol', 'dave'] as const;

export function devicesOf({ people }: RunOptions): PlannedDevice[] {
  const mains = names.slice(0, people).map((name) => deviceOf(name, name, name, true));
  const first = names[0];
  return [
    ...mains,
    deviceOf(`${first}'s phone`, first, first, false),
    deviceOf('one sam', 'sam', 'one', true),
    deviceOf('other sam', 'sam', 'other', true),
  ];
}

function deviceOf(label: string, name: string, person: string, creates: boolean): PlannedDevice {
  return { label, name, password: `password of ${person}`, creates };
}

export function planOf(options: RunOptions): PlannedEvent[] {
  return new Planner(options).plan();
}

const boundaries: readonly Boundary[] = ['asked', 'written', 'told', 'sent', 'sentUnsynced', 'sentUnsynced'];

class Planner {
  readonly #options: RunOptions;
  readonly #random: SeededRandom;
  readonly #devices: readonly PlannedDevice[];
  /** The disk of this server is never taken: with all of them the memory of the group would go. */
  readonly #keeper: ServerId;
  readonly #events: PlannedEvent[] = [];
  readonly #longSplits: { readonly atMs: number; readonly healMs: number }[] = [];

  constructor(options: RunOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed ^ 0x91a4);
    this.#devices = devicesOf(options);
    this.#keeper = this.#server();
  }

  plan(): PlannedEvent[] {
    const { people, troubleMs, faultEveryMs, faults } = this.#options;
    for (let device = 0; device < people; device += 1) this.#arrive(device, this.#random.below(300), true);
    for (let atMs = this.#random.below(200); atMs < troubleMs; atMs += 10 + this.#random.below(120)) this.#people(atMs);
    for (let atMs = 500; atMs < troubleMs; atMs += 1 + this.#random.below(2 * faultEveryMs)) {
      this.#fault(this.#random.pick(faults), atMs);
    }
    // What ends another trouble of the network does not end a long split.
    const heals = ({ atMs, action }: PlannedEvent): boolean =>
      action.kind === 'heal' && this.#longSplits.some((split) => atMs > split.atMs && atMs < split.healMs);
    return this.#events.filter((event) => !heals(event)).sort((one, other) => one.atMs - other.atMs);
  }

  #add(atMs: number, action: Action): void {
    this.#events.push({ atMs, action });
  }

  #arrive(device: number, atMs: number, takeOver: boolean): void {
    this.#add(atMs, { kind: 'arrive', device, takeOver });
  }

  #people(atMs: number): void {
    const random = this.#random;
    const device = random.below(this.#devices.length);
    const draw = random.below(40);
    if (draw < 30) {
      for (let sends = 1 + random.below(2); sends > 0; sends -= 1) {
        this.#add(atMs, { kind: 'send', device, to: random.pick(this.#devices).name });
      }
    } else if (draw < 37) this.#arrive(random.below(this.#options.people + 1), atMs, random.oneIn(3));
    else if (draw < 39) this.#add(atMs, { kind: 'logOff', device });
    else this.#add(atMs, { kind: 'deleteAccount', device });
    // Two who want the same at the same moment.
    if (random.oneIn(20) && isWhole(this.#options)) this.#namesakesArrive(atMs);
    if (random.oneIn(20)) {
      this.#arrive(0, atMs, false);
      this.#arrive(this.#options.people, atMs + random.below(20), false);
    }
  }

  /** Both want the same name. */
  #namesakesArrive(atMs: number): void {
    this.#arrive(this.#options.people + 1, atMs, false);
    this.#arrive(this.#options.people + 2, atMs + this.#random.below(30), false);
  }

  #fault(kind: FaultKind, atMs: number): void {
    const random = this.#random;
    const server = this.#server();
    const endMs = atMs + 20 + random.below(random.oneIn(4) ? 4_000 : 800);
    const device = random.below(this.#devices.length);
    switch (kind) {
      case 'crash':
      case 'stop':
        this.#add(atMs, { kind, server });
        break;
      case 'crashAtEffect':
        this.#add(atMs, { kind: 'crashAt', server, boundary: random.pick(boundaries), after: random.below(8) });
        break;
      case 'leaveOne':
        this.#leaveOne(server, atMs);
        return;
      case 'loseView':
        this.#add(atMs, { kind, server });
        break;
      case 'wipe':
        if (server === this.#keeper) return;
        this.#add(atMs, { kind, server });
        break;
      case 'flip':
        if (server === this.#keeper) return;
        this.#add(atMs, { kind, server, where: random.below(1_000_000) / 1_000_000 });
        return;
      case 'loseSegment':
        if (server === this.#keeper) return;
        this.#add(atMs, { kind, server, where: random.below(1_000) / 1_000 });
        break;
      case 'rollBack':
        if (server === this.#keeper) return;
        this.#add(Math.max(0, atMs - random.below(3_000)), { kind: 'backUp', server });
        this.#add(atMs, { kind, server });
        break;
      case 'freeze':
      case 'hang':
        this.#add(atMs, { kind, server });
        this.#add(endMs, { kind: kind === 'freeze' ? 'thaw' : 'resumeDisk', server });
        return;
      case 'slow':
        this.#add(atMs, { kind, server, byMs: 1 + random.below(random.oneIn(3) ? 700 : 50) });
        this.#add(endMs, { kind, server, byMs: 0 });
        return;
      case 'clock':
        this.#add(atMs, { kind, server, skewMs: random.below(20_000) - 10_000 });
        return;
      case 'failRead':
        this.#add(atMs, { kind, server });
        return;
      case 'failWrite':
        this.#add(atMs, { kind, server, bytesWritten: random.below(600) });
        break;
      case 'full':
        this.#add(atMs, { kind, server, freeBytes: random.below(2_000) });
        this.#add(endMs, { kind: 'freeSpace', server });
        break;
      case 'crashClient':
      case 'moveClient':
        this.#add(atMs, { kind, device });
        return;
      case 'cutClient':
        this.#add(atMs, { kind, device, server });
        this.#add(endMs, { kind: 'heal' });
        return;
      case 'break':
      case 'cut':
      case 'split':
        this.#faultOfNetwork(kind, atMs, endMs);
        return;
    }
    this.#add(endMs, { kind: 'start', server });
  }

  /** A server loses what it wrote last, and comes back when those that may have it are down. */
  #leaveOne(server: ServerId, atMs: number): void {
    const random = this.#random;
    this.#add(atMs, { kind: 'crashAt', server, boundary: 'sentUnsynced', after: random.below(3) });
    this.#add(atMs + 200 + random.below(200), { kind: 'start', server });
    for (let other = 1; other <= this.#options.servers; other += 1) {
      if (other === server) continue;
      this.#add(atMs + 100 + random.below(100), { kind: 'crash', server: other });
      this.#add(atMs + 1_800 + random.below(1_500), { kind: 'start', server: other });
    }
  }

  #faultOfNetwork(kind: 'break' | 'cut' | 'split', atMs: number, endMs: number): void {
    const random = this.#random;
    const from = this.#server();
    const to = 1 + ((from + random.below(this.#options.servers - 1)) % this.#options.servers);
    if (kind === 'break') {
      this.#add(atMs, { kind, from, to });
      return;
    }
    if (kind === 'split') {
      this.#add(atMs, { kind, groups: this.#groups() });
      if (random.oneIn(2)) {
        // Once servers know that they are apart, each side gives the name away.
        this.#namesakesArrive(atMs + 1_500 + random.below(500));
        const healMs = atMs + 2_500 + random.below(1_000);
        this.#longSplits.push({ atMs, healMs });
        this.#add(healMs, { kind: 'heal' });
        return;
      }
    } else {
      this.#add(atMs, { kind, from, to });
      if (random.oneIn(2)) this.#add(atMs, { kind, from: to, to: from });
    }
    this.#add(endMs, { kind: 'heal' });
  }

  #groups(): ServerId[][] {
    const groups: [ServerId[], ServerId[]] = [[], []];
    for (let server = 1; server <= this.#options.servers; server += 1) this.#random.pick(groups).push(server);
    return groups;
  }

  #server(): ServerId {
    return 1 + this.#random.below(this.#options.servers);
  }
}
